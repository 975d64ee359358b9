//! A step that asks councils while its workflow runs.

use std::time::Duration;

use database::execution::{Claim, Entry, StepResult};
use database::governance::ask::{answer, ask};
use governance::digest::Digest;
use governance::workflow::Vote;
use serde_json::{Value, json};
use testing::runs::{begin_step, claim, finish_step};
use testing::{Client, Served, World};

use crate::{ballot, serve};

const QUESTION: &str = "Publish \"Hello\"?";

/// A type that renders a page and asks before it goes on.
fn asking(id: &str, council: Option<&str>) -> Value {
    json!({
        "id": id, "domain": "web", "name": "A page that is looked at", "input_schema": {"type": "object"},
        "steps": [
            {"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}},
            {"name": "look", "kind": "approval",
             "with": {"council": council, "question": "Publish \"{{ inputs.title }}\"?"}},
            {"name": "note", "kind": "render_template", "with": {"template": "Approved in {{ steps.look.output.round }}"}},
        ],
    })
}

async fn organisation(policy: Value) -> (World, Served) {
    let world = World::with_policy(policy).await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    admin.post("/api/workflow-types", &asking("web.looked_at", None)).await.expect(201);
    (world, served)
}

async fn claimed(world: &World, workflow: &Value) -> Claim {
    let mut worker = world.database.connect("workflow_worker").await;
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    match claim(&mut worker, id, "a-worker", Duration::from_secs(30)).await.expect("claims") {
        Entry::Claimed(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

/// Proposed, approved, and run by a worker up to the question.
async fn asked(world: &World, served: &Served) -> Value {
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "web.looked_at", "inputs": {"title": "Hello"}});
    let workflow = agent.post("/api/workflows", &proposal).await.expect(201);
    world.approve(workflow["id"].as_str().expect("an id").parse().expect("an id")).await;
    world
        .database
        .execute("UPDATE workflows SET due_at = NULL, enqueued_at = now(), status = 'queued' WHERE status = 'approved'")
        .await;
    let (claim, mut worker) = (claimed(world, &workflow).await, world.database.connect("workflow_worker").await);
    begin_step(&mut worker, &claim.run, 0).await.expect("begins");
    let outcome = Ok(json!({"text": "<h1>Hello</h1>"}));
    let result = StepResult { request: Digest::of(b"x"), response: None, outcome };
    finish_step(&mut worker, &claim.run, 0, &result).await.expect("ends");
    begin_step(&mut worker, &claim.run, 1).await.expect("begins");
    ask(&mut worker, &claim.run, 1, None, QUESTION).await.expect("asks");
    workflow
}

fn path(workflow: &Value) -> String {
    format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"))
}

async fn vote(client: &Client, workflow: &Value, round: Option<i32>, vote: &str) -> testing::Answer {
    let mut body = ballot(workflow, vote);
    body["round"] = json!(round);
    client.post("/api/councils/web-team/vote", &body).await
}

#[tokio::test]
async fn councils_see_the_question_and_the_outputs_and_the_run_goes_on_once_they_approved() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let workflow = asked(&world, &served).await;
    let operator = served.client().with(&world.operators[0].token);
    let inbox = operator.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(inbox["workflows"][0]["id"], workflow["id"]);
    let seen = operator.get(&path(&workflow)).await.expect(200);
    assert_eq!(
        (&seen["status"], &seen["basis"], &seen["finished_at"]),
        (&json!("pending_review"), &json!("review"), &json!(null))
    );
    let rounds: Vec<_> = seen["reviews"]
        .as_array()
        .expect("reviews")
        .iter()
        .map(|r| [&r["round"], &r["step"], &r["question"], &r["outcome"]])
        .collect();
    assert_eq!(
        rounds,
        [
            [&json!(1), &json!(null), &json!(null), &json!("approved")],
            [&json!(2), &json!("look"), &json!(QUESTION), &json!("open")],
        ]
    );
    assert_eq!(seen["steps"][0]["output"], json!({"text": "<h1>Hello</h1>"}));
    assert_eq!((&seen["steps"][1]["status"], &seen["steps"][1]["asked_round"]), (&json!("running"), &json!(2)));
    let told = seen["timeline"].as_array().and_then(|events| events.last()).expect("an event").clone();
    assert_eq!((&told["event"], &told["detail"]["question"]), (&json!("asked"), &json!(QUESTION)));

    // Whoever looked at the first round has not seen what is asked now.
    assert_eq!(vote(&operator, &workflow, Some(1), "approve").await.problem(409), "already_decided");
    assert_eq!(vote(&operator, &workflow, Some(3), "approve").await.problem(404), "not_found");
    let first = vote(&operator, &workflow, Some(2), "approve").await.expect(200);
    assert_eq!((&first["status"], &first["tally"]["approve"]), (&json!("pending_review"), &json!(1)));
    let second = served.client().with(&world.operators[1].token);
    assert_eq!(vote(&second, &workflow, None, "approve").await.expect(200)["status"], "queued");

    let claim = claimed(&world, &workflow).await;
    let mut worker = world.database.connect("workflow_worker").await;
    let result = answer(&mut worker, &claim.run, 1).await.expect("is answered");
    assert_eq!(result.outcome.clone(), Ok(json!({"approved": true, "round": 2, "councils": ["web-team"]})));
    finish_step(&mut worker, &claim.run, 1, &result).await.expect("ends");
    assert_eq!(operator.get(&path(&workflow)).await.expect(200)["steps"][1]["status"], "completed");
}

#[tokio::test]
async fn what_councils_reject_or_let_pass_goes_no_further() {
    let (world, served) =
        organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}, "chair_veto": true})).await;
    let chair = served.client().with(&world.operators[0].token);
    let rejected = asked(&world, &served).await;
    assert_eq!(vote(&chair, &rejected, None, "reject").await.expect(200)["status"], "rejected");
    let expired = asked(&world, &served).await;
    world.database.execute("UPDATE workflow_reviews SET deadline = now() WHERE outcome = 'open'").await;
    let mut worker = world.database.connect("workflow_worker").await;
    let closed = database::governance::close_reviews::close_due_reviews(&mut worker, 10).await;
    assert_eq!(closed.expect("closes"), 1);
    let cancelled = asked(&world, &served).await;
    let agent = served.client().with(&world.agent_key);
    agent.post(&format!("{}/cancel", path(&cancelled)), &json!({})).await.expect(200);
    for (workflow, status) in [(rejected, "rejected"), (expired, "expired"), (cancelled, "cancelled")] {
        let ended = chair.get(&path(&workflow)).await.expect(200);
        let steps: Vec<_> =
            ended["steps"].as_array().expect("steps").iter().map(|step| [&step["status"], &step["error"]]).collect();
        let because = json!(format!("the workflow is {status}"));
        assert_eq!(ended["status"], status);
        assert_eq!(
            steps,
            [[&json!("completed"), &json!(null)], [&json!("failed"), &because], [&json!("pending"), &json!(null)]]
        );
    }
}

