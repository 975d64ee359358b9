//! Whatever the other side does, a step ends at its limits, and the worker goes on.

use std::time::{Duration, Instant};

use governance::workflow::WorkflowStatus;
use serde_json::{Value, json};
use testing::{Manner, Receiver, RudeServer, Scripted, TestRedis, World};

use crate::worker::Worker;

/// A type that makes one call, in one attempt of two seconds.
async fn add_call(world: &World, id: &str, more: Value) {
    let mut with = json!({"url": "{{ inputs.url }}"});
    with.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let step = json!({"name": "call", "kind": "http_request", "with": with, "max_attempts": 1, "timeout_seconds": 2});
    world.add_type(id, json!([step])).await;
}

/// Why the call of a workflow of this type failed.
async fn failure(world: &World, id: &str, url: &str) -> String {
    let workflow = world.propose(id, json!({"url": url})).await;
    world.approve(workflow).await;
    world.wait_for(workflow, WorkflowStatus::Failed).await.error.expect("a reason")
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_take_their_time_hold_nobody_up() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    add_call(&world, "web.call", json!({})).await;
    let _worker = Worker::start(&world, &redis).await;
    let mut servers = Vec::new();
    for manner in [Manner::Hang, Manner::DripHead, Manner::DripBody] {
        let server = RudeServer::start(manner).await;
        let workflow = world.propose("web.call", json!({"url": server.url()})).await;
        world.approve(workflow).await;
        servers.push((server, workflow));
    }
    while servers.iter().any(|(server, _)| server.called() == 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // All three are being waited for.
    let polite = world.propose("web.call", json!({"url": receiver.url()})).await;
    world.approve(polite).await;
    world.wait_for(polite, WorkflowStatus::Completed).await;
    for (server, workflow) in servers {
        let found = world.wait_for(workflow, WorkflowStatus::Failed).await;
        assert_eq!(found.error.as_deref(), Some("call failed: took more than 2 s"));
        assert!(server.sent() < 10, "{} bytes", server.sent());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_gigabytes_no_more_is_read_than_was_asked_for() {
    const TEN_GB: u64 = 10_000_000_000;
    let (world, redis) = (World::new().await, TestRedis::shared());
    add_call(&world, "web.call", json!({"max_bytes": 50_000})).await;
    let _worker = Worker::start(&world, &redis).await;
    for manner in [Manner::Announce(TEN_GB), Manner::Flood(TEN_GB)] {
        let server = RudeServer::start(manner).await;
        let before = Instant::now();
        assert_eq!(
            failure(&world, "web.call", &server.url()).await,
            "call failed: the answer has more than 50000 bytes",
            "{manner:?}"
        );
        assert!(before.elapsed() < Duration::from_secs(5), "{manner:?}");
        // What the two systems' buffers took, and not more.
        assert!(server.sent() < 50_000_000, "{manner:?}: {} bytes were taken", server.sent());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_end_and_lead_nowhere_else() {
    let (world, redis) = (World::new().await, TestRedis::shared());
    add_call(&world, "web.call", json!({"follow_redirects": 3})).await;
    let _worker = Worker::start(&world, &redis).await;
    let endless = Receiver::start();
    endless.always(Scripted::redirect(302, "/again"));
    assert_eq!(failure(&world, "web.call", &endless.url()).await, "call failed: was redirected more than 3 time(s)");
    assert_eq!(endless.calls().len(), 4);
    let private = " is a private address: allow its network in OUTBOUND_ALLOWLIST if workflows should call it";
    let metadata = "http://169.254.169.254/latest/meta-data/";
    for (location, told) in [
        (metadata.to_owned(), format!("169.254.169.254{private}")),
        ("http://[::ffff:10.0.0.1]/".to_owned(), format!("::ffff:a00:1{private}")),
        (
            "ftp://127.0.0.1/".to_owned(),
            "was redirected to a URL of the scheme ftp: only http and https are called".to_owned(),
        ),
        (
            "file:///etc/passwd".to_owned(),
            "was redirected to a URL of the scheme file: only http and https are called".to_owned(),
        ),
        ("http://".to_owned(), "the redirect leads to no URL".to_owned()),
    ] {
        let receiver = Receiver::start();
        receiver.script(Scripted::redirect(307, location.as_str()));
        assert_eq!(failure(&world, "web.call", &receiver.url()).await, format!("call failed: {told}"), "{location}");
        assert_eq!(receiver.calls().len(), 1);
    }
    // Without a word about them, redirects are not followed.
    add_call(&world, "web.stay", json!({})).await;
    let receiver = Receiver::start();
    receiver.script(Scripted::redirect(302, "/elsewhere"));
    assert_eq!(failure(&world, "web.stay", &receiver.url()).await, "call failed: the answer was 302 Found");
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_packed_is_not_unpacked() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    add_call(&world, "web.call", json!({})).await;
    let _worker = Worker::start(&world, &redis).await;
    let headers = vec![("content-encoding".to_owned(), "gzip".to_owned())];
    receiver.script(Scripted { headers, body: vec![0x1f, 0x8b, 8, 0], ..Scripted::default() });
    let told = failure(&world, "web.call", &receiver.url()).await;
    assert_eq!(told, r#"call failed: the answer is encoded as "gzip", which was not asked for"#);
    assert!(!receiver.calls()[0].headers.contains_key("accept-encoding"));
}
