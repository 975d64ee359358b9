use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use governance::workflow::{StepStatus, WorkflowStatus};
use serde_json::{Value, json};
use testing::{Call, Receiver, TestRedis, World};

use crate::worker::Worker;

/// Three calls, with a template between the first two.
fn steps() -> Value {
    let call = |name: &str| {
        json!({"name": name, "kind": "http_request",
               "with": {"method": "POST", "url": format!("{{{{ inputs.url }}}}/{name}"), "body": {"page": "{{ inputs.title }}"}}})
    };
    let page = json!({"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}});
    json!([call("first"), page, call("second"), call("third")])
}

/// The idempotency keys that each path was called with.
fn keys(calls: &[Call]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for call in calls {
        keys.entry(&call.path).or_default().insert(&call.headers["idempotency-key"]);
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_the_middle_of_a_call_is_followed_by_one_that_goes_on() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    world.add_type("web.publish", steps()).await;
    let first = Worker::start(&world, &redis).await;
    // The first call is answered at once, the second never in the first worker's life.
    receiver.answer_next(200, Duration::ZERO);
    receiver.answer_next(200, Duration::from_mins(1));
    let workflow = world.propose("web.publish", json!({"url": receiver.url(), "title": "A & B"})).await;
    world.approve(workflow).await;
    receiver.wait_for(2).await;
    first.kill();

    let _second = Worker::start(&world, &redis).await;
    let found = world.wait_for(workflow, WorkflowStatus::Completed).await;

    let calls = receiver.calls();
    let paths: Vec<_> = calls.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(paths, ["/first", "/second", "/second", "/third"]);
    assert!(keys(&calls).values().all(|keys| keys.len() == 1), "{:?}", keys(&calls));
    assert_eq!(calls[0].headers["x-request-id"], "request-of-a-test");
    let attempts: Vec<_> = found.steps.iter().map(|step| (step.name.as_str(), step.attempt)).collect();
    assert_eq!(attempts, [("first", 1), ("page", 1), ("second", 2), ("third", 1)]);
    assert_eq!(found.steps[1].output, Some(json!({"text": "<h1>A &amp; B</h1>"})));
    let events: Vec<_> = found.timeline.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(events.iter().filter(|event| **event == "completed").count(), 1);
    assert_eq!(events.iter().filter(|event| **event == "resumed").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_two_steps_repeats_neither_under_another_key() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    world.add_type("web.publish", steps()).await;
    for _ in 0..3 {
        let worker = Worker::start(&world, &redis).await;
        let before = receiver.calls().len();
        let workflow = world.propose("web.publish", json!({"url": receiver.url(), "title": "x"})).await;
        world.approve(workflow).await;
        // The first step is done as soon as its result is stored.
        while world.find(workflow).await.steps[0].status != StepStatus::Completed {
            tokio::task::yield_now().await;
        }
        worker.kill();

        let _next = Worker::start(&world, &redis).await;
        world.wait_for(workflow, WorkflowStatus::Completed).await;
        let calls = &receiver.calls()[before..];
        assert_eq!(calls.iter().filter(|call| call.path == "/first").count(), 1, "a finished step runs once");
        assert_eq!(keys(calls).len(), 3);
        assert!(keys(calls).values().all(|keys| keys.len() == 1), "{:?}", keys(calls));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_finishes_what_it_runs() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    world.add_type("web.publish", steps()).await;
    let worker = Worker::start(&world, &redis).await;
    receiver.answer_next(200, Duration::from_millis(500));
    let workflow = world.propose("web.publish", json!({"url": receiver.url(), "title": "x"})).await;
    world.approve(workflow).await;
    receiver.wait_for(1).await;
    assert!(worker.terminate().success());
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Completed);
    assert_eq!(receiver.calls().len(), 3);
}
