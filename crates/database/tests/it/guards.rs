//! What the database itself refuses, whatever the code above it does.

use common::ids::WorkflowId;
use database::Connection;
use diesel_async::RunQueryDsl;
use serde_json::json;
use testing::World;

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
