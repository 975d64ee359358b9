//! What reaches Sentry, read from the envelopes that a real service sends to a real endpoint.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, get};
use common::config::{Environment, LogFormat, TelemetrySettings};
use common::metrics::Metrics;
use common::server::Service;
use common::telemetry;
use common::telemetry::traces::TraceSettings;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use testing::{Client, Product, Receiver, Served};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

/// The endpoint that envelopes are sent to.
pub struct Ingest(pub Receiver);

impl Ingest {
    /// Starts it.
    pub fn start() -> Self {
        Self(Receiver::start())
    }

    /// What services are told of it.
    pub fn dsn(&self) -> String {
        self.0.url().replace("http://", "http://0123456789abcdef@") + "/1"
    }

    /// The items of this type that have arrived.
    pub fn items(&self, kind: &str) -> Vec<Value> {
        let calls = self.0.calls();
        assert!(calls.iter().all(|call| call.path == "/api/1/envelope/"), "{calls:#?}");
        calls.iter().flat_map(|call| items(&call.raw, kind)).collect()
    }

    /// Waits for an item that is like this.
    pub async fn wait_for(&self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(1) {
            if let Some(item) = self.items(kind).into_iter().find(&wanted) {
                return item;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no such {kind} arrived; these did: {:#?}", self.items(kind))
    }
}

/// An envelope is a line about itself, then a line about each item and the item, of as many bytes as that line says.
fn items(envelope: &str, kind: &str) -> Vec<Value> {
    let (_, mut rest) = envelope.split_once('\n').expect("a header");
    let mut found = Vec::new();
    while let Some((header, after)) = rest.split_once('\n') {
        let header: Value = serde_json::from_str(header).expect("an item's header");
        let length = usize::try_from(header["length"].as_u64().expect("a length")).expect("fits");
        if header["type"] == kind {
            found.push(serde_json::from_str(&after[..length]).expect("JSON"));
        }
        rest = after[length..].trim_start_matches('\n');
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_arrives_with_its_request_and_a_fault_of_the_callers_does_not() {
    let ingest = Ingest::start();
    let dsn = ingest.dsn();
    let variables = [("SENTRY_DSN", dsn.as_str()), ("SENTRY_TRACES_SAMPLE_RATE", "1")];
    let product = Product::start(&variables).await.expect("starts");
    let admin = product.client("council-service").with(&product.log_in().await.expect("logs in"));
    let ask = async |id: &str, path: &str| {
        let request = admin.request(reqwest::Method::GET, path).header("x-request-id", id);
        admin.send(request.header("cookie", "refresh=a-secret-cookie")).await
    };

    ask("request-of-a-caller", "/api/councils/no-such-council").await.problem(404);
    ask("request-forbidden-1", "/api/workflows?limit=0&token=a-secret-query").await.problem(400);
    let mut owner = product.connect().await.expect("connects");
    let breaking = "ALTER TABLE councils RENAME COLUMN name TO another_name";
    diesel::sql_query(breaking).execute(&mut owner).await.expect("breaks the table");
    assert_eq!(ask("request-that-fails", "/api/councils?domain=a_secret_query").await.problem(500), "internal");

    let event = ingest.wait_for("event", |event| event["tags"]["request_id"] == "request-that-fails").await;
    assert_eq!(event["environment"], "development");
    assert_eq!(event["release"], concat!("council-service@", env!("CARGO_PKG_VERSION")));
    // The level that is meant where none is told.
    assert_eq!(event["level"].as_str().unwrap_or("error"), "error");
    // All that led to it, and what it happened in.
    let text = event.to_string();
    assert!(text.contains("does not exist"), "{event:#}");
    assert_eq!(event["request"]["method"], "GET");
    let url = event["request"]["url"].as_str().expect("a URL");
    assert!(url.ends_with("/api/councils"), "{url}");
    for secret in ["a-secret-cookie", "a-secret-query", "a_secret_query", "Bearer ey"] {
        assert!(!text.contains(secret), "{secret} in {event:#}");
    }
    // The request as a trace, under its pattern.
    let trace = ingest.wait_for("transaction", |trace| trace["transaction"] == "GET /api/councils").await;
    assert_eq!(trace["contexts"]["trace"]["op"], "http.server", "{trace:#}");
    // Whatever came before has arrived by now: the one event is of the one fault.
    let of_requests: Vec<_> = ingest
        .items("event")
        .into_iter()
        .filter_map(|event| event["tags"]["request_id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(of_requests, ["request-that-fails"]);
}

/// A handler with a fault, as none of the product's should have.
#[utoipa::path(responses((status = 200)))]
#[get("/api/panics")]
async fn panics() -> HttpResponse {
    panic!("the index 7 is out of bounds, password=hunter2hunter2")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_arrives_with_its_request_and_is_answered_as_a_fault_of_ours() {
    let ingest = Ingest::start();
    let settings = TelemetrySettings {
        environment: Environment::Staging,
        log_level: "info".parse().expect("a level"),
        log_format: LogFormat::Json,
        log_dir: None,
        sentry_dsn: Some(ingest.dsn().into()),
        sentry_traces_sample_rate: 0.0,
        traces: TraceSettings { endpoint: None, ratio: 0.0 },
    };
    let _telemetry = telemetry::start(&settings, "test-service", "1.2.3").expect("starts");
    let metrics = Metrics::new("test-service").expect("metrics");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let stop = CancellationToken::new();
    let routes = |config: &mut ServiceConfig<'_>| {
        config.service(panics);
    };
    let service = Service { http: Served::http_settings(), metrics, checks: BTreeMap::new(), routes };
    tokio::spawn(service.serve(listener, stop.clone()).expect("serves"));

    let client = Client::new(&url);
    let request = client.request(reqwest::Method::GET, "/api/panics").header("x-request-id", "request-that-panics");
    let answer = client.send(request).await;
    assert_eq!(answer.problem(500), "internal");
    assert_eq!(answer.body["request_id"], "request-that-panics");
    assert_eq!(answer.body["instance"], "/api/panics");
    let exposition = client.get("/metrics").await.body;
    let counted = r#"http_requests_total{method="GET",route="/api/panics",status="500"} 1"#;
    assert!(exposition.as_str().is_some_and(|text| text.contains(counted)), "{exposition}");

    let event = ingest.wait_for("event", |event| event["tags"]["request_id"] == "request-that-panics").await;
    assert_eq!((&event["environment"], &event["release"]), (&"staging".into(), &"test-service@1.2.3".into()));
    let said = event["exception"]["values"][0]["value"].as_str().expect("what the panic said");
    assert_eq!(said, "the index 7 is out of bounds, password=[removed]");
    assert_eq!(event["exception"]["values"][0]["type"], "panic");
    stop.cancel();
}
