//! The logs of the real programs: their lines, their files, and what admins change about them while they run.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use pprof::protos::{Message, Profile};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Client, Product};

/// How long to wait for something that takes some seconds.
const LIMIT: Duration = Duration::from_mins(1);
const SERVICES: [&str; 4] = ["auth-service", "council-service", "workflow-worker", "health-aggregator"];
/// What every line has.
const FIELDS: [&str; 9] =
    ["timestamp", "level", "service", "target", "message", "request_id", "trace_id", "user_id", "error"];

/// The lines of a file, which must all be JSON.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

async fn wait_until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < LIMIT, "not in {} s: {what}", LIMIT.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_every_service_has_the_same_fields_on_standard_output_and_in_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let variables = [("LOG_DIR", folder.path().to_str().expect("text")), ("LOG_LEVEL", "debug")];
    let mut product = Product::start(&variables).await.expect("starts");
    product.start_another("workflow-worker", "second-worker").await.expect("starts");
    let token = product.log_in().await.expect("logs in");
    let client = product.client("council-service").with(&token);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = client.request(Method::GET, "/api/councils").header("x-request-id", "request-to-find");
    client.send(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await.expect(200);
    let exposition = client.get("/metrics").await.body;
    assert!(exposition.as_str().is_some_and(|text| text.contains("\nlog_lines_dropped_total 0\n")), "{exposition}");
    // A fault, for the file of errors.
    let mut owner = product.connect().await.expect("connects");
    let breaking = diesel::sql_query("ALTER TABLE councils RENAME COLUMN name TO another_name");
    diesel_async::RunQueryDsl::execute(breaking, &mut owner).await.expect("breaks the table");
    let request = client.request(Method::GET, "/api/councils").header("x-request-id", "request-that-fails");
    client.send(request).await.problem(500);
    product.stop().expect("stops");

    for service in SERVICES {
        let (printed, written) = (product.log(service), read(folder.path(), &format!("{service}.log")));
        // The same lines; which of two that come at once is first, and what is still said at the very end, may differ.
        let (mut printed_only, mut written_only): (Vec<_>, Vec<_>) =
            (printed.lines().collect(), written.lines().collect());
        let (all, kept) = (printed_only.clone(), written_only.clone());
        written_only.retain(|line| !all.contains(line));
        printed_only.retain(|line| !kept.contains(line));
        assert_eq!(written_only, Vec::<&str>::new(), "{service}");
        let stop = all.iter().position(|line| line.contains("\"stopping\"")).expect("says that it stops");
        assert!(printed_only.iter().all(|line| !all[..stop].contains(line)), "{service}: {printed_only:#?}");
        for line in lines(&written) {
            for field in FIELDS {
                assert!(line.get(field).is_some(), "{field} is missing in {line}");
            }
            assert_eq!(line["service"], service);
        }
        assert!(written.contains("listens on"), "{service}");
    }
    // Two instances do not write to the same file; which is which is chance.
    let second = read(folder.path(), "workflow-worker.2.log");
    assert!(second.contains("listens on"), "{second}");
    let of_council = lines(&read(folder.path(), "council-service.log"));
    let line = of_council.iter().find(|line| line["request_id"] == "request-to-find").expect("a line of the request");
    assert_eq!((&line["trace_id"], &line["route"]), (&trace.into(), &"/api/councils".into()));
    assert_eq!(line["user_id"].as_str().map(str::len), Some(36), "{line}");
    let errors = lines(&read(folder.path(), "council-service.error.log"));
    assert!(errors.iter().all(|line| line["level"] == "ERROR"));
    let error = errors.iter().find(|line| line["request_id"] == "request-that-fails").expect("the fault");
    assert!(error["error"][0].as_str().is_some_and(|cause| cause.contains("does not exist")), "{error}");
    let of_auth = lines(&read(folder.path(), "auth-service.error.log"));
    assert_eq!(of_auth, Vec::<Value>::new());
}

