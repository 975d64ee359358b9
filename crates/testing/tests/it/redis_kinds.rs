//! The whole product on a Redis Cluster and on a primary that Sentinels watch, while the node with the queue dies.

use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Double, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use testing::{Product, Receiver, TestRedis};

use crate::people::People;

/// How many workflows are approved before the node dies, and how many while nobody has taken over.
const BEFORE: usize = 10;
const AFTER: usize = 20;
/// How soon the next workflow must be done; a replica takes over within one to three seconds here.
const NEXT_LIMIT: f64 = 15.0;
/// How soon all of them must be.
const LIMIT: Duration = Duration::from_mins(1);

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = Timestamptz)]
    now: chrono::DateTime<chrono::Utc>,
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    completed: i64,
    /// From the node's death to the first end, in seconds.
    #[diesel(sql_type = Double)]
    first: f64,
}

async fn survives_the_death_of_the_node_with_the_queue(mut redis: TestRedis) {
    const DONE: &str = "
        SELECT count(*) AS completed, coalesce(extract(epoch FROM min(finished_at) - $2), 0)::float8 AS first
        FROM workflows WHERE id::text = ANY($1) AND status = 'completed'";
    let variables = redis.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (receiver, mut product) = (Receiver::start(), Product::start(&variables).await.expect("starts"));
    product.wait_for_health(200, "healthy").await.expect("is healthy");
    let (people, mut connection) = (People::found(&product).await, product.connect().await.expect("connects"));
    let first = people.propose(&receiver.url(), &[]).await;
    people.approve(&first).await;
    people.wait_until_completed(&first).await;

    let mut workflows = Vec::new();
    for _ in 0..BEFORE + AFTER {
        workflows.push(people.propose(&receiver.url(), &[]).await);
    }
    let (before, after) = workflows.split_at(BEFORE);
    for workflow in before {
        people.approve(workflow).await;
    }
    redis.crash_primary();
    let died: Clock = diesel::sql_query("SELECT now() AS now").get_result(&mut connection).await.expect("a time");
    // Votes need no Redis.
    for workflow in after {
        people.approve(workflow).await;
    }
    let began = Instant::now();
    let mut done = async |of: &[String]| -> Done {
        let query = diesel::sql_query(DONE).bind::<Array<Text>, _>(of).bind::<Timestamptz, _>(died.now);
        query.get_result(&mut connection).await.expect("counts")
    };
    while done(&workflows).await.completed < i64::try_from(workflows.len()).expect("few") {
        assert!(began.elapsed() < LIMIT, "lost: {}", product.log("workflow-worker"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let next = done(after).await.first;
    eprintln!(
        "the next workflow was completed {next:.1} s after the node died, the last of 30 {:?} after the votes",
        began.elapsed()
    );
    assert!(next < NEXT_LIMIT, "{next} s");
    let calls = receiver.calls();
    for workflow in &workflows {
        let key = format!("{workflow}/call");
        assert!(calls.iter().any(|call| call.headers["idempotency-key"] == key), "{workflow} was not called");
    }
    product.wait_for_health(200, "healthy").await.expect("is healthy again");
    for service in ["auth-service", "council-service", "workflow-worker", "health-aggregator"] {
        assert_eq!(product.process(service).ended().expect("asks"), None, "{service} goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_cluster_nothing_is_lost_when_the_node_with_the_queue_dies() {
    survives_the_death_of_the_node_with_the_queue(TestRedis::cluster()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sentinels_nothing_is_lost_when_the_primary_dies() {
    survives_the_death_of_the_node_with_the_queue(TestRedis::watched()).await;
}
