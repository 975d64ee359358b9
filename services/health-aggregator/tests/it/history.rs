//! What is kept, and what it adds up to.

use chrono::{DateTime, TimeDelta, Utc};
use common::page::Limit;
use database::health::buckets::{Bucket, Resolution, Tally};
use database::health::incidents::{self, Impact};
use database::health::{history, take_the_pen};
use serde_json::json;
use testing::{TestDatabase, TestRedis};

use crate::{announce, serve, until};

fn samples(from: DateTime<Utc>, count: i64, tally: Tally) -> Vec<Bucket> {
    let sample = |index| Bucket { check: "redis".to_owned(), starts_at: from + TimeDelta::seconds(10 * index), tally };
    (0..count).map(sample).collect()
}

const UP: Tally = Tally { healthy_ms: 10_000, degraded_ms: 0, unhealthy_ms: 0 };
const DOWN: Tally = Tally { healthy_ms: 0, degraded_ms: 0, unhealthy_ms: 10_000 };

#[tokio::test]
async fn a_sample_counts_once_however_often_it_is_written() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect("health_aggregator").await;
    let now = Utc::now();
    let from = Resolution::Hour.start_of(now) - TimeDelta::hours(3);
    let mut all = samples(from, 540, UP);
    all.extend(samples(from + TimeDelta::seconds(5400), 180, DOWN));
    // Two aggregators, of which one had seen less.
    assert_eq!(history::record(&mut connection, &all[..300]).await.expect("writes"), 300);
    assert_eq!(history::record(&mut connection, &all).await.expect("writes"), 420);
    assert_eq!(history::record(&mut connection, &all).await.expect("writes"), 0);

    let expected = Tally { healthy_ms: 5_400_000, degraded_ms: 0, unhealthy_ms: 1_800_000 };
    for days in [1, 7, 90] {
        let since = history::since(&mut connection, now, TimeDelta::days(days)).await.expect("reads");
        assert_eq!(since, [("redis".to_owned(), expected)], "{days} days");
        assert_eq!(since[0].1.uptime(), Some(0.75));
    }
    let by_day = history::days(&mut connection, from - TimeDelta::days(2)).await.expect("reads");
    let total: i64 = by_day.iter().map(|bucket| bucket.tally.measured_ms()).sum();
    assert_eq!(total, expected.measured_ms());
    assert!(by_day.iter().all(|bucket| Resolution::Day.start_of(bucket.starts_at) == bucket.starts_at));
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_its_sums_are_not() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect("health_aggregator").await;
    let now = Utc::now();
    for days in [0, 2, 8, 100] {
        let from = Resolution::Day.start_of(now - TimeDelta::days(days));
        history::record(&mut connection, &samples(from, 6, UP)).await.expect("writes");
    }
    history::forget(&mut connection, now).await.expect("forgets");
    let kept = async |resolution: Resolution| {
        let count = format!("DELETE FROM health_history WHERE resolution = '{resolution}' RETURNING 1");
        database.execute(&count).await
    };
    // Today's samples may be more than a day old at its very end; the sums are there in any case.
    assert!(kept(Resolution::Sample).await <= 6);
    assert_eq!(kept(Resolution::Minute).await, 2);
    assert_eq!(kept(Resolution::Hour).await, 3);
}

#[tokio::test]
async fn one_aggregator_writes_at_a_time_and_another_follows() {
    let database = TestDatabase::new().await;
    let mut first = database.connect("health_aggregator").await;
    let mut second = database.connect("health_aggregator").await;
    assert!(take_the_pen(&mut first).await.expect("asks"));
    assert!(take_the_pen(&mut first).await.expect("asks"));
    assert!(!take_the_pen(&mut second).await.expect("asks"));
    drop(first);
    until(async || take_the_pen(&mut second).await.expect("asks")).await;
}

#[tokio::test]
async fn what_goes_wrong_becomes_an_incident_that_ends_and_can_be_read() {
    let (database, mut redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(&database, &redis).await;
    let client = served.client();
    let _services = (announce(&redis, "auth-service", true).await, announce(&redis, "council-service", true).await);
    until(async || client.get("/health").await.status.is_success()).await;
    redis.stop();
    let of_redis = async || {
        let listed = client.get("/api/status/incidents").await.expect(200);
        listed["incidents"].as_array().expect("a list").iter().find(|one| one["check"] == "redis").cloned()
    };
    until(async || of_redis().await.is_some()).await;
    let incident = of_redis().await.expect("an incident");
    assert_eq!((&incident["impact"], &incident["closed_at"]), (&json!("unhealthy"), &json!(null)));
    let is_open = async || {
        let status = client.get("/api/status").await.expect(200);
        status["incidents"].as_array().expect("a list").iter().any(|one| one["check"] == "redis")
    };
    until(is_open).await;
    let page = client.get("/status").await.expect(200);
    assert!(page.as_str().expect("a page").contains("Open incidents"));

    redis.start();
    // It has to be well for half a minute.
    until(async || of_redis().await.is_some_and(|incident| !incident["closed_at"].is_null())).await;
    // Samples are there, too, and the pages know them.
    until(async || {
        let status = client.get("/api/status").await.expect(200);
        let checks = status["checks"].as_array().cloned().unwrap_or_default();
        let redis = checks.into_iter().find(|check| check["name"] == "redis").unwrap_or_default();
        redis["uptime_percent"]["24h"].as_f64().is_some_and(|up| up > 0.0 && up < 100.0)
    })
    .await;
}

#[tokio::test]
async fn a_part_has_one_open_incident_however_often_it_is_opened() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect("health_aggregator").await;
    let at = |seconds: i64| DateTime::from_timestamp(1_780_000_000 + seconds, 0).expect("a time");
    incidents::open(&mut connection, "redis", Impact::Degraded, at(0)).await.expect("opens");
    incidents::open(&mut connection, "redis", Impact::Unhealthy, at(10)).await.expect("opens");
    incidents::open(&mut connection, "redis", Impact::Degraded, at(20)).await.expect("opens");
    incidents::open(&mut connection, "queue", Impact::Degraded, at(30)).await.expect("opens");
    incidents::close(&mut connection, "redis", at(40)).await.expect("closes");
    incidents::close(&mut connection, "redis", at(50)).await.expect("closes");
    let (first, cursor) =
        incidents::list(&mut connection, Limit::try_from(1).expect("one"), None).await.expect("lists");
    assert_eq!((first[0].check.as_str(), first[0].closed_at), ("queue", None));
    let after = cursor.map(|cursor| cursor.0);
    let (rest, end) = incidents::list(&mut connection, Limit::default(), after).await.expect("lists");
    let [redis] = &rest[..] else { panic!("{rest:?}") };
    assert_eq!((redis.opened_at, redis.closed_at, redis.impact), (at(0), Some(at(40)), Impact::Unhealthy));
    assert!(end.is_none());
}
