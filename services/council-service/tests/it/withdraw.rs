//! Taking proposals back.

use reqwest::Method;
use serde_json::{Value, json};
use testing::Client;

use crate::{ballot, organisation, propose};

fn path(workflow: &Value, verb: &str) -> String {
    format!("/api/workflows/{}{verb}", workflow["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_workflow_is_cancelled_by_who_answers_for_it() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let clients = |token: &str| served.client().with(token);
    let (agent, admin) = (clients(&world.agent_key), clients(&world.admin.token));
    let (operator, other) = (clients(&world.operators[0].token), clients(&world.operators[1].token));
    let cancel = async |client: &Client, workflow: &Value| {
        client.post(&path(workflow, "/cancel"), &json!({"reason": "Not needed."})).await
    };
    let (agents, operators) = (propose(&agent, "The agent's").await, propose(&operator, "The operator's").await);
    for (client, workflow) in [(&other, &agents), (&other, &operators), (&agent, &operators), (&operator, &agents)] {
        assert_eq!(cancel(client, workflow).await.problem(403), "forbidden");
    }
    let cancelled = cancel(&agent, &agents).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["reviews"][0]["outcome"]), (&json!("cancelled"), &json!("cancelled")));
    assert_eq!(cancel(&agent, &agents).await.problem(409), "already_ended");
    let vote = other.post("/api/councils/web-team/vote", &ballot(&agents, "approve")).await;
    assert_eq!(vote.problem(409), "already_decided");
    assert_eq!(cancel(&admin, &operators).await.expect(200)["status"], "cancelled");

    // What is approved, too: as an act of its own, which leaves the decision as it was.
    let approved = propose(&agent, "Approved").await;
    for voter in [&operator, &other] {
        voter.post("/api/councils/web-team/vote", &ballot(&approved, "approve")).await.expect(200);
    }
    let cancelled = cancel(&agent, &approved).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["reviews"][0]["outcome"]), (&json!("cancelled"), &json!("approved")));
    let events: Vec<_> = cancelled["timeline"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["event"].as_str().expect("text"))
        .collect();
    assert_eq!(events, ["proposed", "voted", "voted", "review_decided", "approved", "queued", "cancelled"]);
}

#[tokio::test]
async fn a_veto_stops_what_cools_off_and_nothing_else() {
    let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}, "cooling_off_seconds": 3600});
    let (world, served) = organisation(policy).await;
    let clients = |token: &str| served.client().with(token);
    let agent = clients(&world.agent_key);
    let [chair, first, second] = [0, 1, 2].map(|index| clients(&world.operators[index].token));
    let veto = async |client: &Client, workflow: &Value| {
        client.post(&path(workflow, "/veto"), &json!({"reason": "The numbers are wrong."})).await
    };
    let workflow = propose(&agent, "Hello").await;
    assert_eq!(veto(&chair, &workflow).await.problem(403), "forbidden", "no council has approved it yet");
    for voter in [&first, &second] {
        voter.post("/api/councils/web-team/vote", &ballot(&workflow, "approve")).await.expect(200);
    }
    assert_eq!(veto(&first, &workflow).await.problem(403), "forbidden", "a member is no chair");
    let vetoed = veto(&chair, &workflow).await.expect(200);
    assert_eq!((&vetoed["status"], &vetoed["reviews"][0]["outcome"]), (&json!("cancelled"), &json!("approved")));
    let events = vetoed["timeline"].as_array().expect("events");
    assert!(events.iter().any(|event| event["event"] == "vetoed"), "{events:#?}");
    // It never starts.
    world.database.execute("UPDATE workflows SET due_at = now() - interval '1 second' WHERE status = 'approved'").await;
    let mut worker = world.database.connect("workflow_worker").await;
    assert_eq!(database::execution::promote_cooled_off(&mut worker, 10).await.expect("looks"), 0);

    let later = propose(&agent, "Later").await;
    for voter in [&first, &second] {
        voter.post("/api/councils/web-team/vote", &ballot(&later, "approve")).await.expect(200);
    }
    world.database.execute("UPDATE workflows SET due_at = now() - interval '1 second' WHERE status = 'approved'").await;
    assert_eq!(veto(&chair, &later).await.problem(409), "not_cooling_off");
}

#[tokio::test]
async fn a_changed_proposal_is_a_new_one_and_needs_new_votes() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let clients = |token: &str| served.client().with(token);
    let (agent, operator) = (clients(&world.agent_key), clients(&world.operators[0].token));
    let first = propose(&agent, "First").await;
    operator.post("/api/councils/web-team/vote", &ballot(&first, "approve")).await.expect(200);
    let changed = json!({"workflow_type": "website.page", "inputs": {"title": "Better"}, "supersedes": first["id"]});
    assert_eq!(operator.post("/api/workflows", &changed).await.problem(403), "forbidden", "it is not theirs");
    let second = agent.post("/api/workflows", &changed).await.expect(201);
    assert_eq!((&second["supersedes"], &second["reviews"][0]["tally"]["approve"]), (&first["id"], &json!(0)));
    let old = agent.get(&path(&first, "")).await.expect(200);
    assert_eq!(old["status"], "cancelled");
    let last = old["timeline"].as_array().and_then(|events| events.last()).expect("an event");
    assert_eq!(last["detail"]["superseded_by"], second["id"]);
    assert_eq!(agent.post("/api/workflows", &changed).await.problem(409), "not_waiting");
    // A malformed successor leaves the old one as it is.
    let bad = json!({"workflow_type": "website.page", "inputs": {}, "supersedes": second["id"]});
    assert_eq!(agent.post("/api/workflows", &bad).await.problem(422), "invalid_body");
    assert_eq!(agent.get(&path(&second, "")).await.expect(200)["status"], "pending_review");
    let missing = agent.send(agent.request(Method::POST, &path(&second, "/cancel"))).await;
    assert_eq!(missing.problem(415), "unsupported_media_type");
}