#[tokio::test]
async fn a_second_approval_cools_off_and_can_be_vetoed_as_the_first() {
    let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}, "cooling_off_seconds": 3600});
    let (world, served) = organisation(policy).await;
    let workflow = asked(&world, &served).await;
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    for operator in &world.operators[..2] {
        world.vote(operator, id, Vote::Approve).await.expect("votes");
    }
    let chair = served.client().with(&world.operators[0].token);
    assert_eq!(chair.get(&path(&workflow)).await.expect(200)["status"], "approved");
    // An entry of the first run that is still on the stream is nothing to worry about.
    let mut worker = world.database.connect("workflow_worker").await;
    let stale = claim(&mut worker, id, "a-worker", Duration::from_secs(30)).await.expect("asks");
    assert!(matches!(stale, Entry::NothingToDo), "{stale:?}");
    let vetoed = chair.post(&format!("{}/veto", path(&workflow)), &json!({"reason": "Not today."})).await.expect(200);
    assert_eq!((&vetoed["status"], &vetoed["steps"][2]["status"]), (&json!("cancelled"), &json!("pending")));
}

#[tokio::test]
async fn a_step_asks_only_a_council_that_is_there() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let refused = admin.post("/api/workflow-types", &asking("web.other", Some("no-such-council"))).await;
    assert_eq!(refused.problem(422), "invalid_body");
    assert_eq!(refused.body["errors"][0]["pointer"], "/steps/1/with/council");
    admin.post("/api/workflow-types", &asking("web.other", Some("governance"))).await.expect(201);
}
