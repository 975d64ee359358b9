//! Lists, inboxes, and what browsers ask first.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{ballot, organisation, propose};

fn ids(page: &Value) -> Vec<&str> {
    page["workflows"].as_array().expect("workflows").iter().map(|one| one["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn pages_show_every_workflow_once_newest_first() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let agent = served.client().with(&world.agent_key);
    let mut proposed = Vec::new();
    for number in 0..5 {
        let workflow = propose(&agent, &number.to_string()).await;
        proposed.insert(0, workflow["id"].as_str().expect("an id").to_owned());
    }
    let pages = agent.pages("/api/workflows?limit=2").await;
    assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), proposed);
    let none = agent.get("/api/workflows?status=completed").await.expect(200);
    assert!(ids(&none).is_empty());
    assert_eq!(agent.get("/api/workflows?awaiting=me").await.problem(403), "forbidden");
}

#[tokio::test]
async fn lists_are_narrowed_by_status_type_council_and_proposer() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let agent = served.client().with(&world.agent_key);
    let operator = served.client().with(&world.operators[0].token);
    let of_agent = propose(&agent, "One").await;
    let of_operator = propose(&operator, "Two").await;
    let cancelled = propose(&operator, "Three").await;
    let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
    operator.post(&format!("/api/workflows/{}/cancel", id(&cancelled)), &json!({})).await.expect(200);
    let workflow_type = of_agent["workflow_type"]["id"].as_str().expect("a type").to_owned();
    let (person, agent_id) = (world.operators[0].claims.user.id, world.agent.id);
    let all = vec![id(&cancelled), id(&of_operator), id(&of_agent)];
    let open = all[1..].to_vec();
    for (query, expected) in [
        ("status=pending_review".to_owned(), open.clone()),
        ("status=cancelled,pending_review".to_owned(), all.clone()),
        ("status=completed,failed".to_owned(), vec![]),
        (format!("workflow_type={workflow_type}"), all.clone()),
        (format!("workflow_type={workflow_type}&status=pending_review"), open),
        ("workflow_type=no.such".to_owned(), vec![]),
        (format!("proposed_by={person}"), all[..2].to_vec()),
        (format!("proposed_by={agent_id}&status=cancelled"), vec![]),
        (format!("proposed_by={agent_id}"), all[2..].to_vec()),
        ("council_id=web-team".to_owned(), all.clone()),
        ("council_id=nobody".to_owned(), vec![]),
    ] {
        let found = operator.get(&format!("/api/workflows?{query}")).await.expect(200);
        assert_eq!(ids(&found), expected, "{query}");
        let pages = operator.pages(&format!("/api/workflows?limit=1&{query}")).await;
        assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), expected, "{query}, page by page");
    }
    // What waits for a vote is narrowed, too, before it is cut into pages.
    let other = served.client().with(&world.operators[1].token);
    let waiting = other.pages(&format!("/api/workflows?limit=1&awaiting=me&proposed_by={agent_id}")).await;
    assert_eq!(waiting.iter().flat_map(ids).collect::<Vec<_>>(), all[2..]);
    for wrong in ["status=done", "status=", "status=failed,", "proposed_by=me", "council_id=A%20B", "workflow_type=x"] {
        assert_eq!(operator.get(&format!("/api/workflows?{wrong}")).await.problem(400), "invalid_query", "{wrong}");
    }
}

#[tokio::test]
async fn the_inbox_holds_what_waits_for_ones_own_vote() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let workflow = propose(&served.client().with(&world.agent_key), "Hello").await;
    let operator = served.client().with(&world.operators[0].token);
    let own = propose(&operator, "My own").await;
    let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
    let inbox = operator.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(ids(&inbox), [id(&workflow)], "one's own proposal is not one's own to vote on");
    let other = served.client().with(&world.operators[1].token);
    let inbox = other.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(ids(&inbox), [id(&own), id(&workflow)]);
    operator.post("/api/councils/web-team/vote", &ballot(&workflow, "approve")).await.expect(200);
    let inbox = operator.get("/api/workflows?awaiting=me").await.expect(200);
    assert!(ids(&inbox).is_empty());
}

#[tokio::test]
async fn browsers_may_ask_from_the_console_and_from_nowhere_else() {
    let (_world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let client = served.client();
    let preflight = |origin: &str| {
        client
            .request(Method::OPTIONS, "/api/workflows")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
    };
    let ours = client.send(preflight("https://console.example.com")).await;
    assert_eq!(ours.status, 200);
    assert_eq!(ours.headers["access-control-allow-origin"], "https://console.example.com");
    let foreign = client.send(preflight("https://evil.example.com")).await;
    assert!(!foreign.headers.contains_key("access-control-allow-origin"), "{foreign:?}");
}

#[tokio::test]
async fn a_request_id_is_taken_up_or_made() {
    let (_world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let client = served.client();
    let ours = client.send(client.request(Method::GET, "/api/workflows").header("x-request-id", "order-4711")).await;
    assert_eq!(ours.body["request_id"], "order-4711");
    let bad = client.send(client.request(Method::GET, "/api/workflows").header("x-request-id", "a b")).await;
    assert_ne!(bad.body["request_id"], "a b");
    bad.problem(401);
}
