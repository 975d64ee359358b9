//! How much ran, and how long it took.

use common::roles::Role;
use serde_json::json;
use testing::{TestRedis, World, person};

use crate::serve;

#[tokio::test]
async fn runs_are_counted_where_they_ended_with_how_long_they_waited_and_took() {
    let (world, redis) = (World::new().await, TestRedis::private());
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    for _ in 0..3 {
        world.propose("web.render", json!({})).await;
    }
    // Below the guards: no run takes exactly so long.
    for statement in [
        "ALTER TABLE workflows DISABLE TRIGGER USER",
        "UPDATE workflows SET status = 'completed', decided_at = now() - interval '4010 s',
            started_at = now() - interval '4000 s', finished_at = now() - interval '3 hours' + interval '1 s'",
        "UPDATE workflows SET status = 'completed', decided_at = now() - interval '10 s', started_at = now() - interval '8 s',
            finished_at = now() - interval '2 s' WHERE id = (SELECT min(id::text)::uuid FROM workflows)",
        "UPDATE workflows SET status = 'failed', decided_at = now() - interval '14 s', started_at = now() - interval '10 s',
            finished_at = now() - interval '2 s' WHERE id = (SELECT max(id::text)::uuid FROM workflows)",
    ] {
        world.database.execute(statement).await;
    }
    let served = serve(&world.database, &redis).await;
    let viewer = served.client().with(&person(&world.database, "viewer", Role::Viewer).await.token);
    let hour = viewer.get("/api/queues/throughput?window=hour").await.expect(200);
    let buckets = hour["buckets"].as_array().expect("buckets");
    assert_eq!((buckets.len(), &hour["bucket_seconds"]), (60, &json!(60)));
    // Both ended two seconds ago: in the running minute, or in the one before.
    let full: Vec<_> = buckets.iter().filter(|bucket| bucket["completed"] != 0 || bucket["failed"] != 0).collect();
    let (&[bucket], [.., last]) = (full.as_slice(), buckets.as_slice()) else { panic!("not one stretch: {full:?}") };
    assert_eq!(
        *bucket,
        json!({
            "at": bucket["at"], "completed": 1, "failed": 1,
            "wait_seconds": {"p50": 3.0, "p95": 3.9}, "run_seconds": {"p50": 7.0, "p95": 7.9},
        })
    );
    let quiet = json!({"at": buckets[0]["at"], "completed": 0, "failed": 0, "wait_seconds": null, "run_seconds": null});
    assert_eq!(buckets[0], quiet);
    assert!(last["at"].as_str() > buckets[0]["at"].as_str());
    let day = viewer.get("/api/queues/throughput?window=day").await.expect(200);
    let ended: i64 =
        day["buckets"].as_array().expect("buckets").iter().filter_map(|one| one["completed"].as_i64()).sum();
    assert_eq!((ended, day["buckets"].as_array().map(Vec::len)), (2, Some(96)));

    assert_eq!(viewer.get("/api/queues/throughput?window=year").await.problem(400), "invalid_query");
    assert_eq!(served.client().get("/api/queues/throughput?window=hour").await.status, 401);
}