/// Whether a request of this kind is in the log, which it is at `debug`.
async fn is_logged(product: &Product, service: &str) -> bool {
    let id = format!("probe-{}", uuid::Uuid::new_v4());
    let client = product.client(service);
    client.send(client.request(Method::GET, "/health/live").header("x-request-id", &id)).await.expect(200);
    product.log(service).contains(&id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_changes_the_level_of_the_logs_for_a_time() {
    let mut product = Product::start(&[]).await.expect("starts");
    let admin = product.client("council-service").with(&product.log_in().await.expect("logs in"));
    for (body, field) in [
        (json!({"level": "debgu", "minutes": 5}), "/level"),
        (json!({"level": "info,database", "minutes": 5}), "/level"),
        (json!({"level": "debug", "minutes": 0}), "/minutes"),
        (json!({"level": "debug", "minutes": 241}), "/minutes"),
        (json!({"level": "debug", "minutes": 5, "service": "redis"}), "/service"),
    ] {
        let answer = admin.put("/api/admin/log-level", &body).await;
        answer.problem(422);
        assert_eq!(answer.body["errors"][0]["pointer"], field, "{:#}", answer.body);
    }
    for service in SERVICES {
        assert!(!is_logged(&product, service).await, "{service} logs as it was started to");
    }

    let began = Instant::now();
    let set = json!({"level": "debug", "minutes": 240});
    admin.put("/api/admin/log-level", &set).await.expect(200);
    for service in SERVICES {
        wait_until(&format!("{service} logs more"), async || is_logged(&product, service).await).await;
    }
    eprintln!("every service logged at debug {:?} after the order", began.elapsed());
    // One of its own overrides the one for all.
    let own = json!({"level": "warn", "minutes": 1, "service": "auth-service"});
    admin.put("/api/admin/log-level", &own).await.expect(200);
    wait_until("auth-service logs less", async || !is_logged(&product, "auth-service").await).await;
    let levels = admin.get("/api/admin/log-level").await.expect(200)["levels"].clone();
    let shown: Vec<_> =
        levels.as_array().expect("levels").iter().map(|level| (&level["service"], &level["level"])).collect();
    assert_eq!(shown, [(&Value::Null, &json!("debug")), (&json!("auth-service"), &json!("warn"))]);

    // Back again: by hand, and by themselves when Redis has lost what was set.
    admin.send(admin.request(Method::DELETE, "/api/admin/log-level?service=auth-service")).await.expect(204);
    wait_until("auth-service logs as all", async || is_logged(&product, "auth-service").await).await;
    admin.send(admin.request(Method::DELETE, "/api/admin/log-level")).await.expect(204);
    for service in SERVICES {
        wait_until(&format!("{service} logs as usual"), async || !is_logged(&product, service).await).await;
    }
    assert_eq!(admin.get("/api/admin/log-level").await.expect(200), json!({"levels": []}));

    let auth = product.client("auth-service").with(&product.log_in().await.expect("logs in"));
    let record = auth.get("/api/admin/audit-logs?limit=50").await.expect(200).to_string();
    for act in ["log_level.set", "log_level.unset"] {
        assert!(record.contains(act), "{act} is not in {record}");
    }
    product.stop().expect("stops");
}

/// Keeps a service busy with one request after the other.
async fn keep_busy(client: Client) {
    loop {
        let wrong = json!({"email": format!("{}@example.com", uuid::Uuid::new_v4()), "password": "a wrong password"});
        client.post("/api/auth/login", &wrong).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_takes_a_cpu_profile_of_a_running_instance() {
    let product = Product::start(&[]).await.expect("starts");
    // Once: the wrong passwords that keep the service busy lock the address out.
    let token = product.log_in().await.expect("logs in");
    let admin = product.client("council-service").with(&token);
    let id_of = async |service: &str| {
        let instances = admin.get("/api/admin/instances").await.expect(200)["instances"].clone();
        let found = instances.as_array().expect("instances").iter().find(|instance| instance["service"] == service);
        let instance = found.cloned().unwrap_or_default();
        assert!(instance.is_null() || instance["since"].is_string(), "{instance}");
        instance["id"].as_str().map(str::to_owned)
    };
    wait_until("all are announced", async || {
        for service in SERVICES {
            if id_of(service).await.is_none() {
                return false;
            }
        }
        true
    })
    .await;
    admin.post("/api/admin/instances/no-such-instance/profile", &json!({"seconds": 1})).await.problem(404);
    let id = id_of("auth-service").await.expect("an instance");
    let path = format!("/api/admin/instances/{id}/profile");
    for seconds in [0, 21] {
        admin.post(&path, &json!({"seconds": seconds})).await.problem(422);
    }

    let busy = tokio::spawn(keep_busy(product.client("auth-service")));
    let bytes = async {
        let request = admin.request(Method::POST, &path).json(&json!({"seconds": 3}));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        answer.bytes().await.expect("a body")
    };
    let at_once = async {
        wait_until("the first is begun", async || product.log("auth-service").contains("a profile is taken")).await;
        admin.post(&path, &json!({"seconds": 1})).await
    };
    let (bytes, second) = tokio::join!(bytes, at_once);
    assert_eq!(second.problem(409), "already_profiling");
    busy.abort();
    let mut profile = Vec::new();
    GzDecoder::new(bytes.as_ref()).read_to_end(&mut profile).expect("gzip");
    let profile = Profile::parse_from_bytes(&profile).expect("a profile");
    assert!(!profile.sample.is_empty());
    let ours = profile.string_table.iter().any(|name| name.contains("auth_service"));
    assert!(ours, "no function of the service is in {:?}", profile.string_table);
    eprintln!("{} bytes, {} stacks, {} functions", bytes.len(), profile.sample.len(), profile.function.len());

    // The worker, through the same door; it has little to do.
    let worker = id_of("workflow-worker").await.expect("an instance");
    let path = format!("/api/admin/instances/{worker}/profile");
    let answer = admin.request(Method::POST, &path).json(&json!({"seconds": 1})).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let auth = product.client("auth-service").with(&token);
    let record = auth.get("/api/admin/audit-logs?action=instance.profiled").await.expect(200);
    let ids: Vec<_> = record["audit_logs"].as_array().expect("rows").iter().map(|row| &row["resource_id"]).collect();
    assert_eq!(ids, [&json!(worker), &json!(id)], "{record:#}");
}
