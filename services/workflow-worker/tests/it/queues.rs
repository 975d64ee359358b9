//! Priorities, pauses, limits, times to wait, cancellation.

use std::time::Duration;

use common::http::RequestContext;
use common::ids::WorkflowId;
use common::priority::Priority;
use database::execution::queues::{self, Limits};
use database::governance::propose::Proposer;
use database::governance::withdraw::cancel;
use governance::workflow::WorkflowStatus;
use serde_json::json;
use testing::{Receiver, TestRedis, World};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use workflow_worker::relay::relay;

use crate::worker::Worker;

async fn world(types: &[&str]) -> World {
    let world = World::new().await;
    let call = json!([{"name": "call", "kind": "http_request", "with": {"url": "{{ inputs.url }}/{{ inputs.path }}"}}]);
    for id in types {
        world.add_type(id, call.clone()).await;
    }
    world
}

async fn limit(world: &World, workflow_type: &str, priority: Priority, max_running: Option<i32>) {
    let (claims, context) = (&world.admin.claims, RequestContext::default());
    let limits = Limits { priority, max_running };
    let id = workflow_type.parse().expect("an id");
    queues::set_limits(&mut world.connect().await, claims, &context, &id, &limits).await.expect("sets");
}

async fn approved(world: &World, workflow_type: &str, receiver: &Receiver, path: &str) -> WorkflowId {
    let workflow = world.propose(workflow_type, json!({"url": receiver.url(), "path": path})).await;
    world.approve(workflow).await;
    workflow
}

async fn pause(world: &World, priority: Priority) {
    let reason = "Something is wrong.".to_owned().try_into().expect("a reason");
    let context = RequestContext::default();
    queues::pause(&mut world.connect().await, &world.admin.claims, &context, priority, &reason).await.expect("pauses");
}

