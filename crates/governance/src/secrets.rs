//! Secrets of steps: named in a definition, known only where a step leaves us.
//!
//! A secret may stand where it does not come to rest with us: in the URL, the headers and the body of an `http_request`.
//! What any other kind of step makes of its values is kept.

use std::collections::{BTreeMap, BTreeSet};

use common::ids::SecretName;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::check;
use crate::definition::{Fault, Step, StepKind};
use crate::template::place;

/// What stands where a secret would.
pub const MASK: &str = "***";

/// Secrets by name. Their values are neither serialised nor shown.
#[derive(Clone, Debug, Default)]
pub struct Secrets(BTreeMap<SecretName, SecretString>);

impl Secrets {
    /// Secrets of which only the names are known: [`MASK`] stands for each.
    pub fn known(names: BTreeSet<SecretName>) -> Self {
        names.into_iter().map(|name| (name, SecretString::from(MASK))).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same names with [`MASK`] for each value.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self::known(self.0.keys().cloned().collect())
    }

    /// Those of these names.
    #[must_use]
    pub fn only(&self, names: &BTreeSet<SecretName>) -> Self {
        let chosen = self.0.iter().filter(|(name, _)| names.contains(*name));
        chosen.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Each of them, to be sent or masked.
    pub fn values(&self) -> impl Iterator<Item = &SecretString> {
        self.0.values()
    }

    /// Each with its value in clear, for the expressions of a call.
    pub(crate) fn exposed(&self) -> BTreeMap<String, minijinja::Value> {
        let exposed = self.0.iter().map(|(name, value)| (name.to_string(), value.expose_secret().into()));
        exposed.collect()
    }
}

impl FromIterator<(SecretName, SecretString)> for Secrets {
    fn from_iter<T: IntoIterator<Item = (SecretName, SecretString)>>(secrets: T) -> Self {
        Self(secrets.into_iter().collect())
    }
}

/// The secrets that steps refer to.
pub fn used(steps: &[Step]) -> BTreeSet<SecretName> {
    steps.iter().flat_map(|step| used_in(&step.with)).collect()
}

/// The secrets that what a step is given refers to.
pub fn used_in(with: &Value) -> BTreeSet<SecretName> {
    let mut found = BTreeSet::new();
    visit(with, "", &mut |_, names| found.extend(names.iter().filter_map(|name| name.parse().ok())));
    found
}

/// The places of `with` where a secret would come to rest.
pub(crate) fn misplaced(kind: StepKind, with: &Value) -> Vec<Fault> {
    let may_stand = |at: &str| {
        kind == StepKind::HttpRequest
            && (["/url", "/body", "/text"].contains(&at)
                || ["/headers/", "/body/"].iter().any(|place| at.starts_with(place)))
    };
    let mut faults = Vec::new();
    visit(with, "", &mut |at, _| {
        if !may_stand(at) {
            let fault = "a secret can't stand here, where it would be kept: only in the url, headers and body of an http_request";
            faults.push((at.to_owned(), fault.to_owned()));
        }
    });
    faults
}

/// The places of these steps (RFC 6901) that refer to a secret which is not among `known`.
pub fn missing(steps: &[Step], known: &BTreeSet<SecretName>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        visit(&step.with, &format!("/steps/{index}/with"), &mut |at, names| {
            for name in names.iter().filter(|name| !known.iter().any(|known| known.as_str() == *name)) {
                faults.push((at.to_owned(), format!("there is no secret {name:?}: an admin has to set it first")));
            }
        });
    }
    faults
}

