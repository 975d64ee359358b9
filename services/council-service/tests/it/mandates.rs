//! What a council grants in advance.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use common::ids::WorkflowId;
use database::execution::{Claim, Entry};
use database::governance::mandates::grant;
use serde_json::{Value, json};
use testing::{Client, Served, World};

use crate::{ballot, organisation, propose};

pub fn terms(condition: &str, max_uses: u32, per: &str) -> Value {
    json!({
        "workflow_type": "website.page", "condition": condition, "max_uses": max_uses, "per": per,
        "valid_until": (Utc::now() + TimeDelta::days(5)).to_rfc3339(),
    })
}

fn id_of(workflow: &Value) -> WorkflowId {
    workflow["id"].as_str().expect("an id").parse().expect("an id")
}

/// Claims a workflow as a worker does.
async fn claim(world: &World, workflow: &Value) -> Entry {
    let mut worker = world.database.connect("workflow_worker").await;
    testing::runs::claim(&mut worker, id_of(workflow), "a-worker", Duration::from_secs(30)).await.expect("claims")
}

/// Runs a granting workflow to its end, with the worker's rights.
async fn run(world: &World, workflow: &Value) {
    let Entry::Claimed(claim) = claim(world, workflow).await else { panic!("not claimed") };
    let Claim { run, .. } = *claim;
    let mut worker = world.database.connect("workflow_worker").await;
    let granted = grant(&mut worker, &run).await.expect("grants");
    assert_eq!(grant(&mut worker, &run).await.expect("grants once"), granted);
    testing::runs::complete(&mut worker, &run, Some(&granted)).await.expect("completes");
}

/// The council grants a mandate of these terms.
pub async fn granted(world: &World, served: &Served, terms: Value) -> Value {
    let proposal = json!({"workflow_type": "governance.mandate", "inputs": terms, "reason": "They are all alike."});
    let mandate = served.client().with(&world.agent_key).post("/api/workflows", &proposal).await.expect(201);
    for operator in &world.operators[..2] {
        let operator = served.client().with(&operator.token);
        operator.post("/api/councils/web-team/vote", &ballot(&mandate, "approve")).await.expect(200);
    }
    run(world, &mandate).await;
    mandate
}

async fn left(client: &Client) -> Value {
    client.get("/api/councils/web-team/mandates").await.expect(200)["mandates"][0]["left"].clone()
}

#[tokio::test]
async fn what_a_mandate_covers_runs_at_once_until_it_is_used_up() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let proposal =
        json!({"workflow_type": "governance.mandate", "inputs": terms("inputs.title|length <= 5", 2, "week")});
    let foreseen = agent.post("/api/councils/web-team/check-action", &proposal).await.expect(200);
    assert_eq!(foreseen["overall"]["outcome"], "review", "the council of the type grants, by vote");
    let mandate = granted(&world, &served, terms("inputs.title|length <= 5", 2, "week")).await;
    assert_eq!(mandate["reviews"][0]["council_id"], "web-team");

    let short = propose(&agent, "Short").await;
    assert_eq!((&short["status"], &short["basis"]), (&json!("queued"), &json!("mandate")));
    assert_eq!(propose(&agent, "Too long").await["status"], "pending_review");
    let foreseen = json!({"workflow_type": "website.page", "inputs": {"title": "x"}});
    let foreseen = agent.post("/api/councils/web-team/check-action", &foreseen).await.expect(200);
    assert_eq!(
        (&foreseen["overall"]["outcome"], &foreseen["overall"]["mandate_id"]),
        (&json!("mandate"), &mandate["id"])
    );
    assert_eq!(left(&agent).await, 1);
    // What is cancelled before it began gives its use back.
    let second = propose(&agent, "2nd").await;
    assert_eq!(
        (left(&agent).await, propose(&agent, "3rd").await["status"].clone()),
        (json!(0), json!("pending_review"))
    );
    let cancel = format!("/api/workflows/{}/cancel", second["id"].as_str().expect("an id"));
    agent.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(left(&agent).await, 1);

    // Used up in the claim; a run that is taken over uses nothing more.
    assert!(matches!(claim(&world, &short).await, Entry::Claimed(_)));
    world
        .database
        .execute("UPDATE workflows SET lease_expires_at = now() - interval '1 second' WHERE status = 'running'")
        .await;
    assert!(matches!(claim(&world, &short).await, Entry::Claimed(_)));
    assert_eq!(world.database.execute("SELECT 1 FROM mandate_uses WHERE used_at IS NOT NULL").await, 1);
    let evidence = format!("/api/workflows/{}/evidence", short["id"].as_str().expect("an id"));
    let evidence = agent.get(&evidence).await.expect(200);
    let actions: Vec<_> =
        evidence["audit"].as_array().expect("links").iter().map(|link| &link["record"]["action"]).collect();
    assert!(actions.contains(&&json!("workflow.mandate_used")), "{actions:?}");
    // The window slides: a week later there is room again.
    propose(&agent, "4th").await;
    assert_eq!(left(&agent).await, 0);
    world.database.execute("UPDATE mandate_uses SET reserved_at = now() - interval '8 days'").await;
    assert_eq!(left(&agent).await, 2);
}

