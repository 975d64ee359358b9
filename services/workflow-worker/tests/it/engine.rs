use std::collections::BTreeMap;
use std::time::Duration;

use common::priority::Priority;
use database::Error;
use database::execution::{Change, Claim, Entry, Run, StepResult, Then, write};
use database::governance::workflows::Detail;
use database::outbox::Dispatch;
use diesel_async::RunQueryDsl;
use governance::definition::Step;
use governance::digest::Digest;
use governance::dry_run::dry_run;
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::json;
use testing::runs::{begin_step, claim, complete, finish_step};
use testing::{Receiver, TestRedis, World};

use crate::worker::Worker;

const CALL: &str =
    r#"[{"name": "call", "kind": "http_request", "with": {"url": "{{ inputs.url }}/called"}, "max_attempts": 3}]"#;

async fn world() -> World {
    let world = World::new().await;
    world.add_type("web.call", serde_json::from_str(CALL).expect("json")).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_tried_again_under_the_same_key() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let worker = Worker::start(&world, &redis).await;
    receiver.answer_next(503, Duration::ZERO);
    let workflow = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(workflow).await;
    let found = world.wait_for(workflow, WorkflowStatus::Completed).await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].headers["idempotency-key"], format!("{workflow}/call"));
    assert_eq!(calls[0].headers["idempotency-key"], calls[1].headers["idempotency-key"]);
    assert_eq!(
        found.output,
        Some(json!({"status": 200, "content_type": "application/json", "body": {"received": true}}))
    );
    worker.shows("workflow_completed_total{workflow_type=\"web.call\"} 1").await;
    worker.shows("rq_queue_length{queue=\"normal\"} 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_makes_the_calls_that_a_dry_run_showed() {
    let steps = json!([
        {"name": "page", "kind": "render_template", "with": {"template": "<p>{{ inputs.title }}</p>"}},
        {"name": "first", "kind": "http_request", "with": {
            "method": "put", "url": "{{ inputs.url }}/{{ inputs.title | urlencode }}", "headers": {"x-title": "{{ inputs.title }}"},
            "body": {"html": "{{ steps.page.output.text }}", "tags": "{{ inputs.tags }}", "text": "{{ inputs.tags | join('+') }}"}}},
        {"name": "second", "kind": "http_request", "with": {
            "method": "POST", "url": "{{ inputs.url }}/second", "body": ["{{ steps.first.output.body.received }}"]}},
    ]);
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    world.add_type("web.two_calls", steps.clone()).await;
    let _worker = Worker::start(&world, &redis).await;
    let inputs = json!({"url": receiver.url(), "title": "A & B", "tags": ["x", 2]});
    let steps: Vec<Step> = serde_json::from_value(steps).expect("steps");
    // What the receiver answers, as the example.
    let examples = BTreeMap::from([("first".to_owned(), json!({"status": 200, "body": {"received": true}}))]);
    let shown = dry_run(&steps, &inputs, &examples).expect("runs");
    assert_eq!(receiver.calls().len(), 0, "a dry run called");

    let workflow = world.propose("web.two_calls", inputs).await;
    world.approve(workflow).await;
    world.wait_for(workflow, WorkflowStatus::Completed).await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 2);
    for (call, shown) in calls.iter().zip(&shown[1..]) {
        assert_eq!(
            (&json!(call.method), &call.body),
            (&json!(shown.with["method"].as_str().map(str::to_uppercase)), &shown.with["body"])
        );
        assert_eq!(shown.with["url"], format!("{}{}", receiver.url(), call.path));
        let key = shown.idempotency_key.as_ref().expect("a key").replace("<workflow id>", &workflow.to_string());
        assert_eq!(call.headers["idempotency-key"], key);
    }
    assert_eq!(json!(calls[0].headers["x-title"]), shown[1].with["headers"]["x-title"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_final_and_so_is_the_last_attempt() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let worker = Worker::start(&world, &redis).await;
    receiver.answer_next(404, Duration::ZERO);
    let refused = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(refused).await;
    let found = world.wait_for(refused, WorkflowStatus::Failed).await;
    assert_eq!(found.error.as_deref(), Some("call failed: the answer was 404 Not Found"));
    assert_eq!(receiver.calls().len(), 1);

    for _ in 0..3 {
        receiver.answer_next(500, Duration::ZERO);
    }
    let failing = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(failing).await;
    world.wait_for(failing, WorkflowStatus::Failed).await;
    assert_eq!(receiver.calls().len(), 4);
    worker.shows("workflow_failed_total{workflow_type=\"web.call\"} 2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_on_the_stream_is_set_aside_with_its_reason() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let unapproved = world.propose("web.call", json!({"url": receiver.url()})).await;
    let unknown = common::ids::WorkflowId::new();
    let entry = |id| serde_json::to_string(&Dispatch { workflow_id: id, request_id: None, traceparent: None });
    let entries =
        ["garbage".to_owned(), "x".repeat(100_000), entry(unknown).expect("json"), entry(unapproved).expect("json")];
    redis.queue().publish(entries.map(|entry| (Priority::Normal, entry))).await.expect("publishes");
    redis.command(&["XADD", "{codex:queue}:normal", "*", "no-payload", "at-all"]);
    let _worker = Worker::start(&world, &redis).await;

    let approved = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(approved).await;
    world.wait_for(approved, WorkflowStatus::Completed).await;
    assert_eq!(receiver.calls().len(), 1, "only what was approved has run");
    assert_eq!(world.find(unapproved).await.summary.status, WorkflowStatus::PendingReview);
    let dead = redis.command(&["XRANGE", "{codex:queue}:dead", "-", "+"]);
    assert_eq!(redis.queue().dead().await.expect("counts"), 5);
    assert_eq!(dead.matches("the entry does not say which workflow it is for").count(), 3);
    assert_eq!(dead.matches("there is no such workflow").count(), 1);
    assert_eq!(dead.matches("the workflow is pending_review, not queued").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_after_its_approval_does_not_run() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let workflow = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(workflow).await;
    let mut owner = world.database.connect_as_owner().await;
    for sql in [
        "ALTER TABLE workflows DISABLE TRIGGER workflows_guard",
        "UPDATE workflows SET inputs = inputs || '{\"more\": 1}'",
    ] {
        diesel::sql_query(sql).execute(&mut owner).await.expect(sql);
    }
    let _worker = Worker::start(&world, &redis).await;
    let found = world.wait_for(workflow, WorkflowStatus::Failed).await;
    assert_eq!(found.error.as_deref(), Some("what is stored is not what was approved"));
    assert_eq!(receiver.calls().len(), 0);
}

async fn claimed(world: &World, workflow: common::ids::WorkflowId, holder: &str) -> Entry {
    let mut worker = world.database.connect("workflow_worker").await;
    claim(&mut worker, workflow, holder, Duration::from_secs(30)).await.expect("asks")
}

fn ours(entry: Entry) -> Claim {
    match entry {
        Entry::Claimed(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_can_write_nothing() {
    let world = world().await;
    let workflow = world.propose("web.call", json!({"url": "http://127.0.0.1:9"})).await;
    assert!(matches!(claimed(&world, workflow, "early").await, Entry::Refused(_)), "it is not approved");
    world.approve(workflow).await;
    let first = ours(claimed(&world, workflow, "first").await);
    assert!(matches!(claimed(&world, workflow, "second").await, Entry::HeldElsewhere));
    let mut worker = world.database.connect("workflow_worker").await;
    assert_eq!(begin_step(&mut worker, &first.run, 0).await.expect("begins"), 1);

    let mut owner = world.database.connect_as_owner().await;
    let past = "UPDATE workflows SET lease_expires_at = now() - interval '1 second'";
    diesel::sql_query(past).execute(&mut owner).await.expect("ends the lease");
    let second = ours(claimed(&world, workflow, "second").await);
    assert_eq!(second.run.fence, first.run.fence + 1);

    let result = StepResult { request: Digest::of(b""), response: None, outcome: Ok(json!({"from": "the dead"})) };
    let stale = finish_step(&mut worker, &first.run, 0, &result).await;
    assert!(matches!(stale, Err(Error::LeaseLost)), "{stale:?}");
    assert!(matches!(begin_step(&mut worker, &first.run, 0).await, Err(Error::LeaseLost)));
    assert!(matches!(complete(&mut worker, &first.run, None).await, Err(Error::LeaseLost)));
    assert_eq!(world.find(workflow).await.steps[0].output, None);

    // Nor in one batch with the run that has it now, as when a worker claims again what it has lost itself.
    let change =
        |run: &Run, output| Change { run: run.clone(), steps: Vec::new(), then: Then::Completes(Some(output)) };
    let both = [change(&first.run, json!("the dead")), change(&second.run, json!("the holder"))];
    assert_eq!(write(&mut worker, &both).await.expect("writes"), [false, true]);
    let found = world.find(workflow).await;
    assert_eq!(found.output, Some(json!("the holder")));
    assert_eq!(found.timeline.iter().filter(|event| event.event == "completed").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_asks_goes_on_when_its_councils_approved_and_not_before() {
    let steps = json!([
        {"name": "first", "kind": "http_request", "with": {"url": "{{ inputs.url }}/first"}},
        {"name": "look", "kind": "approval", "with": {"question": "It answered {{ steps.first.output.status }}. Go on?"}},
        {"name": "second", "kind": "http_request", "with": {
            "method": "POST", "url": "{{ inputs.url }}/second", "body": "{{ steps.look.output }}"}},
    ]);
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    world.add_type("web.asking", steps).await;
    let worker = Worker::start(&world, &redis).await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        let workflow = world.propose("web.asking", json!({"url": receiver.url()})).await;
        world.approve(workflow).await;
        asked.push(workflow);
    }
    for workflow in &asked {
        let found = wait_for_question(&world, *workflow).await;
        let review = found.summary.reviews.last().expect("a review");
        assert_eq!(review.question.as_deref(), Some("It answered 200. Go on?"));
    }
    assert_eq!(receiver.calls().len(), 2, "each has made its first call");
    // Whichever worker asked is not needed to go on.
    worker.kill();
    let _other = Worker::start(&world, &redis).await;
    for operator in &world.operators[..2] {
        world.vote(operator, asked[0], Vote::Approve).await.expect("votes");
        world.vote(operator, asked[1], Vote::Reject).await.expect("votes");
    }
    world.wait_for(asked[0], WorkflowStatus::Completed).await;
    world.wait_for(asked[1], WorkflowStatus::Rejected).await;
    for workflow in asked {
        world.prove(workflow).await;
    }
    let calls = receiver.calls();
    assert_eq!(calls.len(), 3, "what was rejected calls no more, and what is done is not done again");
    assert_eq!(calls[2].body, json!({"approved": true, "round": 2, "councils": ["web-team"]}));
}

async fn wait_for_question(world: &World, workflow: common::ids::WorkflowId) -> Detail {
    for _ in 0..3000 {
        let found = world.find(workflow).await;
        if found.summary.reviews.len() == 2 {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody was asked in 30 s: {:#?}", world.find(workflow).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_refused_unless_it_is_allowed() {
    let (world, redis) = (world().await, TestRedis::shared());
    let _worker = Worker::start(&world, &redis).await;
    let workflow = world.propose("web.call", json!({"url": "http://169.254.169.254"})).await;
    world.approve(workflow).await;
    let found = world.wait_for(workflow, WorkflowStatus::Failed).await;
    assert!(found.error.as_deref().is_some_and(|error| error.contains("private address")), "{:?}", found.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_that_its_council_approved_is_granted_and_used() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let _worker = Worker::start(&world, &redis).await;
    let terms = json!({
        "workflow_type": "web.call", "condition": format!("inputs.url == '{}'", receiver.url()), "max_uses": 1,
        "per": "ever", "valid_until": (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc3339(),
    });
    let mandate = world.propose("governance.mandate", terms).await;
    world.approve(mandate).await;
    let granted = world.wait_for(mandate, WorkflowStatus::Completed).await;
    assert_eq!(granted.output.expect("an output")["mandate_id"], json!(mandate));
    let covered = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.wait_for(covered, WorkflowStatus::Completed).await;
    assert_eq!(receiver.calls().len(), 1);
    let second = world.propose("web.call", json!({"url": receiver.url()})).await;
    assert_eq!(world.find(second).await.summary.status, WorkflowStatus::PendingReview);
}
