//! What every service shows to Prometheus: its names, types and labels, and what Prometheus's own checks say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::{Client, Product, Receiver};

/// Where each metric is described, from this crate's folder.
const DOCUMENT: &str = include_str!("../../../../docs/metrics.md");
/// Metrics that are there only with settings that this test does not have: the document alone knows them.
const ONLY_WHEN_CONFIGURED: [&str; 6] = [
    "backup_age_seconds",
    "certificate_expiry_timestamp_seconds",
    "db_replica_connections_active",
    "db_replica_connections_max",
    "db_replica_used",
    "replication_lag_seconds",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_service_shows_the_metrics_that_are_written_down() {
    let mut product = Product::start(&[]).await.expect("starts");
    do_everything_that_is_counted(&product).await;
    // The figures of councils are renewed once a minute, and when an instance starts.
    product.start_another("council-service", "second council-service").await.expect("starts");
    let all = [
        ("auth-service", &["auth-service"][..]),
        ("council-service", &["council-service", "second council-service"]),
        ("workflow-worker", &["workflow-worker"]),
        ("health-aggregator", &["health-aggregator"]),
    ];
    let mut shown = String::new();
    let mut names = BTreeSet::new();
    for (service, instances) in all {
        let metrics = when_all_is_shown(&product, service, instances).await;
        writeln!(shown, "{service}").expect("writes");
        for (name, Metric { kind, labels }) in metrics {
            let labels: Vec<_> = labels.into_iter().collect();
            writeln!(shown, "  {kind} {name}{{{}}}", labels.join(",")).expect("writes");
            names.insert(name);
        }
    }
    insta::assert_snapshot!("metrics", shown);

    let mut documented: BTreeSet<String> = DOCUMENT.lines().filter_map(documented_name).map(str::to_owned).collect();
    documented.retain(|name| names.contains(name) || !ONLY_WHEN_CONFIGURED.contains(&name.as_str()));
    let missing: Vec<_> = names.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&names).collect();
    assert!(missing.is_empty(), "docs/metrics.md does not tell of {missing:?}");
    assert!(gone.is_empty(), "docs/metrics.md tells of what nobody shows: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_changed_while_the_product_runs_is_shown_within_seconds() {
    let product = Product::start(&[]).await.expect("starts");
    product.log_in().await.expect("logs in");
    let auth = product.client("auth-service");
    wait_for(&auth, "audit_chain_broken 0", "audit_unsealed_rows 0").await;
    let mut owner = product.connect().await.expect("connects");
    for sql in [
        "ALTER TABLE audit_seals DISABLE TRIGGER audit_seals_append_only",
        "UPDATE audit_seals SET hash = sha256(hash) WHERE position = (SELECT max(position) FROM audit_seals)",
    ] {
        diesel_async::RunQueryDsl::execute(diesel::sql_query(sql), &mut owner).await.expect(sql);
    }
    wait_for(&auth, "audit_chain_broken 1", "logins_total{outcome=\"succeeded\"} 1").await;
    let said = product.log("auth-service");
    assert!(said.contains("the audit log is not as it was sealed: the chain was rewritten"), "{said}");
}

/// Waits until a service shows both of these lines.
async fn wait_for(service: &Client, one: &str, other: &str) {
    let began = Instant::now();
    loop {
        let text = service.get("/metrics").await.expect(200);
        let lines: Vec<_> = text.as_str().expect("text").lines().collect();
        if lines.contains(&one) && lines.contains(&other) {
            return;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{one} and {other} are not in {lines:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The name in a row of the document's tables: its first column, in backticks.
fn documented_name(line: &str) -> Option<&str> {
    line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name)
}

/// A council votes on a workflow that succeeds and one that fails; somebody logs in with the wrong password.
async fn do_everything_that_is_counted(product: &Product) {
    let token = product.log_in().await.expect("logs in");
    let wrong = json!({"email": product.admin_credentials().0, "password": "not the admin's password"});
    let auth = product.client("auth-service");
    auth.post("/api/auth/login", &wrong).await.expect(401);
    let (people, admin) = (auth.with(&token), product.client("council-service").with(&token));
    let password = "four quite unrelated words: teapot";
    let new = json!({"email": "ada@example.com", "name": "Ada", "role": "council_operator", "password": password});
    let ada = people.post("/api/admin/users", &new).await.expect(201);
    let id = ada["id"].as_str().expect("an id");
    let council = json!({
        "id": "web", "name": "Web", "purpose": "Decides what is published.", "domains": ["web"], "seats": {id: "member"},
        "policy": {"decision_rule": {"kind": "approvals", "required": 1}},
    });
    admin.post("/api/admin/councils", &council).await.expect(201);
    let credentials = json!({"email": "ada@example.com", "password": password});
    let token = auth.post("/api/auth/login", &credentials).await.expect(200)["token"].clone();
    let ada = product.client("council-service").with(token.as_str().expect("a token"));

    let receiver = Receiver::start();
    let call = json!([{"name": "call", "kind": "http_request", "with": {"method": "POST", "url": receiver.url()}}]);
    let new =
        json!({"id": "web.call", "domain": "web", "name": "Call", "input_schema": {"type": "object"}, "steps": call});
    admin.post("/api/workflow-types", &new).await.expect(201);
    for (answer, end) in [(200, "completed"), (400, "failed")] {
        receiver.answer_next(answer, Duration::ZERO);
        run_to_its_end(&admin, &ada, end).await;
    }
}

async fn run_to_its_end(admin: &Client, voter: &Client, end: &str) {
    let workflow = admin.post("/api/workflows", &json!({"workflow_type": "web.call", "inputs": {}})).await.expect(201);
    let ballot = json!({"workflow_id": workflow["id"], "vote": "approve", "digest": workflow["digest"]});
    voter.post("/api/councils/web/vote", &ballot).await.expect(200);
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let began = Instant::now();
    loop {
        let found = admin.get(&path).await.expect(200);
        if found["status"] == end {
            return;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "it is not {end}: {found:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A metric, as its family says.
#[derive(Default)]
struct Metric {
    kind: String,
    labels: BTreeSet<String>,
}

/// What is looked at from time to time is shown once it was: all that the document says of a service.
async fn when_all_is_shown(product: &Product, service: &str, instances: &[&str]) -> BTreeMap<String, Metric> {
    let expected = documented_of(service);
    let began = Instant::now();
    loop {
        let mut metrics = BTreeMap::new();
        for instance in instances {
            let text = product.client(instance).get("/metrics").await.expect(200);
            let Value::String(text) = text else { panic!("{instance} shows no text") };
            check(&text);
            read(&text, &mut metrics);
        }
        let missing: Vec<_> = expected.iter().filter(|name| !metrics.contains_key(**name)).collect();
        if missing.is_empty() || began.elapsed() > Duration::from_mins(1) {
            return metrics;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The names in the document's sections for every service and for this one.
fn documented_of(service: &str) -> Vec<&'static str> {
    let mut section = "";
    let mut names = Vec::new();
    for line in DOCUMENT.lines() {
        section = line.strip_prefix("## ").unwrap_or(section);
        if section == "Every service" || section == service {
            names.extend(documented_name(line).filter(|name| !ONLY_WHEN_CONFIGURED.contains(name)));
        }
    }
    names
}

/// Has `promtool check metrics` read it: it parses strictly, and complains of names that are not as is usual.
fn check(exposition: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool: it is in Debian's package prometheus");
    promtool.stdin.take().expect("standard input").write_all(exposition.as_bytes()).expect("writes");
    let said = promtool.wait_with_output().expect("ends");
    let complaints = [said.stdout, said.stderr].concat();
    let complaints = String::from_utf8_lossy(&complaints);
    assert!(said.status.success() && complaints.trim().is_empty(), "promtool says: {complaints}");
}

/// Reads the names, types and label names of an exposition.
fn read(exposition: &str, metrics: &mut BTreeMap<String, Metric>) {
    let mut kinds = BTreeMap::new();
    for line in exposition.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|family| family.split_once(' ')) {
            kinds.insert(name.to_owned(), kind.to_owned());
        }
    }
    for line in exposition.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|ending| name.strip_suffix(ending))
            .find(|family| kinds.get(*family).is_some_and(|kind| kind == "histogram"))
            .unwrap_or(name);
        let metric = metrics.entry(family.to_owned()).or_default();
        kinds.get(family).expect("a type").clone_into(&mut metric.kind);
        metric.labels.extend(label_names(&line[name.len()..]));
    }
}

/// The names in `{name="value",...} 1`; a value may hold anything, quotes behind backslashes.
fn label_names(rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut name, mut in_value, mut is_escaped) = (String::new(), false, false);
    for c in rest.strip_prefix('{').unwrap_or_default().chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_value => is_escaped = true,
            '"' => in_value = !in_value,
            _ if in_value => {}
            '=' => names.push(std::mem::take(&mut name)),
            '}' => break,
            ',' => {}
            c => name.push(c),
        }
    }
    names
}