#[tokio::test]
async fn a_revoked_mandate_carries_nothing_that_has_not_begun() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let mandate = granted(&world, &served, terms("true", 5, "ever")).await;
    let queued = propose(&agent, "Hello").await;
    assert_eq!(queued["status"], "queued");

    let revoke = format!("/api/mandates/{}/revoke", mandate["id"].as_str().expect("an id"));
    let reason = json!({"reason": "Somebody abuses it."});
    let stranger = testing::person(&world.database, "stranger", common::roles::Role::CouncilOperator).await;
    assert_eq!(served.client().with(&stranger.token).post(&revoke, &reason).await.problem(403), "forbidden");
    let member = served.client().with(&world.operators[2].token);
    let revoked = member.post(&revoke, &reason).await.expect(200);
    assert_eq!(revoked["revoked_by"], json!(world.operators[2].id));
    assert_eq!(member.post(&revoke, &reason).await.problem(409), "already_revoked");

    assert!(matches!(claim(&world, &queued).await, Entry::NothingToDo));
    assert!(
        matches!(claim(&world, &queued).await, Entry::NothingToDo),
        "an entry that was sent twice is no dead letter"
    );
    let path = format!("/api/workflows/{}", queued["id"].as_str().expect("an id"));
    let back = agent.get(&path).await.expect(200);
    assert_eq!((&back["status"], &back["basis"]), (&json!("pending_review"), &json!("review")));
    assert_eq!(back["reviews"][0]["outcome"], "open");
    assert_eq!(propose(&agent, "Again").await["status"], "pending_review");
    for operator in &world.operators[..2] {
        let operator = served.client().with(&operator.token);
        operator.post("/api/councils/web-team/vote", &ballot(&back, "approve")).await.expect(200);
    }
    assert!(matches!(claim(&world, &back).await, Entry::Claimed(_)));
}

#[tokio::test]
async fn a_budget_is_not_overdrawn_however_many_ask_at_once() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    granted(&world, &served, terms("true", 5, "day")).await;
    let proposals = (0..20).map(|n| {
        let agent = agent.clone();
        async move { propose(&agent, &format!("Page {n}")).await["status"].as_str().expect("a status").to_owned() }
    });
    let made = futures_util::future::join_all(proposals).await;
    assert_eq!(made.iter().filter(|status| *status == "queued").count(), 5, "{made:?}");
    assert_eq!(made.iter().filter(|status| *status == "pending_review").count(), 15, "{made:?}");
}

#[tokio::test]
async fn terms_that_can_not_be_kept_are_refused_before_anybody_votes_on_them() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    for (change, pointer) in [
        (json!({"condition": "inputs.title <"}), "/inputs/condition"),
        (json!({"condition": "steps.page.output"}), "/inputs/condition"),
        (json!({"max_uses": 0}), "/inputs/max_uses"),
        (json!({"per": "minute"}), "/inputs/per"),
        (json!({"valid_until": "2020-01-01T00:00:00Z"}), "/inputs/valid_until"),
        (json!({"workflow_type": "no.such_type"}), "/inputs/workflow_type"),
        (json!({"workflow_type": "governance.mandate"}), "/inputs/workflow_type"),
    ] {
        let mut inputs = terms("true", 5, "week");
        inputs.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let proposal = json!({"workflow_type": "governance.mandate", "inputs": inputs});
        let refused = agent.post("/api/workflows", &proposal).await;
        refused.problem(422);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{change}");
    }
    // The database grants nothing that did not come this way.
    let forged = "INSERT INTO mandates (id, workflow_type, condition, max_uses, per, valid_until, councils)
        SELECT id, 'website.page', 'true', 1000, 'ever', now() + interval '1 year', '{web-team}' FROM workflows LIMIT 1";
    propose(&agent, "Mine").await;
    let mut owner = world.database.connect_as_owner().await;
    let error =
        diesel_async::RunQueryDsl::execute(diesel::sql_query(forged), &mut owner).await.expect_err("is refused");
    assert!(error.to_string().contains("granted by the run of an approved workflow"), "{error}");
}

#[tokio::test]
async fn a_council_that_became_responsible_later_has_granted_nothing() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let (agent, admin) = (served.client().with(&world.agent_key), served.client().with(&world.admin.token));
    granted(&world, &served, terms("true", 5, "week")).await;
    let council = json!({
        "id": "legal", "name": "Legal", "domains": ["web"],
        "policy": {"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50}},
    });
    admin.post("/api/admin/councils", &council).await.expect(201);
    let workflow = propose(&agent, "Hello").await;
    assert_eq!(workflow["status"], "pending_review");
    assert_eq!(workflow["reviews"].as_array().map(Vec::len), Some(2));
}
