//! What must never be logged, reported or traced is not: every endpoint of every service is sent marked secrets, and
//! then nothing that the services have told anybody of themselves has the mark.

use std::collections::BTreeMap;
use std::path::Path;

use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Map, Value, json};
use testing::{Client, Product, Receiver, process};
use uuid::Uuid;

use crate::sentry::Ingest;

/// Services with endpoints of their own.
const SERVICES: [&str; 3] = ["auth-service", "council-service", "health-aggregator"];
/// Fields of answers that hold secrets.
const SECRET_FIELDS: [&str; 5] = ["token", "secret", "api_key", "otpauth_uri", "recovery_codes"];

/// Everything that must not be found.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn add(&mut self, what: impl Into<String>, secret: &str) {
        assert!(secret.len() >= 12, "{secret} could be found by chance");
        self.0.insert(secret.to_owned(), what.into());
    }

    /// Adds those that an answer gives away to whoever asked.
    fn add_those_of(&mut self, from: &str, answer: &Value) {
        match answer {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if SECRET_FIELDS.contains(&name.as_str()) {
                        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                        for secret in items.iter().filter_map(Value::as_str).filter(|secret| secret.len() >= 12) {
                            self.add(format!("{name} of {from}"), secret);
                        }
                    }
                    self.add_those_of(from, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_those_of(from, item)),
            _ => {}
        }
    }

    /// Those that a text has.
    fn in_text<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(secret, _)| text.contains(*secret)).map(|(_, what)| what.as_str())
    }
}

