//! Trying a failed run again.

use std::time::Duration;

use database::execution::{Entry, StepResult};
use governance::digest::Digest;
use governance::workflow::Vote;
use reqwest::Method;
use serde_json::{Value, json};
use testing::runs::{begin_step, claim, fail, finish_step};
use testing::{Served, World};

use crate::{ballot, change, organisation, propose, tag};

/// A workflow that two operators approved and whose run failed.
pub async fn failed(world: &World, served: &Served, savings: Option<&str>) -> Value {
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "x"}, "weekly_savings": savings});
    let workflow = agent.post("/api/workflows", &proposal).await.expect(201);
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    world.approve(id).await;
    run_and_fail(world, &workflow).await;
    workflow
}

async fn run_and_fail(world: &World, workflow: &Value) {
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    let mut worker = world.database.connect("workflow_worker").await;
    let claimed = claim(&mut worker, id, "a-worker", Duration::from_secs(30)).await.expect("claims");
    let Entry::Claimed(claim) = claimed else { panic!("not claimed: {claimed:?}") };
    begin_step(&mut worker, &claim.run, 0).await.expect("begins");
    let result = StepResult { request: Digest::of(b"x"), response: None, outcome: Err("no".to_owned()) };
    finish_step(&mut worker, &claim.run, 0, &result).await.expect("finishes");
    fail(&mut worker, &claim.run, "no").await.expect("fails");
}

