//! What a step is given: its kind on the first line, then `with`, as a type has it or as it is once it is rendered.
//!
//! What is sound is rendered to the same digest whatever the secrets are, and a call that can be made has its parts.

#![no_main]

use chrono::{DateTime, Utc};
use governance::definition::{Step, StepKind, faults};
use governance::secrets::Secrets;
use governance::steps::{
    Approval, Condition, Delay, HttpRequest, METHODS, RenderTemplate, ReportWeekly, SendEmail, Transform, prepare,
    says_where,
};
use governance::template::Scope;
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::{Value, json};

const SECRET: &str = "s3cr3t-value";

fn scope(secret: &str) -> Scope {
    let name = "token".parse().expect("a name");
    let secrets: Secrets = [(name, SecretString::from(secret))].into_iter().collect();
    let inputs =
        json!({"title": "A & B", "site": "https://example.com", "to": "ada@example.com", "n": 3, "council": "web"});
    let mut scope = Scope { inputs, secrets, ..Scope::default() };
    scope.finish("page", json!({"text": "<p>hello</p>"}));
    scope
}

fuzz_target!(|text: &str| {
    let (kind, with) = fuzz::first_line(text);
    let Ok(kind) = kind.parse::<StepKind>() else { return };
    let Ok(with) = serde_json::from_str::<Value>(with) else { return };
    let page = json!({"name": "page", "kind": "render_template", "with": {"template": ""}});
    let steps = json!([page, {"name": "it", "kind": kind, "with": with}, {"name": "after", "kind": "delay", "with": {"seconds": 1}}]);
    let steps: Vec<Step> = serde_json::from_value(steps).expect("steps");
    let told = faults(&json!({"type": "object"}), &steps);
    fuzz::are_told(&told);
    let is_sound = told.is_empty();

    let (scope, other) = (scope(SECRET), scope("quite another"));
    let now: DateTime<Utc> = "2026-12-01T08:00:00Z".parse().expect("a time");
    // The digest of what is sent, and what of it comes to rest with us.
    let (ours, theirs, kept) = match kind {
        StepKind::HttpRequest => {
            let digest = |scope| prepare::<HttpRequest>(&with, scope).map(|(_, digest)| digest);
            if let Ok((request, _)) = prepare::<HttpRequest>(&with, &scope) {
                let call = request.call().expect("what was prepared can be called");
                assert!(METHODS.contains(&call.method.as_str()));
                assert!(["http", "https"].contains(&call.url.scheme()) && call.url.has_host());
                assert!(!call.headers.contains_key("idempotency-key") && !call.headers.contains_key("host"));
                assert!((1..=8 * 1024 * 1024).contains(&call.max_bytes) && call.follow_redirects <= 10);
                let host = call.url.host_str().unwrap_or_default();
                if says_where(&with, &scope, &call.url).is_ok() {
                    assert!(!host.contains(SECRET), "the secret says where the call goes: {}", call.url);
                }
            }
            (digest(&scope), digest(&other), None)
        }
        StepKind::SendEmail => {
            let prepared = prepare::<SendEmail>(&with, &scope);
            if let Ok((email, _)) = &prepared {
                let letter = email.clone().letter().expect("what was prepared can be sent");
                assert!(!letter.subject.contains(['\r', '\n']), "{:?}", letter.subject);
            }
            (prepared.map(|(_, digest)| digest), prepare::<SendEmail>(&with, &other).map(|(_, digest)| digest), None)
        }
        StepKind::Transform => {
            let value = |scope| prepare::<Transform>(&with, scope);
            let kept = value(&scope).ok().map(|(made, _)| made.value.to_string());
            (value(&scope).map(|(_, digest)| digest), value(&other).map(|(_, digest)| digest), kept)
        }
        StepKind::RenderTemplate => {
            let render = serde_json::from_value::<RenderTemplate>(with.clone());
            let kept = render.ok().and_then(|render| render.render(&scope).ok());
            (Err(String::new()), Err(String::new()), kept)
        }
        StepKind::Condition => {
            if let Ok(condition) = serde_json::from_value::<Condition>(with.clone()) {
                let decided = condition.decide(&scope);
                assert!(!is_sound || decided == condition.decide(&other), "it depends on a secret");
            }
            (Err(String::new()), Err(String::new()), None)
        }
        StepKind::Delay => {
            if let Ok((delay, _)) = prepare::<Delay>(&with, &scope)
                && let Ok(wait) = delay.wait(now)
            {
                assert!(wait.as_secs() <= 90 * 24 * 3600, "{wait:?}");
            }
            (Err(String::new()), Err(String::new()), None)
        }
        StepKind::Approval => {
            let _ = prepare::<Approval>(&with, &scope);
            (Err(String::new()), Err(String::new()), None)
        }
        StepKind::ReportWeekly => {
            if let Ok((report, _)) = prepare::<ReportWeekly>(&with, &scope)
                && let Ok(period) = report.period(now)
            {
                assert!(period.from < period.to, "{with}");
            }
            (Err(String::new()), Err(String::new()), None)
        }
        StepKind::MaintenanceCleanup | StepKind::GrantMandate => return,
    };
    if is_sound {
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert_eq!(ours, theirs, "the digest of {with} tells a secret");
        }
        assert!(!kept.is_some_and(|kept| kept.contains(SECRET)), "{with} keeps a secret");
    }
});