/// A body of this schema: as plain as can be, but for what is secret by its name.
fn body_of(schema: &Value, document: &Value, name: &str, mark: &str) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let path = reference.trim_start_matches('#');
        return body_of(document.pointer(path).expect("a schema"), document, name, mark);
    }
    let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|kind| schema[*kind].as_array());
    if let Some(choice) = choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")) {
        return body_of(choice, document, name, mark);
    }
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    let is_secret = ["password", "token", "code", "secret", "value", "challenge", "inputs", "jsonrpc"].contains(&name)
        || name.ends_with("_password");
    match (kind, schema["format"].as_str()) {
        ("string", Some("uuid")) => json!(Uuid::nil()),
        ("string", Some("date-time")) => json!("2030-01-01T00:00:00Z"),
        ("string", Some("email")) => json!("somebody@example.com"),
        ("string", _) if is_secret => json!(format!("{mark}-in-{name}")),
        ("string", _) => json!("something"),
        ("integer" | "number", _) => json!(schema["minimum"].as_i64().unwrap_or(1)),
        ("boolean", _) => json!(true),
        ("array", _) => json!([body_of(&schema["items"], document, name, mark)]),
        _ if is_secret => json!({"password": format!("{mark}-in-{name}")}),
        _ => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let fields = properties.iter().map(|(name, schema)| (name.clone(), body_of(schema, document, name, mark)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// A request that was sent, to be found in a log.
struct Sent {
    service: &'static str,
    id: String,
    route: String,
}

/// Sends every endpoint of a service secrets in each place that takes any.
async fn drive(product: &Product, service: &'static str, mark: &str, secrets: &mut Secrets) -> Vec<Sent> {
    let document = process::run(service, &["openapi"], &[], "").expect("a document");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let client = product.client(service);
    let mut sent = Vec::new();
    for (route, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let good = (!schema.is_null()).then(|| body_of(schema, &document, "", mark).to_string());
            let bodies = [
                good,
                Some(format!("{{\"password\":\"{mark}-in-a-bad-body")),
                Some(
                    json!({"password": [format!("{mark}-of-a-wrong-type")], "token": {"x": format!("{mark}-nested")}})
                        .to_string(),
                ),
            ];
            let path = route.replace("{queue}", "low").replace("{council_id}", "no-such-council");
            let path = path.replace("{workflow_type}", "no.such_type").replace("{name}", "marked_secret");
            let path = path.replace("{instance_id}", "no-such-instance").replace("{service}", "overall");
            let ids = path
                .split('/')
                .map(|part| if part.starts_with('{') { Uuid::nil().to_string() } else { part.to_owned() });
            let path = ids.collect::<Vec<_>>().join("/");
            for body in bodies.into_iter().take(if schema.is_null() { 1 } else { 3 }) {
                let token = product.log_in().await.expect("logs in");
                secrets.add("a token", &token);
                let authorizations = [
                    format!("Bearer {token}"),
                    format!("Bearer cdx_aaaaaaaaaaaa_{mark}-in-a-key"),
                    format!("Basic {mark}-in-basic"),
                ];
                for (authorization, query) in authorizations.iter().flat_map(|one| [(one, ""), (one, "?token=")]) {
                    let query = if query.is_empty() { String::new() } else { format!("{query}{mark}-in-a-query") };
                    let id = format!("marked-{}", Uuid::new_v4());
                    let mut request = client
                        .request(method.clone(), &format!("{path}{query}"))
                        .header("x-request-id", &id)
                        .header("authorization", authorization)
                        .header("cookie", format!("refresh_token={mark}-in-a-cookie; other={mark}-in-another"))
                        .header("x-api-key", format!("{mark}-in-a-header"))
                        .header("x-requested-with", "console")
                        .header("idempotency-key", Uuid::new_v4().to_string());
                    if let Some(body) = &body {
                        request = request.header("content-type", "application/json").body(body.clone());
                    }
                    let answer = client.send(request).await;
                    assert!(answer.status.as_u16() < 500, "{method} {path}{query}: {answer:#?}");
                    secrets.add_those_of(route, &answer.body);
                    for cookie in answer.headers.get_all("set-cookie") {
                        let cookie = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
                        let value = cookie.split_once('=').map_or("", |(_, value)| value);
                        if value.len() >= 12 {
                            secrets.add("a cookie", value);
                        }
                    }
                    sent.push(Sent { service, id, route: route.clone() });
                }
            }
        }
    }
    sent
}

/// Does with secrets what they are for: people, keys, webhooks, and a workflow whose step sends one.
async fn use_them(product: &Product, outside: &Receiver, mark: &str, secrets: &mut Secrets) {
    let token = product.log_in().await.expect("logs in");
    let (auth, council) = (product.client("auth-service").with(&token), product.client("council-service").with(&token));
    let person = json!({
        "email": "ada@example.com", "name": "Ada", "role": "viewer", "password": format!("{mark} first password"),
    });
    auth.post("/api/admin/users", &person).await.expect(201);
    let credentials = json!({"email": "ada@example.com", "password": format!("{mark} first password")});
    let anybody = product.client("auth-service");
    let answer = anybody.post("/api/auth/login", &credentials).await;
    let ada = answer.expect(200);
    secrets.add_those_of("POST /api/auth/login", &ada);
    let ada = anybody.with(ada["token"].as_str().expect("a token"));
    let begun = ada.post("/api/auth/totp", &json!({"password": format!("{mark} first password")})).await;
    secrets.add_those_of("POST /api/auth/totp", &begun.body);
    let change =
        json!({"current_password": format!("{mark} first password"), "new_password": format!("{mark} next password")});
    ada.post("/api/auth/password", &change).await;
    anybody.post("/api/auth/password-reset", &json!({"email": "ada@example.com"})).await;
    let agent = auth.post("/api/admin/agents", &json!({"name": "An agent"})).await.expect(201);
    let path = format!("/api/admin/agents/{}/keys", agent["id"].as_str().expect("an id"));
    let key = auth.post(&path, &json!({})).await.expect(201);
    let key = key["api_key"].as_str().expect("a key").to_owned();
    secrets.add("an agent's key", &key);

    let hook = json!({"url": format!("{}/hook", outside.url()), "events": ["workflow.completed"]});
    let hook = council.post("/api/admin/webhooks", &hook).await;
    secrets.add_those_of("POST /api/admin/webhooks", &hook.body);
    let value = json!({"value": format!("{mark}-in-a-step")});
    let set = council.send(council.request(Method::PUT, "/api/admin/secrets/crm_token").json(&value)).await;
    assert!(set.status.is_success(), "{set:#?}");
    let policy = json!({"decision_rule": {"kind": "unanimous"}, "review_actions": []});
    let team = json!({"id": "crm", "name": "CRM", "domains": ["crm"], "policy": policy});
    council.post("/api/admin/councils", &team).await.expect(201);
    let call = json!({
        "url": format!("{}/contacts?api_key={{{{ secrets.crm_token }}}}", outside.url()), "method": "POST",
        "headers": {"authorization": "Bearer {{ secrets.crm_token }}"}, "body": "{{ inputs.contact }}",
    });
    let kind = json!({
        "id": "crm.contact", "domain": "crm", "name": "A contact",
        "input_schema": {"type": "object", "properties": {"contact": {}}},
        "steps": [{"name": "call", "kind": "http_request", "with": call, "max_attempts": 2}],
    });
    council.post("/api/workflow-types", &kind).await.expect(201);
    let agent = product.client("council-service").with(&key);
    for status in [200, 401] {
        outside.answer_next(status, std::time::Duration::ZERO);
        let inputs = json!({"contact": {"password": format!("{mark}-in-inputs")}});
        let proposal = json!({"workflow_type": "crm.contact", "inputs": inputs, "weekly_savings": "1.00"});
        let workflow = agent.post("/api/workflows", &proposal).await.expect(201);
        let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
        wait_for_end(&agent, &path).await;
    }
    assert!(outside.calls().iter().any(|call| call.headers["authorization"].contains(mark)), "the secret was used");
}

async fn wait_for_end(client: &Client, path: &str) {
    for _ in 0..1200 {
        let workflow = client.get(path).await.expect(200);
        let status = workflow["status"].as_str().or(workflow["workflow"]["status"].as_str()).unwrap_or_default();
        if ["completed", "failed"].contains(&status) {
            return;
        }
        assert_ne!(status, "pending_review", "{workflow:#}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} has not ended in a minute")
}

/// Makes requests with secrets fail for a reason of ours, which is told to Sentry.
async fn fail(product: &Product, mark: &str) -> Vec<String> {
    let token = product.log_in().await.expect("logs in");
    let mut owner = product.connect().await.expect("connects");
    let break_table = "ALTER TABLE users RENAME COLUMN email TO another_name";
    diesel::sql_query(break_table).execute(&mut owner).await.expect("breaks the table");
    let client = product.client("auth-service").with(&token);
    let credentials = json!({"email": "ada@example.com", "password": format!("{mark} first password")});
    let mut failed = Vec::new();
    for (method, path, body) in [
        (Method::POST, format!("/api/auth/login?token={mark}-in-a-query"), Some(credentials)),
        (Method::GET, format!("/api/admin/users?token={mark}-in-a-query"), None),
        (Method::GET, "/api/admin/users".to_owned(), None),
    ] {
        let id = format!("failing-{}", Uuid::new_v4());
        let mut request = client
            .request(method, &path)
            .header("x-request-id", &id)
            .header("cookie", format!("refresh_token={mark}-in-a-cookie"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        if client.send(request).await.status.is_server_error() {
            failed.push(id);
        }
    }
    let mend = "ALTER TABLE users RENAME COLUMN another_name TO email";
    diesel::sql_query(mend).execute(&mut owner).await.expect("mends the table");
    failed
}

/// All that was told: where, and what.
fn told(product: &Product, folder: &Path, receivers: [(&str, &Receiver); 2]) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for service in ["auth-service", "council-service", "workflow-worker", "health-aggregator"] {
        told.push((format!("standard output of {service}"), product.log(service)));
    }
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("bytes")).into_owned();
        told.push((path.display().to_string(), text));
    }
    for (name, receiver) in receivers {
        for call in receiver.calls() {
            let headers: Vec<_> = call.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let encoding = call.headers.get("content-encoding").map_or("", String::as_str);
            assert!(["", "identity"].contains(&encoding), "{name} sends {encoding}, which is not looked into");
            told.push((format!("{name}, {}", call.path), format!("{}\n{}", headers.join("\n"), call.raw)));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_gets_into_logs_reports_or_traces() {
    let mark = format!("mark{}", Uuid::new_v4().simple());
    let (ingest, traces, outside) = (Ingest::start(), Receiver::start(), Receiver::start());
    let folder = tempfile::tempdir().expect("a folder");
    let mut product = Product::start(&[
        ("LOG_LEVEL", "trace"),
        ("LOG_DIR", folder.path().to_str().expect("text")),
        ("SENTRY_DSN", &ingest.dsn()),
        ("SENTRY_TRACES_SAMPLE_RATE", "1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &traces.url()),
    ])
    .await
    .expect("starts");
    let mut secrets = Secrets::default();
    secrets.add("the mark", &mark);
    secrets.add("the admin's password", product.admin_credentials().1);
    for name in ["JWT_SECRET", "ENCRYPTION_KEY", "REDIS_URL"] {
        secrets.add(name, product.variable(name));
    }

    use_them(&product, &outside, &mark, &mut secrets).await;
    let mut sent = Vec::new();
    for service in SERVICES {
        sent.extend(drive(&product, service, &mark, &mut secrets).await);
    }
    let failed = fail(&product, &mark).await;
    assert!(!failed.is_empty(), "no request has failed");
    for id in &failed {
        ingest.wait_for("event", |event| event["tags"]["request_id"] == id.as_str()).await;
    }
    product.stop().expect("stops");

    // It could be found: each request is in the log of its service, under its route.
    for service in SERVICES {
        let text = std::fs::read_to_string(folder.path().join(format!("{service}.log"))).unwrap_or_default();
        let rotated = (1..=10).map(|number| folder.path().join(format!("{service}.log.{number}")));
        let older: String = rotated.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
        let mut lines: BTreeMap<String, Value> = BTreeMap::new();
        for line in older.lines().chain(text.lines()) {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            if let Some(id) = line["request_id"].as_str() {
                lines.insert(id.to_owned(), line.clone());
            }
        }
        for Sent { id, route, .. } in sent.iter().filter(|sent| sent.service == service) {
            let line = lines.get(id).unwrap_or_else(|| panic!("{service} logs nothing of a request to {route}"));
            assert_eq!(&line["route"], route, "{line}");
        }
    }
    let told = told(&product, folder.path(), [("Sentry", &ingest.0), ("traces", &traces)]);
    assert!(ingest.items("transaction").len() > 100, "requests are traced");
    let mut leaks = Vec::new();
    for (place, text) in &told {
        for line in text.lines() {
            for what in secrets.in_text(line) {
                leaks.push(format!("{what} in {place}: {line:.600}"));
            }
        }
    }
    let (count, bytes) = (told.len(), told.iter().map(|(_, text)| text.len()).sum::<usize>());
    eprintln!("{} requests, {} secrets, {count} texts of {bytes} bytes", sent.len(), secrets.0.len());
    assert!(leaks.is_empty(), "{} leaks, for example: {:#?}", leaks.len(), &leaks[..leaks.len().min(20)]);
}
