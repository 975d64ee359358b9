use governance::workflow::WorkflowStatus;
use serde_json::json;
use testing::{Receiver, TestRedis, World};
use workflow_worker::relay::relay;

use crate::worker::Worker;

const CALL: &str = r#"[{"name": "call", "kind": "http_request", "with": {"url": "{{ inputs.url }}/called"}}]"#;

async fn world() -> World {
    let world = World::new().await;
    world.add_type("web.call", serde_json::from_str(CALL).expect("json")).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn flushall_between_approval_and_execution_loses_nothing() {
    let (world, redis, receiver) = (world().await, TestRedis::private(), Receiver::start());
    let workflow = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(workflow).await;
    // Redis has it, and nobody has taken it.
    assert_eq!(relay(&world.database.pool("workflow_worker"), &redis.queue(), &[]).await.expect("relays"), 1);
    assert_eq!(redis.command(&["XLEN", "{codex:queue}:normal"]), "1");
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    assert_eq!(redis.command(&["DBSIZE"]), "0");

    let _worker = Worker::start(&world, &redis).await;
    world.wait_for(workflow, WorkflowStatus::Completed).await;
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_survives_flushall_and_carries_on() {
    let (world, redis, receiver) = (world().await, TestRedis::private(), Receiver::start());
    let _worker = Worker::start(&world, &redis).await;
    for round in 1..=3 {
        assert_eq!(redis.command(&["FLUSHALL"]), "OK");
        let workflow = world.propose("web.call", json!({"url": receiver.url()})).await;
        world.approve(workflow).await;
        world.wait_for(workflow, WorkflowStatus::Completed).await;
        assert_eq!(receiver.calls().len(), round);
    }
}