async fn resume(world: &World, priority: Priority) {
    let context = RequestContext::default();
    queues::resume(&mut world.connect().await, &world.admin.claims, &context, priority).await.expect("resumes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_goes_before_what_is_not() {
    let (world, redis, receiver) =
        (world(&["a.low", "b.normal", "c.high"]).await, TestRedis::private(), Receiver::start());
    limit(&world, "a.low", Priority::Low, None).await;
    limit(&world, "c.high", Priority::High, None).await;
    let mut workflows = Vec::new();
    for workflow_type in ["a.low", "b.normal", "c.high", "a.low", "b.normal", "c.high"] {
        workflows.push(approved(&world, workflow_type, &receiver, workflow_type).await);
    }
    let pool = world.database.pool("workflow_worker");
    assert_eq!(relay(&pool, &redis.queue(), &[]).await.expect("relays"), 6);
    // One at a time, in the order in which they are taken.
    let _worker = Worker::start_with(&world, &redis, &[("WORKER_CONCURRENCY", "1")]).await;
    for workflow in workflows {
        world.wait_for(workflow, WorkflowStatus::Completed).await;
    }
    let paths: Vec<_> = receiver.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/c.high", "/c.high", "/b.normal", "/b.normal", "/a.low", "/a.low"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_paused_queue_is_started_until_it_is_resumed() {
    let (world, redis, receiver) = (world(&["a.normal", "b.high"]).await, TestRedis::private(), Receiver::start());
    limit(&world, "b.high", Priority::High, None).await;
    let _worker = Worker::start(&world, &redis).await;
    pause(&world, Priority::Normal).await;
    let held = approved(&world, "a.normal", &receiver, "held").await;
    let free = approved(&world, "b.high", &receiver, "free").await;
    world.wait_for(free, WorkflowStatus::Completed).await;
    // Whether the worker has read of the pause already or asks for the claim: it is not started.
    assert_eq!(world.find(held).await.summary.status, WorkflowStatus::Queued);
    let paths: Vec<_> = receiver.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/free"]);
    resume(&world, Priority::Normal).await;
    world.wait_for(held, WorkflowStatus::Completed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_of_a_type_run_at_a_time_than_may() {
    let (world, redis, receiver) = (world(&["a.limited"]).await, TestRedis::private(), Receiver::start());
    limit(&world, "a.limited", Priority::Normal, Some(2)).await;
    // All wait before anybody works, so that each place is filled as soon as it is free; the first two calls last
    // long enough to meet on the slowest machine.
    let mut workflows = Vec::new();
    for call in 0..12 {
        receiver.answer_next(200, Duration::from_millis(if call < 2 { 2_000 } else { 50 }));
        workflows.push(approved(&world, "a.limited", &receiver, "slow").await);
    }
    let workers = [Worker::start(&world, &redis).await, Worker::start(&world, &redis).await];
    for workflow in workflows {
        world.wait_for(workflow, WorkflowStatus::Completed).await;
    }
    assert_eq!(receiver.calls().len(), 12);
    assert_eq!(receiver.most_at_once(), 2);
    drop(workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_is_aborted_in_the_middle_of_its_call() {
    let (world, redis) = (world(&["a.slow"]).await, TestRedis::shared());
    let _worker = Worker::start(&world, &redis).await;
    // Somebody who takes the call and never answers.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let workflow = world.propose("a.slow", json!({"url": url, "path": "slow"})).await;
    world.approve(workflow).await;
    let (mut call, _) = listener.accept().await.expect("is called");
    let (proposer, context) = (Proposer::User(&world.admin.claims), RequestContext::default());
    cancel(&mut world.connect().await, proposer, &context, workflow, None).await.expect("cancels");
    let mut request = Vec::new();
    let hangs_up = call.read_to_end(&mut request);
    tokio::time::timeout(Duration::from_secs(20), hangs_up)
        .await
        .expect("hangs up long before its timeout")
        .expect("reads");
    let found = world.wait_for(workflow, WorkflowStatus::Cancelled).await;
    assert!(found.steps[0].output.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_can_not_read_the_streams_says_so_and_carries_on_by_itself() {
    let (world, mut redis, receiver) = (world(&["a.normal"]).await, TestRedis::private(), Receiver::start());
    let worker = Worker::start(&world, &redis).await;
    redis.stop();
    worker.becomes(503).await;
    let workflow = approved(&world, "a.normal", &receiver, "later").await;
    // With none of its data, as after a fail-over to an empty one.
    redis.start();
    worker.becomes(200).await;
    world.wait_for(workflow, WorkflowStatus::Completed).await;
    worker.shows("workflow_orphans 0").await;
    worker.shows("workflow_unapproved_runs_total 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_stalls_and_a_group_that_is_gone_are_survived() {
    let (world, mut redis, receiver) = (world(&["a.normal"]).await, TestRedis::private(), Receiver::start());
    let worker = Worker::start(&world, &redis).await;
    redis.pause();
    worker.becomes(503).await;
    redis.go_on();
    worker.becomes(200).await;
    for stream in ["{codex:queue}:high", "{codex:queue}:normal", "{codex:queue}:low"] {
        assert_eq!(redis.command(&["XGROUP", "DESTROY", stream, "workers"]), "1");
    }
    let workflow = approved(&world, "a.normal", &receiver, "later").await;
    world.wait_for(workflow, WorkflowStatus::Completed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_queue_has_no_room_for_stays_in_the_database_and_keeps_nothing_urgent_waiting() {
    let (world, redis, receiver) = (world(&["a.high"]).await, TestRedis::private(), Receiver::start());
    limit(&world, "a.high", Priority::High, None).await;
    pause(&world, Priority::Normal).await;
    let flood = "INSERT INTO outbox (stream, payload) SELECT 'workflows', '{}' FROM generate_series(1, 2000)";
    assert_eq!(world.database.execute(flood).await, 2000);
    let urgent = approved(&world, "a.high", &receiver, "urgent").await;
    let _worker = Worker::start_with(&world, &redis, &[("QUEUE_LIMIT", "600")]).await;
    world.wait_for(urgent, WorkflowStatus::Completed).await;
    // It is filled by batches of 500.
    assert_eq!(redis.command(&["XLEN", "{codex:queue}:normal"]), "1000");
    // Once there is room, the rest follows: it is garbage, and set aside.
    resume(&world, Priority::Normal).await;
    while redis.queue().dead().await.expect("counts") < 2000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
