//! council-service over HTTP, on a real PostgreSQL.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod asking;
mod bad_input;
mod break_glass;
mod check_action;
mod council_health;
mod councils;
mod dead_letters;
mod delegations;
mod dry_run;
mod events;
mod evidence;
mod idempotency;
mod incidents;
mod main_job;
mod mandates;
mod matrix;
mod mcp;
mod reading;
mod retry;
mod schedules;
mod secrets;
mod seeds;
mod simulation;
mod webhooks;
mod withdraw;
mod workflow_types;

use access::{Access, KeySettings};
use common::encryption::Encryption;
use common::metrics::Metrics;
use council_service::council_gauges::CouncilGauges;
use council_service::events::{EventSettings, Events};
use council_service::service;
use queue::Announcer;
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Client, JWT_SECRET, Served, TestDatabase, TestRedis, World};

/// What the secrets of webhooks are encrypted with.
const ENCRYPTION_KEY: &str = "a key for tests of at least 32 characters";

/// Serves council-service.
async fn serve(world: &World) -> Served {
    serve_on(&world.database).await
}

/// Serves council-service with the data of this database.
async fn serve_on(database: &TestDatabase) -> Served {
    let events =
        EventSettings { listeners: 100, listeners_per_caller: 20, heartbeat: std::time::Duration::from_secs(15) };
    serve_with(database, events).await
}

/// Serves council-service with settings of the test's own.
async fn serve_with(database: &TestDatabase, settings: EventSettings) -> Served {
    let metrics = Metrics::new("council-service").expect("metrics");
    let pool = database.pool("council_service");
    let keys = KeySettings::of_secret(JWT_SECRET);
    let (ring, fetcher) = (keys.ring().expect("keys"), keys.fetcher().expect("a fetcher"));
    let queue = TestRedis::shared().queue();
    let access = Access::new(ring, fetcher, pool.clone(), queue.clone());
    access.catch_up().await;
    let encryption = Encryption::new(ENCRYPTION_KEY).expect("a key");
    let events = Events::new(&settings, pool.clone(), &metrics.meter());
    let verifier = access.verifier.clone();
    let (gauges, measured) = (CouncilGauges::new(&metrics.meter()), pool.clone());
    let announcer = Announcer::new("council-service", "1.2.3", ([127, 0, 0, 1], 8002).into());
    let told = queue.clone();
    let service = service(Served::http_settings(), metrics, pool, queue, access.clone(), encryption, events.clone());
    Served::start(service)
        .beside(|stop| access.run(stop))
        .beside(|stop| events.run(verifier, stop))
        .beside(|stop| gauges.run(measured, stop))
        .beside(|stop| announcer.run(told, stop))
}

/// A workflow type of one step that renders a page; its inputs must have a title.
fn page_type(id: &str, domain: &str) -> Value {
    json!({
        "id": id,
        "domain": domain,
        "name": "A page",
        "input_schema": {
            "type": "object",
            "properties": {"title": {"type": "string", "maxLength": 80}},
            "required": ["title"],
            "additionalProperties": false,
        },
        "steps": [{"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}}],
    })
}

/// The organisation with one type, `website.page`.
async fn organisation(policy: Value) -> (World, Served) {
    let world = World::with_policy(policy).await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    admin.post("/api/workflow-types", &page_type("website.page", "web")).await.expect(201);
    (world, served)
}

/// Proposes a page, and returns the answer's body.
async fn propose(proposer: &Client, title: &str) -> Value {
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": title}});
    proposer.post("/api/workflows", &proposal).await.expect(201)
}

/// Sends a change of what had this tag.
async fn change(client: &Client, method: Method, path: &str, tag: &str, body: &Value) -> Answer {
    client.send(client.request(method, path).header("if-match", tag).json(body)).await
}

/// The tag of what a path shows.
async fn tag(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    answer.headers["etag"].to_str().expect("text").to_owned()
}

/// What is sent to vote.
fn ballot(workflow: &Value, vote: &str) -> Value {
    json!({"workflow_id": workflow["id"], "vote": vote, "digest": workflow["digest"]})
}
