//! What the database itself refuses, whatever the code above it does.

use std::time::Duration;

use common::ids::WorkflowId;
use database::Connection;
use database::execution::Entry;
use database::governance::ask::ask;
use diesel_async::RunQueryDsl;
use serde_json::json;
use testing::World;
use testing::runs::{begin_step, claim};

/// Runs SQL as the owner, who is above every grant, and returns the error.
async fn refused(connection: &mut Connection, sql: &str) -> String {
    diesel::sql_query(sql).execute(connection).await.expect_err(sql).to_string()
}

async fn world_with_proposal() -> (World, WorkflowId) {
    let world = World::new().await;
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let workflow = world.propose("web.render", json!({})).await;
    (world, workflow)
}

#[tokio::test]
async fn the_record_is_append_only_even_for_its_owner() {
    let (world, _) = world_with_proposal().await;
    let mut owner = world.database.connect_as_owner().await;
    for sql in [
        "UPDATE audit_log SET action = 'user.changed', personal = NULL, salt = NULL WHERE personal IS NOT NULL",
        "UPDATE audit_log SET personal = '{}' WHERE personal IS NOT NULL",
        "UPDATE audit_log SET commitment = NULL, personal = NULL, salt = NULL WHERE personal IS NOT NULL",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log CASCADE",
        "UPDATE council_policies SET policy = '{}'",
        "DELETE FROM workflow_timeline",
        "UPDATE workflow_type_versions SET steps = '[1]'",
    ] {
        let reason = refused(&mut owner, sql).await;
        assert!(reason.contains("append-only") || reason.contains("only personal particulars"), "{sql}: {reason}");
    }
    // The services lack the right in the first place.
    for role in ["auth_service", "council_service", "workflow_worker"] {
        let mut service = world.database.connect(role).await;
        assert!(refused(&mut service, "DELETE FROM audit_log").await.contains("permission denied"), "{role}");
    }
}

#[tokio::test]
async fn an_unapproved_workflow_can_not_be_queued_or_run() {
    let (world, _) = world_with_proposal().await;
    let mut owner = world.database.connect_as_owner().await;
    let approved = refused(&mut owner, "UPDATE workflows SET status = 'approved'").await;
    assert!(approved.contains("not approved while a review of it is not"), "{approved}");
    for status in ["queued", "running"] {
        let error = refused(&mut owner, &format!("UPDATE workflows SET status = '{status}'")).await;
        assert!(error.contains("does not go from pending_review"), "{error}");
    }
    let born = refused(
        &mut owner,
        "INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_user_id, status)
         SELECT gen_random_uuid(), workflow_type, type_version, domain, inputs, digest, (SELECT id FROM users LIMIT 1), 'queued'
         FROM workflows",
    )
    .await;
    assert!(born.contains("does not begin as queued"), "{born}");
}

#[tokio::test]
async fn a_run_waits_for_councils_and_goes_on_only_as_a_step_asked() {
    let world = World::new().await;
    let steps = json!([
        {"name": "sign_off", "kind": "approval", "with": {"question": "Go on?"}},
        {"name": "page", "kind": "render_template", "with": {"template": "x"}},
    ]);
    world.add_type("web.asking", steps).await;
    let workflow = world.propose("web.asking", json!({})).await;
    world.approve(workflow).await;
    let mut worker = world.database.connect("workflow_worker").await;
    let claimed = claim(&mut worker, workflow, "a-worker", Duration::from_secs(30)).await.expect("claims");
    let Entry::Claimed(claim) = claimed else { panic!("{claimed:?}") };
    begin_step(&mut worker, &claim.run, 0).await.expect("begins");
    let mut owner = world.database.connect_as_owner().await;
    let waits = "status = 'pending_review', lease_holder = NULL, lease_expires_at = NULL";
    for more in ["", ", round = 2", ", round = 2, basis = 'policy'"] {
        let error = refused(&mut owner, &format!("UPDATE workflows SET {waits}{more}")).await;
        assert!(error.contains("only when one of its steps asked them"), "{error}");
    }
    let done = "UPDATE workflow_steps SET status = 'completed', finished_at = now() WHERE name = 'sign_off'";
    let not_before = "not done before its councils approved";
    assert!(refused(&mut owner, done).await.contains(not_before));

    ask(&mut worker, &claim.run, 0, None, "Go on?").await.expect("asks");
    assert!(refused(&mut owner, done).await.contains(not_before));
    assert!(refused(&mut owner, "UPDATE workflows SET status = 'approved'").await.contains("not approved while"));
    let other = refused(&mut owner, "UPDATE workflow_reviews SET question = 'Yes?' WHERE round = 2").await;
    assert!(other.contains("a question never changes"), "{other}");
    let round = refused(&mut owner, "UPDATE workflow_steps SET asked_round = 2 WHERE name = 'page'").await;
    assert!(round.contains("workflow_steps_asked_check"), "{round}");
}

#[tokio::test]
async fn a_proposal_a_fence_and_a_decision_never_go_back() {
    let (world, workflow) = world_with_proposal().await;
    let mut owner = world.database.connect_as_owner().await;
    for sql in [
        "UPDATE workflows SET inputs = '{\"changed\": true}'",
        "UPDATE workflows SET digest = sha256('x')",
        "UPDATE workflows SET type_version = 2",
    ] {
        assert!(refused(&mut owner, sql).await.contains("a proposal never changes"), "{sql}");
    }
    assert!(refused(&mut owner, "UPDATE workflows SET fence = -1").await.contains("a fence never goes back"));

    world.approve(workflow).await;
    for sql in [
        "UPDATE workflow_reviews SET outcome = 'rejected'",
        "UPDATE workflow_reviews SET outcome = 'open', decided_at = NULL",
    ] {
        assert!(refused(&mut owner, sql).await.contains("a decided review never changes"), "{sql}");
    }
    assert!(refused(&mut owner, "UPDATE votes SET vote = 'reject'").await.contains("the review is decided"));
    assert!(refused(&mut owner, "DELETE FROM votes").await.contains("a vote is never deleted"));
    assert!(refused(&mut owner, "INSERT INTO votes SELECT * FROM votes LIMIT 1").await.contains("decided"));
}
