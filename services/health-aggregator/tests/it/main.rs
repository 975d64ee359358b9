//! health-aggregator over HTTP, on a real PostgreSQL and a real Redis.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod history;
mod monitor;
mod parts;
mod status;
mod throughput;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use access::{Access, KeySettings};
use common::metrics::Metrics;
use common::roles::Role;
use common::server::{Check, Service};
use database::Pool;
use health_aggregator::history::History;
use health_aggregator::probe::Prober;
use health_aggregator::service;
use health_aggregator::settings::Targets;
use queue::{Announcer, Instance};
use serde_json::{Value, json};
use testing::hostile::Hostile;
use testing::{Client, JWT_SECRET, Served, TestDatabase, TestRedis, person};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

/// The service with these targets, probing and recording as it does in its program.
async fn serve_with(database: &TestDatabase, redis: &TestRedis, targets: Targets) -> Served {
    let served = serve_from(database.pool("health_aggregator"), database.url("health_aggregator"), redis, targets);
    wait_until_asked(&served).await;
    served
}

fn serve_from(pool: Pool, url: String, redis: &TestRedis, targets: Targets) -> Served {
    let metrics = Metrics::new("health-aggregator").expect("metrics");
    let prober = Prober::new(pool.clone(), redis.queue(), targets).expect("a prober");
    let history = History::new(pool.clone(), url.into(), prober.clone());
    let access = access(&pool, redis);
    let verifier = access.verifier.clone();
    let service = service(Served::http_settings(), metrics, pool, prober.clone(), history.clone(), verifier);
    Served::start(service)
        .beside(|stop| prober.run(stop))
        .beside(|stop| history.run(stop))
        .beside(|stop| access.run(stop))
}

/// What tokens are checked with.
fn access(pool: &Pool, redis: &TestRedis) -> Access {
    let keys = KeySettings::of_secret(JWT_SECRET);
    let (ring, fetcher) = (keys.ring().expect("keys"), keys.fetcher().expect("a fetcher"));
    Access::new(ring, fetcher, pool.clone(), redis.queue())
}

async fn serve(database: &TestDatabase, redis: &TestRedis) -> Served {
    serve_with(database, redis, Targets::default()).await
}

async fn wait_until_asked(served: &Served) {
    until(async || served.client().get("/health/ready").await.status.is_success()).await;
}

/// Waits until something holds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not hold after a minute");
}

/// Waits until `/health` says this, and returns its checks.
async fn wait_for(client: &Client, code: u16, status: &str) -> Value {
    let mut last = Value::Null;
    until(async || {
        let answer = client.get("/health").await;
        let holds = answer.status.as_u16() == code && answer.body["status"] == status;
        last = answer.body;
        holds
    })
    .await;
    assert!(last["checked_at"].is_string() && last["latency_ms"].is_object() && last["version"].is_string());
    last["checks"].clone()
}

/// Serves an instance of a service, with the server that all share, and announces it.
async fn announce(redis: &TestRedis, name: &str, ready: bool) -> Served {
    announce_as(redis, name, &format!("{name}-1"), ready).await
}

