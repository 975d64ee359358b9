//! From a proposal to its decision, over HTTP.

use governance::digest::Digest;
use serde_json::{Value, json};
use testing::Client;

use crate::{ballot, organisation, page_type, propose};

async fn acts(client: &Client, workflow: &Value) -> Vec<String> {
    let path = format!("/api/workflows/{}/evidence", workflow["id"].as_str().expect("an id"));
    let evidence = client.get(&path).await.expect(200);
    let links = evidence["audit"].as_array().expect("links");
    links.iter().map(|link| link["record"]["action"].as_str().expect("an action").to_owned()).collect()
}

#[tokio::test]
async fn two_of_three_operators_approve_what_an_agent_proposes() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let (agent, admin) = (served.client().with(&world.agent_key), served.client().with(&world.admin.token));
    let [chair, first, second] = &*world.operators else { panic!("three operators") };
    let [chair, first, second] = [chair, first, second].map(|one| served.client().with(&one.token));

    let workflow = propose(&agent, "Hello").await;
    assert_eq!(workflow["status"], "pending_review");
    assert_eq!(workflow["proposed_by"]["name"], "Publisher");
    let vote = "/api/councils/web-team/vote";
    // The agent has no vote, and its owner, an admin, doesn't approve what they answer for.
    assert_eq!(agent.post(vote, &ballot(&workflow, "approve")).await.problem(401), "unauthorized");
    let mut own = ballot(&workflow, "approve");
    own["comment"] = json!("I wrote it.");
    assert_eq!(admin.post(vote, &own).await.status, 403);
    assert_eq!(chair.post("/api/councils/governance/vote", &ballot(&workflow, "approve")).await.status, 404);

    let recorded = chair.post(vote, &ballot(&workflow, "reject")).await.expect(200);
    assert_eq!((&recorded["vote"], &recorded["outcome"]), (&json!("recorded"), &json!("open")));
    // Before the decision a vote can be changed; it still counts once.
    let recorded = chair.post(vote, &ballot(&workflow, "approve")).await.expect(200);
    assert_eq!(recorded["tally"]["approve"], 1);
    assert_eq!(recorded["tally"]["reject"], 0);
    let recorded = first.post(vote, &ballot(&workflow, "approve")).await.expect(200);
    assert_eq!((&recorded["outcome"], &recorded["status"]), (&json!("approved"), &json!("queued")));
    assert_eq!(second.post(vote, &ballot(&workflow, "reject")).await.status, 409);

    let path = format!("/api/workflows/{}/evidence", workflow["id"].as_str().expect("an id"));
    let evidence = agent.get(&path).await.expect(200);
    assert_eq!(json!(Digest::of_json(&evidence["proposal"]).to_string()), workflow["digest"]);
    assert_eq!(evidence["votes"].as_array().map(Vec::len), Some(2));
    assert_eq!(evidence["policies"][0]["policy"]["decision_rule"]["required"], 2);
    let expected =
        ["workflow.proposed", "vote.cast", "vote.cast", "vote.cast", "workflow.review_decided", "workflow.approved"];
    assert_eq!(acts(&agent, &workflow).await, expected);
    let metrics = served.client().get("/metrics").await.expect(200);
    let metrics = metrics.as_str().expect("text");
    assert!(metrics.contains("workflow_created_total{"), "{metrics}");
}

#[tokio::test]
async fn what_needs_no_review_is_approved_by_policy_and_says_so() {
    let policy = json!({
        "decision_rule": {"kind": "unanimous"},
        "review_actions": ["website.risky"],
        "review_threshold_weekly_savings": "1000",
    });
    let (world, served) = organisation(policy).await;
    let agent = served.client().with(&world.agent_key);
    let small = json!({"workflow_type": "website.page", "inputs": {"title": "Small"}, "weekly_savings": "999.99"});
    let workflow = agent.post("/api/workflows", &small).await.expect(201);
    assert_eq!(workflow["status"], "queued");
    assert_eq!(acts(&agent, &workflow).await, ["workflow.proposed", "workflow.approved"]);
    // At the threshold, or unsaid: reviewed.
    let mut large = small.clone();
    large["weekly_savings"] = json!("1000.00");
    let mut unsaid = small;
    unsaid.as_object_mut().expect("an object").remove("weekly_savings");
    for proposal in [large, unsaid] {
        let workflow = agent.post("/api/workflows", &proposal).await.expect(201);
        assert_eq!(workflow["status"], "pending_review", "{proposal}");
    }
}

#[tokio::test]
async fn what_the_policy_blocks_is_refused_on_the_record() {
    let policy = json!({"decision_rule": {"kind": "unanimous"}, "blocked_action_types": ["website.*"]});
    let (world, served) = organisation(policy).await;
    let agent = served.client().with(&world.agent_key);
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "No"}});
    let refused = agent.post("/api/workflows", &proposal).await;
    assert_eq!(refused.problem(403), "blocked_by_policy");
    let all = agent.get("/api/workflows").await.expect(200);
    let kept = &all["workflows"][0];
    assert_eq!((&kept["status"], &kept["basis"]), (&json!("blocked"), &json!("blocked")));
    assert_eq!(acts(&agent, kept).await, ["workflow.proposed", "workflow.blocked"]);
}

#[tokio::test]
async fn a_domain_that_nobody_answers_for_goes_to_the_default_council() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    admin.post("/api/workflow-types", &page_type("legal.page", "legal")).await.expect(201);
    let operator = served.client().with(&world.operators[0].token);
    let proposal = json!({"workflow_type": "legal.page", "inputs": {"title": "Terms"}});
    let workflow = operator.post("/api/workflows", &proposal).await.expect(201);
    assert_eq!(workflow["status"], "pending_review");
    assert_eq!(workflow["reviews"][0]["council_id"], "governance");
}

#[tokio::test]
async fn a_viewer_reads_but_neither_proposes_nor_votes() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let viewer = testing::person(&world.database, "viewer", common::roles::Role::Viewer).await;
    let viewer = served.client().with(&viewer.token);
    let workflow = propose(&served.client().with(&world.agent_key), "Hello").await;
    let before = world.database.fingerprint().await;
    for path in ["/api/councils", "/api/workflow-types", "/api/workflows"] {
        viewer.get(path).await.expect(200);
    }
    let proposal = json!({"workflow_type": "website.page", "inputs": {"title": "Hello"}});
    assert_eq!(viewer.post("/api/workflows", &proposal).await.problem(403), "forbidden");
    let vote = viewer.post("/api/councils/web-team/vote", &ballot(&workflow, "approve")).await;
    assert_eq!(vote.problem(403), "forbidden");
    let operator = served.client().with(&world.operators[0].token);
    assert_eq!(operator.post("/api/workflow-types", &page_type("x.page", "x")).await.problem(403), "forbidden");
    assert_eq!(operator.get("/api/admin/councils").await.problem(403), "forbidden");
    assert_eq!(world.database.fingerprint().await, before);
}
