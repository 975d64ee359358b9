//! What is carried: workflows on their way to workers, and news of revocations.

use std::time::{Duration, Instant};

use common::priority::Priority;
use queue::{Consumer, Entry, Error, RevocationStream};
use testing::TestRedis;

use crate::on_each_kind;

/// The longest that a read blocks.
const WAIT: Duration = Duration::from_secs(1);
/// What no test should need.
const LIMIT: Duration = Duration::from_secs(20);

on_each_kind!(
    entries_are_a_workers_until_they_are_dealt_with,
    a_read_that_waits_is_woken,
    a_group_that_is_gone_is_told_from_other_errors,
    what_is_delayed_comes_when_it_is_due,
    what_nobody_can_deal_with_is_set_aside,
    everybody_reads_every_revocation,
);

fn payloads(entries: &[Entry]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry.payload.as_deref()).collect()
}

async fn worker(queue: &queue::Queue, name: &str) -> Consumer {
    let mut worker = Consumer::connect(queue, name, WAIT).await.expect("connects");
    worker.ensure_groups().await.expect("makes the groups");
    worker
}

async fn entries_are_a_workers_until_they_are_dealt_with(redis: TestRedis) {
    let queue = redis.queue();
    queue.check().await.expect("answers");
    let mut first = worker(&queue, "first").await;
    assert!(!first.ensure_groups().await.expect("asks"), "they are there");
    let sent = [(Priority::Low, "low"), (Priority::High, "high"), (Priority::Normal, "normal")];
    queue.publish(sent.map(|(priority, text)| (priority, text.to_owned()))).await.expect("publishes");
    assert_eq!(queue.waiting(Priority::High).await.expect("counts"), 1);
    assert!(queue.oldest_wait(Priority::High).await.expect("asks").expect("one waits") < LIMIT);
    assert_eq!(queue.full(1).await.expect("asks"), Priority::ALL);

    let taken = first.read(Priority::ALL, 10, WAIT).await.expect("reads");
    assert_eq!(payloads(&taken), ["high", "normal", "low"]);
    assert_eq!(queue.waiting(Priority::High).await.expect("counts"), 0);
    assert_eq!(queue.oldest_wait(Priority::High).await.expect("asks"), None);
    queue.done(&taken[..1]).await.expect("forgets");

    let mut second = worker(&queue, "second").await;
    let mut left = second.take_over(Duration::ZERO, 10).await.expect("takes over");
    left.sort_by_key(|entry| entry.priority.as_str());
    assert_eq!(payloads(&left), ["low", "normal"]);
    queue.done(&left).await.expect("forgets");
    assert_eq!(second.take_over(Duration::ZERO, 10).await.expect("takes over"), []);
    assert_eq!(queue.full(1).await.expect("asks"), []);
    queue.forget_consumers(Duration::ZERO).await.expect("forgets");
    assert_eq!(redis.command(&["XINFO", "CONSUMERS", "{codex:queue}:high", "workers"]), "");
}

async fn a_read_that_waits_is_woken(redis: TestRedis) {
    let queue = redis.queue();
    let mut worker = worker(&queue, "worker").await;
    let began = Instant::now();
    assert_eq!(worker.read(Priority::ALL, 10, WAIT).await.expect("reads"), []);
    assert!(began.elapsed() >= WAIT, "it waits");
    let reading = tokio::spawn(async move { worker.read(Priority::ALL, 10, WAIT).await });
    queue.publish([(Priority::Normal, "news".to_owned())]).await.expect("publishes");
    assert_eq!(payloads(&reading.await.expect("ends").expect("reads")), ["news"]);
}

async fn a_group_that_is_gone_is_told_from_other_errors(redis: TestRedis) {
    let queue = redis.queue();
    let mut worker = worker(&queue, "worker").await;
    assert_eq!(redis.command(&["DEL", "{codex:queue}:high", "{codex:queue}:normal", "{codex:queue}:low"]), "3");
    let missing = worker.read(Priority::ALL, 10, WAIT).await.expect_err("the group is missing");
    assert!(matches!(missing, Error::GroupMissing), "{missing}");
    assert_eq!(queue.oldest_wait(Priority::High).await.expect("asks"), None);
    assert!(worker.ensure_groups().await.expect("makes them"), "they were gone");
}

async fn what_is_delayed_comes_when_it_is_due(redis: TestRedis) {
    let queue = redis.queue();
    let mut worker = worker(&queue, "worker").await;
    assert_eq!(queue.send_due().await.expect("asks"), None);
    queue.delay(Priority::High, "soon", Duration::from_millis(300)).await.expect("delays");
    queue.delay(Priority::Low, "late", Duration::from_hours(1)).await.expect("delays");
    let next = queue.send_due().await.expect("asks").expect("one is next");
    assert!(next <= Duration::from_millis(300), "{next:?}");
    assert_eq!(queue.delayed().await.expect("counts"), 2);
    let began = Instant::now();
    while queue.send_due().await.expect("asks").is_none_or(|next| next < LIMIT) {
        assert!(began.elapsed() < LIMIT, "not sent");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(payloads(&worker.read(Priority::ALL, 10, WAIT).await.expect("reads")), ["soon"]);
    assert_eq!(queue.delayed().await.expect("counts"), 1);
}

async fn what_nobody_can_deal_with_is_set_aside(redis: TestRedis) {
    let queue = redis.queue();
    let mut worker = worker(&queue, "worker").await;
    queue.publish(["a", "b"].map(|text| (Priority::Low, text.to_owned()))).await.expect("publishes");
    for entry in worker.read(Priority::ALL, 10, WAIT).await.expect("reads") {
        queue.bury(&entry, "nobody knows what it is").await.expect("buries");
    }
    assert_eq!(queue.dead().await.expect("counts"), 2);
    let latest = queue.set_aside(None, 1).await.expect("reads");
    assert_eq!(latest[0].payload.as_deref(), Some("b"));
    let before = queue.set_aside(Some(&latest[0].id), 10).await.expect("reads");
    assert_eq!((before.len(), before[0].payload.as_deref(), before[0].queue.as_deref()), (1, Some("a"), Some("low")));
    assert_eq!(worker.take_over(Duration::ZERO, 10).await.expect("takes over"), []);
}

async fn everybody_reads_every_revocation(redis: TestRedis) {
    let queue = redis.queue();
    queue.publish_revocations(&["one".to_owned(), "two".to_owned()]).await.expect("publishes");
    for _ in 0..2 {
        let mut stream = RevocationStream::connect(&queue, WAIT).await.expect("connects");
        assert_eq!(stream.read(WAIT).await.expect("reads"), ["one", "two"]);
    }
    let mut stream = RevocationStream::connect(&queue, WAIT).await.expect("connects");
    stream.read(WAIT).await.expect("reads");
    let reading = tokio::spawn(async move { stream.read(WAIT).await });
    queue.publish_revocations(&["three".to_owned()]).await.expect("publishes");
    assert_eq!(reading.await.expect("ends").expect("reads"), ["three"]);
}
