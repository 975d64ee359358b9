//! That `docs/configuration.md` and the committed `.env.*` files say what the services read, and that a service does not
//! start with what stands there in the place of secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::config::{Asked, Env};
use testing::process;

/// Reads a service's settings; what they are does not matter here.
type Read = fn(&mut Env);

/// Each service: its name in the documentation, its program, and what it reads.
const SERVICES: [(&str, &str, Read); 4] = [
    ("auth", "auth-service", |env| drop(auth_service::settings::Settings::read(env))),
    ("council", "council-service", |env| drop(council_service::settings::Settings::read(env))),
    ("worker", "workflow-worker", |env| drop(workflow_worker::settings::Settings::read(env))),
    ("health", "health-aggregator", |env| drop(health_aggregator::settings::Settings::read(env))),
];
/// Who else reads variables, and where it can be seen.
const OTHERS: [(&str, &str); 3] = [
    ("NGINX", "nginx/nginx.conf.template"),
    ("Compose", "docker-compose.production.yml"),
    ("console", "frontend/src/proxy.ts"),
];
const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The variables that a committed file sets.
fn variables(environment: &str) -> BTreeMap<String, String> {
    let text = text_of(&format!(".env.{environment}"));
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.filter(|(name, _)| is_name(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// What every service reads when it is started as a developer does.
fn asked() -> BTreeMap<&'static str, BTreeMap<String, Asked>> {
    let read = |(name, _, read): (&'static str, &str, Read)| {
        let mut env = Env::of(variables("development"));
        read(&mut env);
        let asked = env.asked().clone();
        let complaints = env.read(|_| Some(())).err();
        assert!(complaints.is_none(), "{name} does not start with .env.development: {complaints:?}");
        (name, asked)
    };
    SERVICES.map(read).into()
}

/// Whether a file that is none of Rust's reads a variable.
fn is_read_in(path: &str, variable: &str) -> bool {
    let text = std::fs::read_to_string(repository().join(path)).unwrap_or_default();
    let forms = [format!("${{{variable}}}"), format!("${{{variable}:"), format!("process.env.{variable} ")];
    forms.iter().any(|form| text.contains(form))
}

/// A row of a table of `docs/configuration.md`.
struct Row {
    readers: BTreeSet<String>,
    is_secret: bool,
    default: String,
}

fn documented() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in text_of("docs/configuration.md").lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, variable, readers, default, meaning, _] = cells[..] else { continue };
        let (name, mark) = variable.strip_prefix('`').and_then(|rest| rest.split_once('`')).unwrap_or_default();
        if !is_name(name) {
            continue;
        }
        assert!(!meaning.is_empty(), "{name} is not explained");
        assert!(["", " (secret)"].contains(&mark), "{name}{mark}");
        let everybody = SERVICES.map(|(service, ..)| service).join(", ");
        let readers = readers.replace("all", &everybody).split(", ").map(str::to_owned).collect();
        let row = Row { readers, is_secret: !mark.is_empty(), default: default.to_owned() };
        assert!(rows.insert(name.to_owned(), row).is_none(), "{name} is explained twice");
    }
    rows
}

#[test]
fn each_variable_is_explained_once_and_as_it_is_read() {
    let (asked, mut documented) = (asked(), documented());
    let names: BTreeSet<&String> = asked.values().flat_map(BTreeMap::keys).collect();
    let mut faults = Vec::new();
    for name in names {
        let Some(row) = documented.remove(name) else {
            faults.push(format!("{name} is not explained"));
            continue;
        };
        let readers: BTreeMap<_, _> =
            asked.iter().filter_map(|(service, asked)| Some((*service, asked.get(name)?))).collect();
        let services: BTreeSet<_> = readers.keys().map(|&service| service.to_owned()).collect();
        let told: BTreeSet<_> = row.readers.into_iter().filter(|reader| asked.contains_key(reader.as_str())).collect();
        if told != services {
            faults.push(format!("{name} is read by {services:?}, not by {told:?}"));
        }
        if readers.values().any(|asked| asked.is_secret) != row.is_secret {
            faults.push(format!("{name} is said to be a secret: {}", row.is_secret));
        }
        let defaults: BTreeSet<_> = readers.values().filter_map(|asked| asked.default.as_ref()).collect();
        for default in &defaults {
            if !row.default.contains(&format!("`{default}`")) {
                faults.push(format!("{name} is {default} by default, not {}", row.default));
            }
        }
        if defaults.is_empty() && !["required", "none"].iter().any(|word| row.default.starts_with(word)) {
            faults.push(format!("{name} has no default, not {}", row.default));
        }
    }
    for (name, row) in documented {
        for reader in &row.readers {
            if !OTHERS.iter().any(|(other, path)| other == reader && is_read_in(path, &name)) {
                faults.push(format!("{name} is not read by {reader}"));
            }
        }
    }
    assert!(faults.is_empty(), "docs/configuration.md: {faults:#?}");
}

#[test]
fn each_environment_has_every_variable_with_its_explanation_and_no_other() {
    let (asked, documented) = (asked(), documented());
    let names: BTreeSet<&String> = asked.values().flat_map(BTreeMap::keys).collect();
    let mut faults = Vec::new();
    for environment in ENVIRONMENTS {
        let text = text_of(&format!(".env.{environment}"));
        let (mut found, mut is_explained) = (BTreeSet::new(), false);
        for line in text.lines() {
            let name = line.trim_start_matches('#').split_once('=').map_or("", |(name, _)| name);
            if !is_name(name) {
                // Variables that stand together are explained together.
                is_explained = line.starts_with("# ");
                continue;
            }
            if !is_explained {
                faults.push(format!("{environment}: {name} is not explained"));
            }
            let read = name.strip_suffix("_FILE").filter(|name| names.contains(&(*name).to_owned())).unwrap_or(name);
            if !documented.contains_key(read) {
                faults.push(format!("{environment}: {name} is not in docs/configuration.md"));
            }
            if !found.insert(read.to_owned()) {
                faults.push(format!("{environment}: {name} stands there twice"));
            }
            let is_read = names.contains(&read.to_owned());
            if !is_read && !OTHERS.iter().any(|(_, path)| is_read_in(path, name)) {
                faults.push(format!("{environment}: nobody reads {name}"));
            }
        }
        let missing = names.iter().filter(|name| !found.contains(**name));
        faults.extend(missing.map(|name| format!("{environment}: {name} is missing")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_service_starts_with_what_stands_in_the_place_of_secrets() {
    let asked = asked();
    for environment in ["staging", "production"] {
        let variables = variables(environment);
        for (name, program, _) in SERVICES {
            let borrowed: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let said = process::run(program, &[], &borrowed, "").expect_err("it must not start").to_string();
            let open: Vec<_> = variables
                .iter()
                .filter(|(variable, value)| asked[name].contains_key(*variable) && value.contains("CHANGE_ME"))
                .collect();
            assert!(open.len() >= 3, "{open:?}");
            for (variable, value) in open {
                let told = format!("{variable} is a placeholder: set a real secret");
                assert!(said.contains(&told), "{program} does not say: {told}\n{said}");
                assert!(!said.contains(value), "{program} tells {variable}: {said}");
            }
            assert!(!said.contains("CHANGE_ME"), "{said}");
        }
    }
}
