//! A dry run shows the very call that a run makes, and makes none.

use serde_json::{Value, json};
use testing::{Client, Receiver, World};

use crate::{organisation, serve};

fn publishing(url: &str) -> Value {
    json!({
        "id": "website.publish", "domain": "web", "name": "Publish",
        "input_schema": {
            "type": "object", "required": ["title"], "additionalProperties": false,
            "properties": {"title": {"type": "string", "maxLength": 80}},
        },
        "steps": [
            {"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}},
            {"name": "publish", "kind": "http_request", "with": {
                "method": "POST", "url": format!("{url}/pages"), "headers": {"x-shop": "demo"},
                "body": {"html": "{{ steps.page.output.text }}"}}},
            {"name": "tell", "kind": "http_request", "with": {
                "method": "POST", "url": format!("{url}/told"), "body": {"received": "{{ steps.publish.output.body.received }}"}}},
        ],
    })
}

async fn rehearse(client: &Client, body: &Value) -> testing::Answer {
    client.post("/api/workflow-types/website.publish/dry-run", body).await
}

#[tokio::test]
async fn a_dry_run_calls_nothing_and_keeps_nothing() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let receiver = Receiver::start();
    let admin = served.client().with(&world.admin.token);
    admin.post("/api/workflow-types", &publishing(&receiver.url())).await.expect(201);
    let agent = served.client().with(&world.agent_key);
    let before = world.database.fingerprint().await;

    let shown = rehearse(&agent, &json!({"inputs": {"title": "A & B"}})).await.expect(200);
    assert_eq!((&shown["version"], &shown["is_sound"]), (&json!(1), &json!(true)));
    let [page, publish, tell] = shown["steps"].as_array().expect("steps").as_slice() else { panic!("three steps") };
    assert_eq!((&page["output"]["text"], &page["output_source"]), (&json!("<h1>A &amp; B</h1>"), &json!("rendered")));
    assert_eq!(
        publish["with"],
        json!({"method": "POST", "url": format!("{}/pages", receiver.url()), "headers": {"x-shop": "demo"},
               "body": {"html": "<h1>A &amp; B</h1>"}})
    );
    assert_eq!(publish["idempotency_key"], "<workflow id>/publish");
    let expression = "{{ steps.publish.output.body.received }}";
    assert_eq!(tell["with"]["body"]["received"], expression);
    assert_eq!(
        tell["unknown"],
        json!([{"pointer": "/body/received", "expression": expression, "waits_for": ["publish"]}])
    );
    let example =
        json!({"inputs": {"title": "A & B"}, "outputs": {"publish": {"status": 200, "body": {"received": 7}}}});
    let shown = rehearse(&agent, &example).await.expect(200);
    assert_eq!(shown["steps"][2]["with"]["body"], json!({"received": 7}));
    assert_eq!(shown["steps"][2]["unknown"], json!([]));
    // Expressions that can't be evaluated with this example are told, not hidden.
    let wrong = json!({"inputs": {"title": "x"}, "outputs": {"publish": {"status": 200, "body": {}}}});
    let shown = rehearse(&agent, &wrong).await.expect(200);
    assert_eq!(shown["is_sound"], false);
    assert_eq!(shown["steps"][2]["errors"][0]["pointer"], "/steps/2/with/body/received");

    assert_eq!(world.database.fingerprint().await, before);
    // The digest is the one that a council would vote on.
    let proposal = json!({"workflow_type": "website.publish", "inputs": {"title": "A & B"}});
    let workflow = agent.post("/api/workflows", &proposal).await.expect(201);
    assert_eq!(workflow["digest"], shown_digest(&agent).await);
    assert_eq!(receiver.calls().len(), 0, "a dry run called: {:?}", receiver.calls());
}

async fn shown_digest(client: &Client) -> Value {
    rehearse(client, &json!({"inputs": {"title": "A & B"}})).await.expect(200)["digest"].clone()
}

#[tokio::test]
async fn a_dry_run_of_a_mandate_checks_its_terms() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    let path = "/api/workflow-types/governance.mandate/dry-run";
    let until = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let mut terms = json!({"workflow_type": "website.page", "condition": "inputs.title == 'x'", "max_uses": 1, "per": "day", "valid_until": until});
    let shown = admin.post(path, &json!({"inputs": terms})).await.expect(200);
    assert_eq!((&shown["steps"][0]["kind"], &shown["steps"][0]["with"]), (&json!("grant_mandate"), &terms));
    terms["condition"] = json!("inputs.title | nothing");
    let refused = admin.post(path, &json!({"inputs": terms})).await;
    assert_eq!(refused.problem(422), "invalid_body");
    assert_eq!(refused.body["errors"][0]["pointer"], "/inputs/condition");
}

#[tokio::test]
async fn only_who_may_propose_may_rehearse() {
    let world = World::new().await;
    let served = serve(&world).await;
    let viewer = testing::person(&world.database, "viewer", common::roles::Role::Viewer).await;
    let refused = rehearse(&served.client().with(&viewer.token), &json!({"inputs": {}})).await;
    assert_eq!(refused.problem(403), "forbidden");
}
