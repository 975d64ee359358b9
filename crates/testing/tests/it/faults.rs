//! What the health aggregator says of faults, and how soon: the table in `docs/health.md`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::Product;
use testing::servers::free_port;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How long anything may take. It is noticed in seconds; a busy machine has time.
const LIMIT: Duration = Duration::from_mins(2);

/// What is to be seen of a fault.
struct Seen {
    code: u16,
    status: &'static str,
    /// Where in `/health`, and what.
    detail: (&'static str, Value),
    /// What the status page says.
    page: &'static str,
}

impl Seen {
    fn well(pointer: &'static str) -> Self {
        Self { code: 200, status: "healthy", detail: (pointer, json!("healthy")), page: "Everything works" }
    }

    fn degraded(pointer: &'static str, state: &'static str, page: &'static str) -> Self {
        Self { code: 200, status: "degraded", detail: (pointer, json!(state)), page }
    }
}

/// Waits until `/health` and the status page both show it, and returns how long that took.
async fn until(product: &Product, began: Instant, seen: &Seen) -> Duration {
    let client = product.client("health-aggregator");
    let mut last = Value::Null;
    while began.elapsed() < LIMIT {
        let health = client.get("/health").await;
        let page = client.get("/status").await;
        let says = health.status.as_u16() == seen.code
            && health.body["status"] == seen.status
            && health.body.pointer(seen.detail.0) == Some(&seen.detail.1);
        if says && page.body.as_str().is_some_and(|page| page.contains(seen.page)) {
            return began.elapsed();
        }
        last = health.body;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} {} {:?} is not seen: {last:#}", seen.code, seen.status, seen.detail)
}

/// The times, for people to read.
#[derive(Default)]
struct Table(Vec<String>);

impl Table {
    fn add(&mut self, fault: &str, seen: &Seen, noticed: Duration, recovered: Duration) {
        let detail = format!("`{}` {}", seen.detail.0, seen.detail.1.as_str().unwrap_or_default());
        let (noticed, recovered) = (noticed.as_secs_f64(), recovered.as_secs_f64());
        let row = format!(
            "| {fault} | {} {}, {detail} | {} | {noticed:.1} s | {recovered:.1} s |",
            seen.code, seen.status, seen.page
        );
        self.0.push(row);
    }
}

impl Drop for Table {
    #[expect(clippy::print_stdout, reason = "the times are what somebody runs this for")]
    fn drop(&mut self) {
        println!(
            "| fault | `/health` | the status page says | noticed after | recovered after |\n|---|---|---|---|---|"
        );
        println!("{}", self.0.join("\n"));
    }
}

/// A front end: something that answers HTTP.
async fn front_end(address: SocketAddr) -> JoinHandle<()> {
    let listener = TcpListener::bind(address).await.expect("listens");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi").await;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_noticed_and_so_is_its_end() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().expect("a port")));
    let console = front_end(address).await;
    let url = format!("http://{address}/");
    let mut product = Product::start(&[("CONSOLE_HEALTH_URL", &url)]).await.expect("starts");
    product.wait_for_health(200, "healthy").await.expect("is healthy");
    let mut table = Table::default();

    let seen = Seen::degraded("/checks/redis", "unhealthy", "Something does not work as it should");
    let began = Instant::now();
    product.redis.crash().expect("ends");
    let noticed = until(&product, began, &seen).await;
    product.redis.restart().expect("starts");
    let recovered = until(&product, Instant::now(), &Seen::well("/checks/redis")).await;
    table.add("Redis stopped", &seen, noticed, recovered);

    let seen = Seen {
        code: 503,
        status: "unhealthy",
        detail: ("/checks/database", json!("unhealthy")),
        page: "A part that you need does not work",
    };
    let began = Instant::now();
    product.postgres.crash().expect("ends");
    let noticed = until(&product, began, &seen).await;
    product.postgres.restart().expect("starts");
    let recovered = until(&product, Instant::now(), &Seen::well("/checks/database")).await;
    table.add("PostgreSQL stopped", &seen, noticed, recovered);

    let seen = Seen::degraded("/parts/workflow-worker", "unhealthy", "0 of 1 instances ready");
    let began = Instant::now();
    product.process("workflow-worker").pause().expect("pauses");
    let noticed = until(&product, began, &seen).await;
    let health = product.client("health-aggregator").get("/health").await.expect(200);
    assert_eq!(health["checks"]["rq_queue"]["status"], "unhealthy", "nobody works it off");
    product.process("workflow-worker").resume().expect("resumes");
    let recovered = until(&product, Instant::now(), &Seen::well("/parts/workflow-worker")).await;
    table.add("the worker hangs", &seen, noticed, recovered);

    product.start_another("council-service", "council-service-2").await.expect("starts");
    let two = Seen { page: "2 of 2 instances ready", ..Seen::well("/parts/council-service") };
    until(&product, Instant::now(), &two).await;
    let seen = Seen::degraded("/parts/council-service", "degraded", "1 of 2 instances ready");
    let began = Instant::now();
    product.process("council-service-2").kill().expect("ends");
    let noticed = until(&product, began, &seen).await;
    product.start_another("council-service", "council-service-3").await.expect("starts");
    let recovered = until(&product, Instant::now(), &Seen::well("/parts/council-service")).await;
    table.add("one replica of two dead", &seen, noticed, recovered);

    let seen = Seen::degraded("/parts/console", "unhealthy", "Something does not work as it should");
    let began = Instant::now();
    console.abort();
    let _ = console.await;
    let noticed = until(&product, began, &seen).await;
    let console = front_end(address).await;
    let recovered = until(&product, Instant::now(), &Seen::well("/parts/console")).await;
    table.add("the front end down", &seen, noticed, recovered);
    console.abort();
}
