//! The job monitor's pages, on a real PostgreSQL and a real Redis. Logging in and acting are tested with the real programs,
//! in `crates/testing/tests/it/job_monitor.rs`.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use access::{Access, KeySettings};
use common::roles::Role;
use database::Pool;
use health_aggregator::monitor::{Addresses, Monitor};
use queue::{Instance, Queue};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testing::{Answer, Client, JWT_SECRET, Person, Served, TestDatabase, TestRedis, World, person};
use tokio_util::sync::CancellationToken;

/// The job monitor, as long as the value lives.
struct Serving {
    client: Client,
    stop: CancellationToken,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Serving {
    async fn start(pool: Pool, queue: Queue) -> Self {
        let keys = KeySettings::of_secret(JWT_SECRET);
        let (ring, fetcher) = (keys.ring().expect("keys"), keys.fetcher().expect("a fetcher"));
        let access = Access::new(ring, fetcher, pool.clone(), queue.clone());
        access.catch_up().await;
        let (http, addresses) = (Served::http_settings(), Addresses::default());
        let monitor = Monitor::new(pool, queue, &access, &http, addresses).expect("a monitor");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let client = Client::new(&format!("http://{}", listener.local_addr().expect("an address")));
        let stop = CancellationToken::new();
        tokio::spawn(access.run(stop.clone()));
        tokio::spawn(monitor.serve(listener, stop.clone()).expect("serves"));
        Self { client, stop }
    }

    async fn get(&self, who: &Person, path: &str) -> Answer {
        let cookie = format!("codex_monitor={}", who.token);
        self.client.send(self.client.request(Method::GET, path).header("cookie", cookie)).await
    }

    async fn page(&self, who: &Person, path: &str) -> String {
        self.get(who, path).await.expect(200).as_str().expect("a page").to_owned()
    }
}

/// A page gives up on a silent part after 1.5 s; a slow machine may take longer for all the rest.
const LIMIT: Duration = Duration::from_secs(8);
const PAGES: [&str; 5] = ["/", "/workers", "/failed", "/set-aside", "/schedules"];

fn assert_says(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

#[tokio::test]
async fn only_an_admin_gets_in_and_every_page_is_guarded() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::shared());
    let (admin, viewer) =
        (person(&database, "admin", Role::Admin).await, person(&database, "viewer", Role::Viewer).await);
    let serving = Serving::start(database.pool("health_aggregator"), redis.queue()).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let base = serving.client.request(Method::GET, "").build().expect("a request").url().to_string();
    let run = "runs/01900000-0000-7000-8000-000000000000";
    for path in PAGES.map(|path| path.trim_start_matches('/')).into_iter().chain([run, "runs?id=x"]) {
        let answer = http.get(format!("{base}{path}")).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(answer.headers()["location"].to_str().expect("text").starts_with("/login"), "{path}");
    }
    let forged = http.get(&base).header("cookie", "codex_monitor=a.b.c").send().await.expect("an answer");
    assert_eq!(forged.status(), StatusCode::SEE_OTHER);
    for path in PAGES {
        let refused = serving.get(&viewer, path).await;
        assert_says(refused.expect(403).as_str().expect("a page"), &["for admins only"]);
        let shown = serving.get(&admin, path).await;
        let policy = shown.headers["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        assert_eq!(shown.headers["referrer-policy"], "same-origin");
        let shown = shown.expect(200);
        let page = shown.as_str().expect("a page");
        assert!(!page.contains("style=") && !page.contains("<script>") && !page.contains("onclick"), "{page}");
    }
    serving.get(&admin, "/nothing").await.expect(404);
    serving.get(&admin, "/runs/nonsense").await.expect(404);
    serving.get(&admin, &format!("/{run}")).await.expect(404);
    for list in ["failed", "schedules", "set-aside"] {
        serving.get(&admin, &format!("/{list}?cursor=nonsense")).await.expect(400);
    }
    let script = serving.client.get("/live.js").await.expect(200);
    assert!(script.as_str().expect("a script").len() < 2048);
    let style = serving.client.get("/style.css").await;
    let tag = style.headers["etag"].to_str().expect("text").to_owned();
    let again = serving.client.request(Method::GET, "/style.css").header("if-none-match", tag);
    assert_eq!(serving.client.send(again).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn what_another_site_sends_is_refused() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::shared());
    let admin = person(&database, "admin", Role::Admin).await;
    let serving = Serving::start(database.pool("health_aggregator"), redis.queue()).await;
    let before = database.fingerprint().await;
    for path in
        ["/queues/high/pause", "/logout", "/login", "/failed/retry", "/runs/01900000-0000-7000-8000-000000000000/retry"]
    {
        for (name, value) in [
            ("origin", "https://evil.example.com"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("accept", "*/*"),
        ] {
            let request = serving.client.request(Method::POST, path).header(name, value);
            let request = request.header("cookie", format!("codex_monitor={}", admin.token));
            let form = request.header("content-type", "application/x-www-form-urlencoded").body("reason=x&from=start");
            let refused = serving.client.send(form).await.expect(403);
            assert_says(refused.as_str().expect("a page"), &["Another site sent this form"]);
        }
    }
    assert_eq!(database.fingerprint().await, before);
}

/// A failed run, with these things said of it.
async fn failed(world: &World, error: &str) -> common::ids::WorkflowId {
    world.add_type("web.page", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let id = world.propose("web.page", json!({"secret": "inputs-are-not-shown"})).await;
    world.approve(id).await;
    let quoted = error.replace('\'', "''");
    for statement in [
        "ALTER TABLE workflows DISABLE TRIGGER USER".to_owned(),
        format!(
            "UPDATE workflows SET status = 'failed', finished_at = now(), started_at = now(), error = '{quoted}' WHERE id = '{id}'"
        ),
        "ALTER TABLE workflows ENABLE TRIGGER USER".to_owned(),
        format!(
            "UPDATE workflow_steps SET status = 'failed', attempt = 5, started_at = now(), finished_at = now(),
                error = '{quoted}', output = to_jsonb('{quoted}'::text) WHERE workflow_id = '{id}'"
        ),
    ] {
        world.database.execute(&statement).await;
    }
    id
}

#[tokio::test]
async fn a_failed_run_is_shown_with_all_about_it_and_no_text_becomes_markup() {
    let (world, redis) = (World::new().await, TestRedis::private());
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let id = failed(&world, hostile).await;
    world.database.execute("UPDATE users SET name = '<b>Chair</b>' WHERE email = 'chair@example.com'").await;
    let payload = "<i>poison</i>";
    redis.command(&[
        "XADD",
        "{codex:queue}:dead",
        "*",
        "queue",
        "high",
        "entry",
        "1-1",
        "payload",
        payload,
        "reason",
        hostile,
    ]);
    let instance = Instance {
        service: "workflow-worker".to_owned(),
        id: "<u>worker</u>".to_owned(),
        url: "http://127.0.0.1:1".to_owned(),
        version: "<s>1</s>".to_owned(),
    };
    redis.queue().announce(&instance).await.expect("announces");
    let serving = Serving::start(world.database.pool("health_aggregator"), redis.queue()).await;
    let run = format!("/runs/{id}");
    let mut pages = Vec::new();
    for path in PAGES.into_iter().chain([run.as_str()]) {
        let page = serving.page(&world.admin, path).await;
        for raw in ["<script>alert", "<img", "<b>Chair", "<i>poison", "<u>worker", "<s>1"] {
            assert!(!page.contains(raw), "{raw} stands in {path}");
        }
        assert!(!page.contains("inputs-are-not-shown"), "{path}");
        pages.push(page);
    }
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;";
    assert_says(&pages[1], &["&lt;u&gt;worker", "hung"]);
    assert_says(&pages[2], &[escaped, "attempts used up", "attempt 5 of 5", &id.to_string(), "Requeue"]);
    assert_says(&pages[3], &[escaped, "&lt;i&gt;poison"]);
    assert_says(&pages[5], &[escaped, "web.page", "Timeline", "by &lt;b&gt;Chair", "Requeue from the failed step"]);

    // The filter is the API's.
    let filtered = async |query: &str| serving.page(&world.admin, &format!("/failed?{query}")).await;
    assert_says(&filtered("error=ALERT&workflow_type=web.page&step_kind=render_template").await, &[&id.to_string()]);
    assert!(!filtered("error=nothing+like+it").await.contains(&id.to_string()));
    assert_says(&filtered("step_kind=nonsense").await, &["Nothing is listed: the kind of step must be one of"]);
    assert_says(&filtered("workflow_type=%3Cb%3E").await, &["Nothing is listed: the type must be", "&lt;b&gt;"]);
}

#[tokio::test]
async fn without_redis_the_pages_say_so_soon() {
    let (world, mut redis) = (World::new().await, TestRedis::private());
    let id = failed(&world, "broke").await;
    let serving = Serving::start(world.database.pool("health_aggregator"), redis.queue()).await;
    redis.pause();
    for path in PAGES {
        let began = Instant::now();
        let page = serving.page(&world.admin, path).await;
        assert!(began.elapsed() < LIMIT, "{path} took {:?}", began.elapsed());
        if !matches!(path, "/failed" | "/schedules") {
            assert_says(&page, &["Redis does not answer"]);
        }
        assert!(!page.contains("PostgreSQL does not answer"), "{path}");
    }
    assert_says(&serving.page(&world.admin, "/failed").await, &[&id.to_string()]);
    redis.go_on();
}

#[tokio::test]
async fn without_postgresql_the_pages_say_so_soon() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let admin = person(&database, "admin", Role::Admin).await;
    redis.command(&["XADD", "{codex:queue}:high", "*", "payload", "{}"]);
    let serving = Serving::start(database.pool("health_aggregator"), redis.queue()).await;
    assert!(!serving.page(&admin, "/").await.contains("does not answer: runs"));
    drop(database);
    for path in PAGES {
        let began = Instant::now();
        let page = serving.page(&admin, path).await;
        assert!(began.elapsed() < LIMIT, "{path} took {:?}", began.elapsed());
        if path != "/set-aside" {
            assert_says(&page, &["PostgreSQL does not answer"]);
        }
        assert!(!page.contains("Redis does not answer"), "{path}");
    }
    assert_says(&serving.page(&admin, "/").await, &["<dt>Waiting</dt><dd><b>1</b></dd>"]);
}
