//! What is old is deleted, and nothing that proves anything.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use common::ids::WorkflowId;
use database::cleanup::{Batch, Rows, count, delete, deleted};
use database::execution::{Entry, Run, StepResult};
use database::governance::evidence::gather;
use database::{Connection, Error};
use governance::digest::Digest;
use governance::steps::What;
use serde_json::{Value, json};
use testing::World;
use testing::runs::{begin_step, claim, complete, fail, finish_step};

/// Has a workflow claimed.
async fn claimed(world: &World, workflow: WorkflowId) -> (Run, Connection) {
    let mut worker = world.database.connect("workflow_worker").await;
    match claim(&mut worker, workflow, "worker", Duration::from_secs(30)).await.expect("claims") {
        Entry::Claimed(claim) => (claim.run, worker),
        other => panic!("{other:?}"),
    }
}

/// Runs a workflow so many days ago.
async fn ran(world: &World, days: i64, outcome: Result<Value, String>) -> WorkflowId {
    let workflow = world.propose("web.render", json!({})).await;
    world.approve(workflow).await;
    let (run, mut worker) = claimed(world, workflow).await;
    begin_step(&mut worker, &run, 0).await.expect("begins");
    let failed = outcome.clone().err();
    let result = StepResult { request: Digest::of(b"x"), response: Some(Digest::of(b"y")), outcome: outcome.clone() };
    finish_step(&mut worker, &run, 0, &result).await.expect("ends");
    match failed {
        Some(error) => fail(&mut worker, &run, &error).await.expect("fails"),
        None => complete(&mut worker, &run, outcome.ok().as_ref()).await.expect("completes"),
    }
    let past =
        format!("UPDATE workflows SET finished_at = finished_at - interval '{days} days' WHERE id = '{workflow}'");
    world.database.execute(&past).await;
    workflow
}

#[tokio::test]
async fn outputs_of_completed_workflows_go_and_their_evidence_stays() {
    let world = World::new().await;
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(ran(&world, 31, Ok(json!({"text": "old"}))).await);
    }
    let young = ran(&world, 29, Ok(json!({"text": "young"}))).await;
    let failed = ran(&world, 31, Err("refused".to_owned())).await;
    let before = gather(&mut world.connect().await, old[0]).await.expect("gathers");

    let (since, rows) = (Utc::now() - TimeDelta::days(30), |steps: i64, runs: i64| {
        Rows::from([("workflow_steps.output".to_owned(), steps), ("workflows.output".to_owned(), runs)])
    });
    let cleaning = world.propose("web.render", json!({})).await;
    world.approve(cleaning).await;
    let (run, mut worker) = claimed(&world, cleaning).await;
    assert_eq!(count(&mut worker, What::Outputs, since).await.expect("counts"), rows(3, 3));
    // Two, then one.
    let Batch::More(place) = delete(&mut worker, &run, What::Outputs, since, None, 2).await.expect("deletes") else {
        panic!("there is one more")
    };
    assert_eq!(count(&mut worker, What::Outputs, since).await.expect("counts"), rows(1, 1));
    let last = delete(&mut worker, &run, What::Outputs, since, place, 2).await.expect("deletes");
    assert!(matches!(last, Batch::Last), "{last:?}");
    assert_eq!(count(&mut worker, What::Outputs, since).await.expect("counts"), rows(0, 0));
    // Another attempt finds nothing, and knows what the first has done.
    delete(&mut worker, &run, What::Outputs, since, None, 10).await.expect("deletes");
    assert_eq!(deleted(&mut worker, &run).await.expect("counts"), rows(3, 3));

    let found = world.find(old[0]).await;
    assert_eq!((found.output, &found.steps[0].output), (None, &None));
    assert_eq!(world.find(young).await.output, Some(json!({"text": "young"})));
    assert_eq!(world.find(failed).await.error.as_deref(), Some("refused"));
    let mut after = gather(&mut world.connect().await, old[0]).await.expect("gathers");
    after.generated_at = before.generated_at;
    assert_eq!(json!(after), json!(before), "evidence is the same");

    // Who has lost the workflow deletes nothing.
    let stale = Run { fence: run.fence - 1, ..run };
    let refused = delete(&mut worker, &stale, What::Outputs, Utc::now(), None, 10).await;
    assert!(matches!(refused, Err(Error::LeaseLost)), "{refused:?}");
    assert_eq!(world.find(young).await.output, Some(json!({"text": "young"})));
}

#[tokio::test]
async fn keys_and_deliveries_go_when_they_are_old_and_done() {
    let world = World::new().await;
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let admin = world.admin.id;
    for sql in [
        format!(
            "INSERT INTO idempotency_keys (caller, key, request, status, body, created_at)
             SELECT '{admin}', 'key-' || n, decode(repeat('00', 32), 'hex'), 200, '{{}}', now() - n * interval '1 day'
             FROM generate_series(1, 20) n"
        ),
        format!(
            "INSERT INTO webhooks (id, url, description, events, secret, created_by)
             VALUES (gen_random_uuid(), 'https://example.com', '', '{{workflow.completed}}', 'x', '{admin}')"
        ),
        "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event_type, payload, status, created_at, finished_at)
         SELECT gen_random_uuid(), w.id, gen_random_uuid(), 'workflow.completed', '{}',
            CASE WHEN n % 2 = 0 THEN 'pending' ELSE 'delivered' END, now() - n * interval '1 day',
            CASE WHEN n % 2 = 0 THEN NULL ELSE now() END
         FROM webhooks w, generate_series(1, 20) n".to_owned(),
    ] {
        world.database.execute(&sql).await;
    }
    let cleaning = world.propose("web.render", json!({})).await;
    world.approve(cleaning).await;
    let (run, mut worker) = claimed(&world, cleaning).await;
    let since = Utc::now() - TimeDelta::hours(10 * 24 + 1);
    for (what, table, number) in
        [(What::IdempotencyKeys, "idempotency_keys", 10), (What::WebhookDeliveries, "webhook_deliveries", 5)]
    {
        let of = |number: i64| Rows::from([(table.to_owned(), number)]);
        assert_eq!(count(&mut worker, what, since).await.expect("counts"), of(number));
        let mut batches = 1;
        while let Batch::More(_) = delete(&mut worker, &run, what, since, None, 4).await.expect("deletes") {
            batches += 1;
        }
        assert_eq!(batches, number / 4 + 1);
        assert_eq!(count(&mut worker, what, since).await.expect("counts"), of(0));
        assert_eq!(deleted(&mut worker, &run).await.expect("counts")[table], number);
        assert!(count(&mut worker, what, Utc::now()).await.expect("counts")[table] > 0, "the young stay");
    }
}
