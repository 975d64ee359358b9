//! Evidence over HTTP, checked as whoever gets it does: from the answer's bytes alone.

use database::governance::evidence::{Evidence, Verdict, verify};
use governance::workflow::Vote;
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Client, TestDatabase, checkpoint_key, seal_and_sign};

use crate::{ballot, organisation, propose};

async fn evidence(reader: &Client, database: &TestDatabase, workflow: &Value) -> (Value, Verdict) {
    seal_and_sign(database).await;
    let path = format!("/api/workflows/{}/evidence", workflow["id"].as_str().expect("an id"));
    let answer = reader.request(Method::GET, &path).send().await.expect("an answer");
    let body = answer.bytes().await.expect("a body");
    let document: Evidence = serde_json::from_slice(&body).expect("a document");
    let verdict = verify(&document, Some(&checkpoint_key().public())).expect("holds");
    assert!(verdict.complete, "{verdict}");
    (serde_json::from_slice(&body).expect("JSON"), verdict)
}

#[tokio::test]
async fn the_evidence_of_an_approval_shows_who_voted_how_when_and_from_where() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let workflow = propose(&agent, "Hello").await;
    for voter in &world.operators[..2] {
        let voter = served.client().with(&voter.token);
        voter.post("/api/councils/web-team/vote", &ballot(&workflow, Vote::Approve.as_str())).await.expect(200);
    }
    let (document, verdict) = evidence(&agent, &world.database, &workflow).await;
    assert_eq!(document["reviews"][0]["outcome"], "approved");
    assert_eq!(document["policies"][0]["policy"]["decision_rule"]["required"], 2);
    let seats = document["reviews"][0]["electorate"]["seats"].as_object().expect("seats");
    assert_eq!(seats.len(), 3);
    for (index, voter) in world.operators[..2].iter().enumerate() {
        let vote = &document["votes"][index];
        assert_eq!(vote["voter"]["id"], json!(voter.id));
        assert_eq!((&vote["seat_of"], &vote["vote"]), (&json!(voter.id), &json!("approve")));
        assert_eq!((&vote["address"], &vote["digest"]), (&json!("127.0.0.1"), &workflow["digest"]));
        assert!(vote["cast_at"].is_string());
    }
    assert!(verdict.to_string().contains("every council that it needed approved it"), "{verdict}");
    // It is nobody's business who is not logged in.
    let path = format!("/api/workflows/{}/evidence", workflow["id"].as_str().expect("an id"));
    assert_eq!(served.client().get(&path).await.problem(401), "unauthorized");
}

#[tokio::test]
async fn the_evidence_of_what_a_policy_blocks_shows_that_nothing_ran() {
    let policy = json!({"decision_rule": {"kind": "unanimous"}, "blocked_action_types": ["website.*"]});
    let (world, served) = organisation(policy).await;
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "No"}});
    assert_eq!(agent.post("/api/workflows", &proposal).await.problem(403), "blocked_by_policy");
    let blocked = agent.get("/api/workflows").await.expect(200)["workflows"][0].clone();
    let (document, verdict) = evidence(&agent, &world.database, &blocked).await;
    assert_eq!(document["policies"][0]["policy"]["blocked_action_types"], json!(["website.*"]));
    assert_eq!((&document["reviews"], &document["votes"]), (&json!([]), &json!([])));
    assert_eq!(document["workflow"]["fence"], 0);
    assert!(verdict.to_string().contains("Nothing of it ran"), "{verdict}");
}
