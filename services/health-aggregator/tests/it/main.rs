//! health-aggregator over HTTP, on a real PostgreSQL and a real Redis.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use common::metrics::Metrics;
use common::roles::Role;
use common::server::{Check, Service};
use database::Pool;
use health_aggregator::probe::Prober;
use health_aggregator::{monitor, service};
use queue::{Announcer, Instance};
use serde_json::{Value, json};
use testing::hostile::Hostile;
use testing::{Client, Served, TestDatabase, TestRedis, person};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

fn prober(pool: Pool, redis: &TestRedis) -> Prober {
    Prober::new(pool, redis.queue()).expect("a prober")
}

fn serve(pool: Pool, redis: &TestRedis) -> Served {
    let metrics = Metrics::new("health-aggregator").expect("metrics");
    Served::start(service(Served::http_settings(), metrics, pool.clone(), prober(pool, redis)))
}

/// Serves an instance of a service, with the server that all share, and announces it.
async fn announce(redis: &TestRedis, name: &str, ready: bool) -> Served {
    let check: Check = Arc::new(move || Box::pin(async move { ready.then_some(()).ok_or("is not".to_owned()) }));
    let metrics = Metrics::new("another").expect("metrics");
    let (http, checks) = (Served::http_settings(), BTreeMap::from([("part", check)]));
    let served = Served::start(Service { http, metrics, checks, routes: |_: &mut ServiceConfig<'_>| {} });
    let (service, id, version) = (name.to_owned(), format!("{name}-1"), "1.2.3".to_owned());
    redis.queue().announce(&Instance { service, id, url: served.url(), version }).await.expect("announces");
    served
}

async fn statuses(client: &Client, code: u16) -> (Value, Value) {
    let health = client.get("/health").await.expect(code);
    assert!(health["checked_at"].is_string());
    (health["status"].clone(), health["checks"].clone())
}

#[tokio::test]
async fn health_is_told_part_by_part() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(database.pool("health_aggregator"), &redis);
    let client = served.client();
    // Nobody has announced anything: what users need is not there.
    assert_eq!(statuses(&client, 503).await.0, "unhealthy");

    let _auth = announce(&redis, "auth-service", true).await;
    let _council = announce(&redis, "council-service", true).await;
    let (status, checks) = statuses(&client, 200).await;
    assert_eq!(status, "degraded", "nobody runs what is approved");
    let queue = json!({"status": "unhealthy", "length": 0});
    assert_eq!(checks, json!({"database": "healthy", "redis": "healthy", "rq_queue": queue}));

    let worker = announce(&redis, "workflow-worker", true).await;
    assert_eq!(statuses(&client, 200).await.0, "healthy");
    let status = client.get("/api/status").await.expect(200);
    assert_eq!(status["services"][2], json!({"service": "workflow-worker", "ready": 1, "instances": 1}));
    let queues = client.get("/api/queues").await.expect(200);
    let idle = ["high", "normal", "low"].map(|name| json!({"name": name, "length": 0, "paused_at": null}));
    let all = json!({"queues": idle, "delayed": 0, "dead_letters": 0, "queued": 0, "running": 0});
    assert_eq!(queues, all);

    // A process that is gone, and one that lacks a part it needs.
    drop(worker);
    let _auth = announce(&redis, "auth-service", false).await;
    assert_eq!(statuses(&client, 503).await.0, "unhealthy");
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
    let served = serve(database.pool("health_aggregator"), &redis);
    redis.stop();
    let (status, checks) = statuses(&served.client(), 200).await;
    assert_eq!((status, &checks["redis"]), (json!("degraded"), &json!("unhealthy")));
    assert_eq!(served.client().get("/api/queues").await.problem(503), "unavailable");
    served.client().get("/health/ready").await.expect(200);
}

#[tokio::test]
async fn without_postgresql_nothing_works_and_health_says_so() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let pool = database.pool("health_aggregator");
    drop(database);
    let served = serve(pool, &redis);
    let (status, checks) = statuses(&served.client(), 503).await;
    assert_eq!((status, &checks["database"]), (json!("unhealthy"), &json!("unhealthy")));
}

#[tokio::test]
async fn the_job_monitor_shows_numbers_without_any_script() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let _worker = announce(&redis, "workflow-worker", true).await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let client = Client::new(&format!("http://{}", listener.local_addr().expect("an address")));
    let stop = CancellationToken::new();
    let monitor = monitor::serve(listener, prober(database.pool("health_aggregator"), &redis), stop.clone());
    let serving = tokio::spawn(monitor.expect("serves"));
    let page = client.get("/").await.expect(200);
    let page = page.as_str().expect("a page");
    for text in ["Job monitor", "Waiting for a worker", "workflow-worker-1", "1.2.3"] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(!page.contains("<script"));
    client.get("/style.css").await.expect(200);
    stop.cancel();
    serving.await.expect("ends").expect("well");
}

#[tokio::test]
async fn no_endpoint_takes_what_it_should_not() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let admin = person(&database, "admin", Role::Admin).await;
    let _services = (announce(&redis, "auth-service", true).await, announce(&redis, "council-service", true).await);
    let served = serve(database.pool("health_aggregator"), &redis);
    let hostile = Hostile {
        api: &health_aggregator::openapi(),
        client: served.client(),
        admin: &admin,
        database: &database,
        open: &["GET /health", "GET /api/status", "GET /api/queues"],
        parameters: BTreeMap::new(),
        senders: BTreeMap::new(),
        headers: BTreeMap::new(),
        bodies: BTreeMap::new(),
    };
    assert!(hostile.refused().await > 0);
}
