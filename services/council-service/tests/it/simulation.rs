//! Trying a policy on a council's past.

use serde_json::{Value, json};

use crate::{ballot, organisation, page_type, propose};

const SIMULATE: &str = "/api/councils/web-team/policy/simulate";

/// The council's policy with some changes.
fn policy(changes: Value) -> Value {
    let mut policy = json!({
        "decision_rule": {"kind": "approvals", "required": 2},
        "review_actions": ["website.page"],
        "blocked_action_types": ["website.forbidden"],
    });
    policy.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    policy
}

#[tokio::test]
async fn a_draft_is_tried_on_what_was_reviewed_blocked_and_let_through() {
    let (world, served) = organisation(policy(json!({}))).await;
    let (agent, admin) = (served.client().with(&world.agent_key), served.client().with(&world.admin.token));
    for id in ["website.forbidden", "website.free"] {
        admin.post("/api/workflow-types", &page_type(id, "web")).await.expect(201);
    }
    let make = async |kind: &str| {
        agent.post("/api/workflows", &json!({"workflow_type": kind, "inputs": {"title": "x"}})).await
    };
    let free = make("website.free").await.expect(201);
    assert_eq!(make("website.forbidden").await.status, 403);
    let vote = async |operator: usize, workflow: &Value, vote: &str| {
        let client = served.client().with(&world.operators[operator].token);
        client.post("/api/councils/web-team/vote", &ballot(workflow, vote)).await.expect(200);
    };
    let approved = propose(&agent, "Approved").await;
    vote(1, &approved, "approve").await;
    vote(2, &approved, "approve").await;
    let rejected = propose(&agent, "Rejected").await;
    // A mind that was changed is part of the past.
    vote(0, &rejected, "reject").await;
    vote(0, &rejected, "approve").await;
    vote(1, &rejected, "reject").await;
    vote(2, &rejected, "reject").await;
    propose(&agent, "Open").await;
    // Of a domain that nobody answers for, this council hears nothing.
    admin.post("/api/workflow-types", &page_type("legal.page", "legal")).await.expect(201);
    make("legal.page").await.expect(201);

    let before = world.database.fingerprint().await;
    let simulate =
        async |changes: Value| admin.post(SIMULATE, &json!({"policy": policy(changes), "days": 7})).await.expect(200);
    // The policy in force differs in nothing from its own past.
    let same = simulate(json!({})).await;
    assert_eq!((&same["proposals"], &same["differing"], &same["differences"]), (&json!(5), &json!(0), &json!([])));
    assert_eq!((&same["is_complete"], &same["assumed_electorates"]), (&json!(true), &json!(0)));
    let count = |fate: &str| json!({"actual": fate, "simulated": fate, "count": 1});
    assert_eq!(same["counts"], json!(["blocked", "not_reviewed", "review", "approved", "rejected"].map(count)));

    // One approval is enough for this one, it blocks what ran, and it lets through what was blocked.
    let other = json!({
        "decision_rule": {"kind": "approvals", "required": 1},
        "blocked_action_types": ["website.free"],
    });
    let other = simulate(other).await;
    assert_eq!(other["differing"], 3);
    let differences = other["differences"].as_array().expect("differences");
    let told: Vec<_> = differences.iter().map(|one| (&one["actual"], &one["simulated"])).collect();
    let expected = [("rejected", "approved"), ("blocked", "not_reviewed"), ("not_reviewed", "blocked")];
    assert_eq!(json!(told), json!(expected), "newest first");
    assert_eq!(differences[0]["workflow_id"], rejected["id"]);
    assert_eq!(differences[0]["why"], "by vote: 1 for, 0 against, 0 abstained, of 3 seat(s)");
    assert_eq!(differences[2]["workflow_id"], free["id"]);
    assert_eq!(differences[2]["why"], "blocked_action_types has \"website.free\"");
    // Nothing was written.
    assert_eq!(world.database.fingerprint().await, before);

    // Who could vote was not always kept: then it is said that today's seats were taken.
    world.database.execute("ALTER TABLE workflow_reviews DISABLE TRIGGER USER").await;
    world.database.execute("UPDATE workflow_reviews SET electorate = NULL").await;
    let assumed = simulate(json!({"decision_rule": {"kind": "unanimous"}})).await;
    assert_eq!(assumed["assumed_electorates"], 2);
    let difference = &assumed["differences"][0];
    assert_eq!((&difference["workflow_id"], &difference["simulated"]), (&approved["id"], &json!("expired")));
    assert_eq!(difference["electorate_is_assumed"], true);

    // A draft that could not be saved is refused as it would be then.
    let four = json!({"policy": policy(json!({"decision_rule": {"kind": "approvals", "required": 4}}))});
    let refused = admin.post(SIMULATE, &four).await;
    assert_eq!(refused.problem(422), "invalid_body");
    assert_eq!(refused.body["errors"][0]["pointer"], "/policy/decision_rule/required");
    let operator = served.client().with(&world.operators[0].token);
    assert_eq!(operator.post(SIMULATE, &json!({"policy": policy(json!({}))})).await.problem(403), "forbidden");
}