/// The same under an id of its own, for a service with several.
async fn announce_as(redis: &TestRedis, name: &str, id: &str, ready: bool) -> Served {
    let check: Check = Arc::new(move || Box::pin(async move { ready.then_some(()).ok_or("is not".to_owned()) }));
    let metrics = Metrics::new("another").expect("metrics");
    let (http, checks) = (Served::http_settings(), BTreeMap::from([("part", check)]));
    let served = Served::start(Service { http, metrics, checks, routes: |_: &mut ServiceConfig<'_>| {} });
    let (service, id, version) = (name.to_owned(), id.to_owned(), "1.2.3".to_owned());
    redis.queue().announce(&Instance { service, id, url: served.url(), version }).await.expect("announces");
    served
}

#[tokio::test]
async fn health_is_told_part_by_part() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(&database, &redis).await;
    let client = served.client();
    // Nobody has announced anything: what users need is not there.
    wait_for(&client, 503, "unhealthy").await;

    let _auth = announce(&redis, "auth-service", true).await;
    let _council = announce(&redis, "council-service", true).await;
    // Nobody runs what is approved.
    let checks = wait_for(&client, 200, "degraded").await;
    let queue = json!({"status": "unhealthy", "length": 0});
    assert_eq!(checks, json!({"database": "healthy", "redis": "healthy", "rq_queue": queue}));

    let worker = announce(&redis, "workflow-worker", true).await;
    wait_for(&client, 200, "healthy").await;
    let status = client.get("/api/status").await.expect(200);
    let ready = json!({"service": "workflow-worker", "status": "healthy", "ready": 1, "instances": 1});
    assert_eq!(status["services"][2], ready);
    let idle = ["high", "normal", "low"].map(|name| json!({"name": name, "length": 0, "paused_at": null}));
    let all = json!({"queues": idle, "delayed": 0, "dead_letters": 0, "queued": 0, "running": 0});
    until(async || client.get("/api/queues").await.status.is_success()).await;
    assert_eq!(client.get("/api/queues").await.expect(200), all);

    // A process that is gone, and one that lacks a part it needs.
    drop(worker);
    let _auth = announce(&redis, "auth-service", false).await;
    wait_for(&client, 503, "unhealthy").await;
}

#[tokio::test]
async fn an_instance_is_announced_for_as_long_as_it_runs() {
    let (redis, stop) = (TestRedis::private(), CancellationToken::new());
    let announcer = Announcer::new("auth-service", "1.2.3", (Ipv4Addr::LOCALHOST, 8001).into());
    let id = announcer.id().to_owned();
    let announcing = tokio::spawn(announcer.run(redis.queue(), stop.clone()));
    let instances = async || redis.queue().instances().await.expect("asks");
    for _ in 0..1000 {
        if !instances().await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(instances().await[0].id, id);
    stop.cancel();
    announcing.await.expect("ends");
    assert_eq!(instances().await, []);
}

#[tokio::test]
async fn without_redis_what_is_read_still_works_and_health_says_so() {
    let (database, mut redis) = (TestDatabase::new().await, TestRedis::private());
    redis.stop();
    let served = serve(&database, &redis).await;
    let checks = wait_for(&served.client(), 200, "degraded").await;
    assert_eq!(checks["redis"], "unhealthy");
    assert_eq!(served.client().get("/api/queues").await.problem(503), "unavailable");
    assert_eq!(served.client().get("/prometheus/targets").await.problem(503), "unavailable");
    served.client().get("/health/ready").await.expect(200);
}

#[tokio::test]
async fn without_postgresql_nothing_works_and_health_says_so() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let (pool, url) = (database.pool("health_aggregator"), database.url("health_aggregator"));
    drop(database);
    let served = serve_from(pool, url, &redis, Targets::default());
    wait_until_asked(&served).await;
    let checks = wait_for(&served.client(), 503, "unhealthy").await;
    assert_eq!(checks["database"], "unhealthy");
    // The page for people is there all the same.
    let page = served.client().get("/status").await.expect(200);
    assert!(page.as_str().is_some_and(|page| page.contains("A part that you need does not work")));
}

#[tokio::test]
async fn a_redis_that_hangs_keeps_nobody_waiting() {
    let (database, mut redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(&database, &redis).await;
    let _services = (announce(&redis, "auth-service", true).await, announce(&redis, "council-service", true).await);
    wait_for(&served.client(), 200, "degraded").await;
    redis.pause();
    until(async || {
        let asked = std::time::Instant::now();
        let health = served.client().get("/health").await.expect(200);
        // It would take longer if it asked now.
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        health["checks"]["redis"] == "unhealthy"
    })
    .await;
    redis.go_on();
    until(async || served.client().get("/health").await.expect(200)["checks"]["redis"] == "healthy").await;
}

#[tokio::test]
async fn no_endpoint_takes_what_it_should_not() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let admin = person(&database, "admin", Role::Admin).await;
    let _services = (announce(&redis, "auth-service", true).await, announce(&redis, "council-service", true).await);
    // Without what records: nothing else is to write here.
    let (pool, metrics) = (database.pool("health_aggregator"), Metrics::new("health-aggregator").expect("metrics"));
    let prober = Prober::new(pool.clone(), redis.queue(), Targets::default()).expect("a prober");
    let history = History::new(pool.clone(), database.url("health_aggregator").into(), prober.clone());
    let access = access(&pool, &redis);
    let verifier = access.verifier.clone();
    let service = service(Served::http_settings(), metrics, pool, prober.clone(), history, verifier);
    let served = Served::start(service).beside(|stop| prober.run(stop)).beside(|stop| access.run(stop));
    wait_for(&served.client(), 200, "degraded").await;
    let hostile = Hostile {
        api: &health_aggregator::openapi(),
        client: served.client(),
        admin: &admin,
        database: &database,
        open: &[
            "GET /health",
            "GET /api/status",
            "GET /api/status/incidents",
            "GET /api/status/badges/{service}.svg",
            "GET /api/queues",
        ],
        parameters: BTreeMap::from([("service", "overall".to_owned())]),
        senders: BTreeMap::new(),
        headers: BTreeMap::new(),
        bodies: BTreeMap::new(),
    };
    assert!(hostile.refused().await > 0);
}
