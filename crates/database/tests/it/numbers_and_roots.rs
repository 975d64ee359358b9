//! What lets a row be proved by itself: its number, and the root that it is under.

use database::audit;
use serde_json::json;
use testing::{TestDatabase, checkpoint_key, seal};

/// One root is over so many links at most, two who sign at once sign for no link twice, and a checkpoint from before there were
/// roots stands in nobody's way.
#[tokio::test(flavor = "multi_thread")]
async fn every_link_is_under_one_root() {
    const ROWS: i64 = 17_000;
    let database = TestDatabase::new().await;
    let insert = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id)
        SELECT 'system', 'test.done', 'test', n::text FROM generate_series(1, 17000) n";
    database.execute(insert).await;
    seal(&database).await;
    let without_root = "INSERT INTO audit_checkpoints (position, hash, signed_at, key_id, signature)
        SELECT position, hash, now(), 'old', sha256('x') || sha256('y') FROM audit_seals WHERE position = 17000";
    database.execute(without_root).await;

    let sign_all = async || {
        let (mut connection, key) = (database.connect("auth_service").await, checkpoint_key());
        let mut signed = Vec::new();
        while let Some(checkpoint) = audit::sign_next(&mut connection, &key).await.expect("signs") {
            signed.push(checkpoint);
        }
        signed
    };
    let (one, other) = futures_util::future::join(sign_all(), sign_all()).await;
    let mut signed = [one, other].concat();
    signed.sort_by_key(|checkpoint| checkpoint.position);
    let segments: Vec<_> = signed.iter().map(|one| (one.first_position.expect("a root"), one.position)).collect();
    // The last link waits for the next one: its position has a checkpoint without a root.
    assert_eq!(segments, [(1, 16_384), (16_385, ROWS - 1)]);
    database.execute("INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id) VALUES ('system', 'test.done', 'test', 'x')").await;
    seal(&database).await;
    let signed = sign_all().await;
    assert_eq!((signed[0].first_position, signed[0].position), (Some(ROWS), ROWS + 1));
    assert!(signed[0].is_signed_by(&checkpoint_key().public()));
}

/// Rows about a workflow are numbered in the order of the acts, also those of one statement and those after old rows.
#[tokio::test]
async fn rows_about_a_workflow_are_numbered() {
    let database = TestDatabase::new().await;
    let insert = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id)
        SELECT 'system', 'workflow.acted', kind, 'x' FROM unnest(ARRAY['workflow', 'workflow', 'mandate', 'user']) kind";
    // As before there were numbers.
    database.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_number").await;
    database.execute(insert).await;
    database.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_number").await;
    database.execute(insert).await;
    let mut connection = database.connect("auth_service").await;
    let mut numbers = async |kind: &str| -> Vec<serde_json::Value> {
        let links = audit::links_of(&mut connection, kind, "x").await.expect("links");
        links.iter().map(|link| link.record["sequence"].clone()).collect()
    };
    assert_eq!(json!(numbers("workflow").await), json!([null, null, 3, 4]));
    assert_eq!(json!(numbers("mandate").await), json!([null, 2]));
    assert_eq!(json!(numbers("user").await), json!([null, null]));
}
