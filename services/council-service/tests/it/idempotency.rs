//! A proposal that is sent more than once is made once.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Client};

use crate::organisation;

async fn send(client: &Client, key: &str, proposal: &Value) -> Answer {
    client.send(client.request(Method::POST, "/api/workflows").header("idempotency-key", key).json(proposal)).await
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again_and_another_request_is_refused() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "Once"}});
    let first = send(&agent, "order-1", &proposal).await;
    let location = first.headers["location"].clone();
    let first = first.expect(201);
    world
        .vote(
            &world.operators[0],
            first["id"].as_str().expect("an id").parse().expect("an id"),
            governance::workflow::Vote::Approve,
        )
        .await
        .expect("votes");
    let again = send(&agent, "\"order-1\"", &proposal).await;
    assert_eq!(again.headers["location"], location);
    assert_eq!(again.expect(201), first, "the first answer, not how things are now");
    assert_eq!(agent.get("/api/workflows").await.expect(200)["workflows"].as_array().map(Vec::len), Some(1));

    let other = json!({"workflow_type": "website.page", "inputs": {"title": "Twice"}});
    assert_eq!(send(&agent, "order-1", &other).await.problem(422), "key_reused");
    // Keys are each caller's own.
    let operator = served.client().with(&world.operators[0].token);
    assert_ne!(send(&operator, "order-1", &other).await.expect(201)["id"], first["id"]);
    // What was refused was not done: it may be sent again, and mended.
    let malformed = json!({"workflow_type": "website.page", "inputs": {}});
    assert_eq!(send(&agent, "order-2", &malformed).await.problem(422), "invalid_body");
    send(&agent, "order-2", &other).await.expect(201);
    for bad in ["", "a b"] {
        assert_eq!(send(&agent, bad, &other).await.problem(400), "malformed_header");
    }
    // A day later it is forgotten.
    world.database.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'").await;
    let mut worker = world.database.connect("workflow_worker").await;
    assert_eq!(database::idempotency::clear_expired(&mut worker, 10).await.expect("clears"), 3);
    assert_ne!(send(&agent, "order-1", &proposal).await.expect(201)["id"], first["id"]);
}

#[tokio::test]
async fn a_blocked_proposal_is_blocked_again_and_kept_once() {
    let policy = json!({"decision_rule": {"kind": "unanimous"}, "blocked_action_types": ["website.*"]});
    let (world, served) = organisation(policy).await;
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "No"}});
    let first = send(&agent, "k", &proposal).await;
    assert_eq!(first.problem(403), "blocked_by_policy");
    let again = send(&agent, "k", &proposal).await;
    assert_eq!(again.body["detail"], first.body["detail"]);
    assert_eq!(agent.get("/api/workflows").await.expect(200)["workflows"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_workflow() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "Once"}});
    let answers = futures_util::future::join_all((0..12).map(|_| send(&agent, "k", &proposal))).await;
    let mut ids = std::collections::BTreeSet::new();
    for answer in &answers {
        match answer.status.as_u16() {
            201 => {
                ids.insert(answer.body["id"].as_str().expect("an id").to_owned());
            }
            _ => assert_eq!(answer.problem(409), "still_running"),
        }
    }
    assert_eq!(ids.len(), 1, "{answers:#?}");
    assert_eq!(agent.get("/api/workflows").await.expect(200)["workflows"].as_array().map(Vec::len), Some(1));
}
