//! A primary dies or hangs, and its replica takes over: who had connections goes on with those that they have.

use std::time::{Duration, Instant};

use common::priority::Priority;
use queue::{Consumer, Queue, RevocationStream};
use testing::TestRedis;
use testing::replicated::RedisCluster;

/// The longest that a read blocks.
const WAIT: Duration = Duration::from_secs(1);
/// A failover takes one to three seconds here.
const LIMIT: Duration = Duration::from_secs(20);

/// A worker as ours is: it connects anew after an error.
async fn take(queue: &Queue, worker: &mut Option<Consumer>) -> queue::Result<Vec<String>> {
    let mut consumer = match worker.take() {
        Some(consumer) => consumer,
        None => Consumer::connect(queue, "worker", WAIT).await?,
    };
    consumer.ensure_groups().await?;
    // Also what it was given and could not deal with.
    let mut entries = consumer.take_over(Duration::ZERO, 10).await?;
    if entries.is_empty() {
        entries = consumer.read(Priority::ALL, 10, WAIT).await?;
    }
    queue.done(&entries).await?;
    *worker = Some(consumer);
    Ok(entries.into_iter().filter_map(|entry| entry.payload).collect())
}

/// Has the pool make all of its connections, so that none is new afterwards.
async fn connect_all(queue: &Queue) {
    let checks: Vec<_> =
        std::iter::repeat_n(queue.clone(), 8).map(|queue| tokio::spawn(async move { queue.check().await })).collect();
    for check in checks {
        check.await.expect("ends").expect("answers");
    }
}

async fn goes_on_with_the_replica(mut redis: TestRedis, end: impl FnOnce(&mut TestRedis)) {
    let queue = redis.queue();
    let (mut worker, mut revocations) = (None, RevocationStream::connect(&queue, WAIT).await.ok());
    queue.publish([(Priority::Normal, "before".to_owned())]).await.expect("publishes");
    assert_eq!(take(&queue, &mut worker).await.expect("takes"), ["before"]);
    connect_all(&queue).await;

    end(&mut redis);
    let (died, mut failures) = (Instant::now(), 0);
    while queue.publish([(Priority::Normal, "after".to_owned())]).await.is_err() {
        failures += 1;
        assert!(died.elapsed() < LIMIT, "nobody took over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let published = died.elapsed();
    loop {
        // A try that failed late may have arrived, too.
        match take(&queue, &mut worker).await {
            Ok(taken) if taken.iter().any(|payload| payload == "after") => break,
            other => assert!(died.elapsed() < LIMIT, "it is not delivered: {other:?}"),
        }
    }
    eprintln!(
        "published {published:?} after the primary died, {failures} tries before failed; taken {:?}",
        died.elapsed()
    );

    queue.check().await.expect("answers");
    queue.delay(Priority::Normal, "later", Duration::ZERO).await.expect("delays: the new primary has seen no script");
    queue.send_due().await.expect("sends");
    queue.publish_revocations(&["news".to_owned()]).await.expect("publishes");
    loop {
        assert!(died.elapsed() < LIMIT, "the news is not read");
        match &mut revocations {
            Some(stream) => match stream.read(WAIT).await {
                Ok(news) if news == ["news"] => break,
                Ok(_) => {}
                Err(_) => revocations = None,
            },
            None => revocations = RevocationStream::connect(&queue, WAIT).await.ok(),
        }
    }
}

#[tokio::test]
async fn sentinels_name_another_primary_and_work_goes_on() {
    goes_on_with_the_replica(TestRedis::watched(), TestRedis::crash_primary).await;
}

#[tokio::test]
async fn a_replica_of_the_cluster_takes_over_and_work_goes_on() {
    goes_on_with_the_replica(TestRedis::cluster(), TestRedis::crash_primary).await;
}

#[tokio::test]
async fn with_sentinels_work_goes_on_when_the_primary_hangs() {
    goes_on_with_the_replica(TestRedis::watched(), |redis| redis.pause_primary()).await;
}

#[tokio::test]
async fn on_a_cluster_work_goes_on_when_the_primary_hangs() {
    goes_on_with_the_replica(TestRedis::cluster(), |redis| redis.pause_primary()).await;
}

/// Nobody notices that a node of the cluster gave its part to its replica.
#[tokio::test]
async fn keys_that_move_are_followed_without_an_error() {
    let cluster = RedisCluster::start().expect("starts");
    let queue = Queue::new(&cluster.url().parse().expect("a URL")).expect("a queue");
    let mut worker = Consumer::connect(&queue, "worker", WAIT).await.expect("connects");
    worker.ensure_groups().await.expect("makes the groups");
    connect_all(&queue).await;
    for round in 0..2 {
        queue.publish((0..10).map(|_| (Priority::High, "entry".to_owned()))).await.expect("publishes");
        let entries = worker.read(Priority::ALL, 10, WAIT).await.expect("reads");
        assert_eq!(entries.len(), 10);
        cluster.hand_over("{codex:queue}:high").expect("hands over");
        // Each on another connection of the pool, and each a transaction.
        for entry in entries {
            queue.done(&[entry]).await.expect("forgets");
        }
        assert_eq!(worker.take_over(Duration::ZERO, 10).await.expect("takes over"), [], "round {round}");
        queue.delay(Priority::High, "later", Duration::from_hours(1)).await.expect("delays");
    }
}
