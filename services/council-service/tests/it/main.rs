//! council-service over HTTP, on a real PostgreSQL.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod bad_input;
mod council_health;
mod events;
mod main_job;
mod matrix;
mod reading;
mod simulation;

use access::{Access, KeySettings};
use common::metrics::Metrics;
use council_service::council_gauges::CouncilGauges;
use council_service::events::{EventSettings, Events};
use council_service::service;
use serde_json::{Value, json};
use testing::{Client, JWT_SECRET, Served, TestRedis, World};

/// Serves council-service.
async fn serve(world: &World) -> Served {
    let events =
        EventSettings { listeners: 100, listeners_per_caller: 20, heartbeat: std::time::Duration::from_secs(15) };
    serve_with(world, events).await
}

/// Serves council-service with settings of the test's own.
async fn serve_with(world: &World, settings: EventSettings) -> Served {
    let metrics = Metrics::new("council-service").expect("metrics");
    let pool = world.database.pool("council_service");
    let keys = KeySettings::of_secret(JWT_SECRET);
    let (ring, fetcher) = (keys.ring().expect("keys"), keys.fetcher().expect("a fetcher"));
    let access = Access::new(ring, fetcher, pool.clone(), TestRedis::shared().queue());
    access.catch_up().await;
    let events = Events::new(&settings, pool.clone(), &metrics.meter());
    let verifier = access.verifier.clone();
    let (gauges, measured) = (CouncilGauges::new(&metrics.meter()), pool.clone());
    Served::start(service(Served::http_settings(), metrics, pool, access.clone(), events.clone()))
        .beside(|stop| access.run(stop))
        .beside(|stop| events.run(verifier, stop))
        .beside(|stop| gauges.run(measured, stop))
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

/// What is sent to vote.
fn ballot(workflow: &Value, vote: &str) -> Value {
    json!({"workflow_id": workflow["id"], "vote": vote, "digest": workflow["digest"]})
}