/// Calls `found` with each place that refers to secrets, and with their names.
fn visit(value: &Value, at: &str, found: &mut impl FnMut(&str, &BTreeSet<String>)) {
    match value {
        // Reading a template costs: most have no such word.
        Value::String(text) if text.contains("secrets") => {
            let names = check::secrets_of(text);
            if !names.is_empty() {
                found(at, &names);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                visit(item, &place(at, name), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition;
    use crate::dry_run::dry_run;
    use crate::steps::{HttpRequest, prepare};
    use crate::template::Scope;

    fn steps() -> Vec<Step> {
        serde_json::from_value(json!([
            {"name": "tell", "kind": "http_request", "with": {
                "method": "POST", "url": "https://example.com/{{ secrets.path | urlencode }}",
                "headers": {"authorization": "Bearer {{ secrets.token }}"},
                "body": {"key": ["{{ secrets.token }}"], "title": "{{ inputs.title }}"}}},
        ]))
        .expect("steps")
    }

    fn secrets() -> Secrets {
        let names = ["path", "token"].map(|name| name.parse::<SecretName>().expect("a name"));
        names.into_iter().zip(["a/b?c=d", "s3cr3t-value"]).map(|(name, value)| (name, value.into())).collect()
    }

    #[test]
    fn a_call_has_the_secrets_and_its_digest_does_not() {
        assert_eq!(definition::faults(&json!({"type": "object"}), &steps()), []);
        let scope = Scope { inputs: json!({"title": "T"}), secrets: secrets(), ..Scope::default() };
        let (request, digest) = prepare::<HttpRequest>(&steps()[0].with, &scope).expect("renders");
        assert_eq!(request.url, "https://example.com/a/b%3Fc%3Dd");
        assert_eq!(request.headers["authorization"], "Bearer s3cr3t-value");
        assert_eq!(request.body, Some(json!({"key": ["s3cr3t-value"], "title": "T"})));
        let (_, of_others) = prepare::<HttpRequest>(&steps()[0].with, &scope.masked()).expect("renders");
        assert_eq!(digest, of_others);
        assert!(!format!("{scope:?}").contains("s3cr3t-value"));
        assert!(!serde_json::to_string(&scope).expect("json").contains("s3cr3t-value"));
    }

    #[test]
    fn a_dry_run_shows_the_mask() {
        let [shown] =
            dry_run(&steps(), &json!({"title": "T"}), &BTreeMap::new()).expect("runs").try_into().expect("one");
        assert_eq!(shown.with["headers"], json!({"authorization": "Bearer ***"}));
        assert_eq!(shown.with["body"], json!({"key": ["***"], "title": "T"}));
        assert_eq!(shown.errors, []);
    }

    #[test]
    fn a_secret_stands_only_where_it_is_not_kept() {
        let steps: Vec<Step> = serde_json::from_value(json!([
            {"name": "page", "kind": "render_template", "with": {"template": "{{ secrets.token }}"}},
            {"name": "call", "kind": "http_request",
             "with": {"method": "{{ secrets.token }}", "url": "https://example.com", "body": "{{ secrets.token }}"}},
        ]))
        .expect("steps");
        let found = definition::faults(&json!({"type": "object"}), &steps);
        let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["/steps/0/with/template", "/steps/1/with/method"]);
        assert!(found.iter().all(|(_, fault)| fault.starts_with("a secret can't stand here")), "{found:?}");
    }

    /// It could be read as an expression and not as a template: nobody saw the secret in it.
    #[test]
    fn a_secret_is_seen_however_a_string_can_be_read() {
        let text = "{{ secrets.token ~ 'a'`}}.sitecount }}";
        let steps = json!([{"name": "it", "kind": "transform", "with": {"value": text}}]);
        let steps: Vec<Step> = serde_json::from_value(steps).expect("steps");
        assert_ne!(definition::faults(&json!({"type": "object"}), &steps), []);
        let scope = Scope { secrets: secrets(), ..Scope::default() };
        assert!(prepare::<crate::steps::Transform>(&steps[0].with, &scope).is_err());
    }

    #[test]
    fn the_secrets_of_steps_are_named_with_their_places() {
        let names: Vec<_> = used(&steps()).into_iter().map(String::from).collect();
        assert_eq!(names, ["path", "token"]);
        let known = BTreeSet::from(["path".parse().expect("a name")]);
        let places: Vec<_> = missing(&steps(), &known).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["/steps/0/with/body/key/0", "/steps/0/with/headers/authorization"]);
    }
}