fn path(workflow: &Value, verb: &str) -> String {
    format!("/api/workflows/{}{verb}", workflow["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_failed_run_is_tried_again_on_its_approval() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = failed(&world, &served, None).await;
    let operator = served.client().with(&world.operators[0].token);
    assert_eq!(operator.post(&path(&workflow, "/retry"), &json!({})).await.problem(403), "forbidden");
    let retried = admin.post(&path(&workflow, "/retry"), &json!({})).await.expect(200);
    assert_eq!(retried, json!({"status": "queued", "new_votes": []}));
    let found = admin.get(&path(&workflow, "")).await.expect(200);
    assert_eq!((&found["digest"], &found["steps"][0]["status"]), (&workflow["digest"], &json!("pending")));
    assert_eq!((&found["error"], &found["finished_at"]), (&json!(null), &json!(null)));
    assert_eq!(admin.post(&path(&workflow, "/retry"), &json!({})).await.problem(409), "not_failed");
    run_and_fail(&world, &workflow).await;
    admin.post(&path(&workflow, "/retry"), &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_retry_from_the_start_forgets_what_came_of_the_steps_and_runs_what_was_approved() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = failed(&world, &served, None).await;
    let retried = admin.post(&path(&workflow, "/retry"), &json!({"from": "start"})).await.expect(200);
    assert_eq!(retried, json!({"status": "queued", "new_votes": []}));
    let found = admin.get(&path(&workflow, "")).await.expect(200);
    assert_eq!(found["digest"], workflow["digest"]);
    assert_eq!(
        found["steps"][0],
        json!({
            "position": 0, "name": "page", "kind": "render_template", "status": "pending", "attempt": 0,
            "request_digest": null, "response_digest": null, "output": null, "error": null, "started_at": null,
            "finished_at": null, "asked_round": null,
        })
    );
    let events = found["timeline"].as_array().expect("events");
    let told = events.iter().find(|event| event["event"] == "retried").expect("is told");
    assert_eq!(told["detail"]["from"], "start");
    run_and_fail(&world, &workflow).await;
}

#[tokio::test]
async fn an_approval_that_does_not_carry_it_is_asked_for_again() {
    let policy = json!({
        "decision_rule": {"kind": "approvals", "required": 2}, "review_threshold_weekly_savings": "1000",
        "review_actions": ["*"],
    });
    let (world, served) = organisation(policy.clone()).await;
    let admin = served.client().with(&world.admin.token);
    let large = failed(&world, &served, Some("1000")).await;
    let small = failed(&world, &served, Some("999.99")).await;
    let old = failed(&world, &served, Some("1")).await;
    let because = |retried: &Value| retried["new_votes"][0]["because"].clone();
    let retried = admin.post(&path(&large, "/retry"), &json!({})).await.expect(200);
    assert_eq!((&retried["status"], because(&retried)), (&json!("pending_review"), json!("value_above_threshold")));

    let aged = "ALTER TABLE workflow_reviews DISABLE TRIGGER workflow_reviews_guard";
    world.database.execute(aged).await;
    let aged = format!(
        "UPDATE workflow_reviews SET decided_at = now() - interval '8 days' WHERE workflow_id = '{}'",
        old["id"].as_str().expect("an id")
    );
    world.database.execute(&aged).await;
    let retried = admin.post(&path(&old, "/retry"), &json!({})).await.expect(200);
    assert_eq!(because(&retried), "approval_expired");

    let mut tighter = policy;
    tighter["chair_veto"] = json!(true);
    let (council, body) = ("/api/councils/web-team", json!({"policy": tighter}));
    let seen = tag(&admin, council).await;
    change(&admin, Method::PUT, "/api/admin/councils/web-team/policy", &seen, &body).await.expect(200);
    let retried = admin.post(&path(&small, "/retry"), &json!({})).await.expect(200);
    assert_eq!(because(&retried), "policy_tightened");

    // The new round is under the policy of today, and the old votes do not count in it.
    let found = admin.get(&path(&small, "")).await.expect(200);
    let reviews: Vec<_> = found["reviews"]
        .as_array()
        .expect("reviews")
        .iter()
        .map(|r| (&r["round"], &r["outcome"], &r["policy_version"]))
        .collect();
    assert_eq!(reviews, [(&json!(1), &json!("approved"), &json!(1)), (&json!(2), &json!("open"), &json!(2))]);
    assert_eq!(found["reviews"][1]["tally"]["approve"], 0);
    let chair = served.client().with(&world.operators[0].token);
    let rejected = chair.post("/api/councils/web-team/vote", &ballot(&small, "reject")).await.expect(200);
    assert_eq!((&rejected["outcome"], &rejected["status"]), (&json!("rejected"), &json!("rejected")));
    let id = large["id"].as_str().expect("an id").parse().expect("an id");
    world.vote(&world.operators[1], id, Vote::Approve).await.expect("votes");
    world.vote(&world.operators[2], id, Vote::Approve).await.expect("votes");
    assert_eq!(admin.get(&path(&large, "")).await.expect(200)["status"], "queued");
    run_and_fail(&world, &large).await;
}

#[tokio::test]
async fn the_database_runs_nothing_again_without_the_new_vote() {
    let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}, "review_threshold_weekly_savings": "1"});
    let (world, served) = organisation(policy).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = failed(&world, &served, None).await;
    admin.post(&path(&workflow, "/retry"), &json!({})).await.expect(200);
    let mut owner = world.database.connect_as_owner().await;
    for (sql, reason) in [
        ("UPDATE workflows SET status = 'approved'", "not approved while a review of it is not"),
        ("UPDATE workflows SET status = 'approved', basis = 'policy'", "not approved while a review of it is not"),
        ("UPDATE workflows SET status = 'approved', basis = 'mandate'", "not approved while a review of it is not"),
        ("UPDATE workflows SET status = 'approved', basis = 'break_glass'", "not approved while a review of it is not"),
        ("UPDATE workflows SET round = 1", "a round never goes back"),
        ("UPDATE votes SET round = 2", "a vote is never moved to another review"),
    ] {
        let error = diesel_async::RunQueryDsl::execute(diesel::sql_query(sql), &mut owner).await;
        let error = error.map(|_| ()).expect_err(sql).to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
    propose(&served.client().with(&world.agent_key), "Another").await;
}
