//! The job monitor as an admin uses it: the real programs, a browser's cookies, and the record of what was done.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode, redirect};
use serde_json::{Value, json};
use testing::{Client, Product, Receiver, Scripted};

const PASSWORD: &str = "seven purple otters juggle";

/// A browser: it keeps cookies, and says where a form comes from.
struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
    /// The page that it shows.
    at: String,
}

struct Page {
    status: StatusCode,
    text: String,
}

impl Page {
    #[track_caller]
    fn says(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.text.contains(text), "{text} is not in {}: {}", self.status, self.text);
        }
    }
}

impl Browser {
    fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        Self { http, base: base.to_owned(), cookies: BTreeMap::new(), at: "/".to_owned() }
    }

    async fn send(&mut self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            self.http.request(method, format!("{}{path}", self.base)).header("cookie", cookies.join("; "));
        if let Some(form) = form {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request
                .header("origin", &self.base)
                .header("referer", format!("{}{}", self.base, self.at))
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
        }
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all(SET_COOKIE) {
            let set = set.to_str().expect("text");
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
            self.cookies.retain(|_, value| !value.is_empty());
        }
        let (status, to) = (answer.status(), answer.headers().get(LOCATION).cloned());
        if let Some(to) = to {
            return Box::pin(self.get(to.to_str().expect("text"))).await;
        }
        path.clone_into(&mut self.at);
        Page { status, text: answer.text().await.expect("a page") }
    }

    async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// Presses a button of the page that is shown.
    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, Some(form)).await
    }

    async fn log_in(&mut self, email: &str, password: &str, code: &str) -> Page {
        self.post("/login", &[("email", email), ("password", password), ("code", code)]).await
    }

    fn is_inside(&self) -> bool {
        self.cookies.contains_key("codex_monitor")
    }
}

async fn admin(product: &Product, service: &str) -> Client {
    product.client(service).with(&product.log_in().await.expect("logs in"))
}

/// The browser of the admin, logged in.
async fn inside(product: &Product) -> Browser {
    let (email, password) = product.admin_credentials();
    let mut browser = Browser::new(product.job_monitor_url());
    browser.log_in(email, password, "").await.says(&["Overview", "Log out"]);
    browser
}

/// A type whose runs call somewhere, and need no vote. The seat makes tokens from before void.
async fn prepare(product: &Product) -> Client {
    let council = admin(product, "council-service").await;
    let me = admin(product, "auth-service").await.get("/api/auth/me").await.expect(200);
    let seats = json!({me["user"]["id"].as_str().expect("an id"): "chair"});
    let policy = json!({"decision_rule": {"kind": "approvals", "required": 1}, "review_actions": ["web.reviewed"]});
    let new = json!({"id": "web-team", "name": "Web team", "domains": ["web"], "seats": seats, "policy": policy});
    council.post("/api/admin/councils", &new).await.expect(201);
    let steps =
        json!([{"name": "call", "kind": "http_request", "with": {"method": "POST", "url": "{{ inputs.url }}"}}]);
    let new =
        json!({"id": "web.call", "domain": "web", "name": "Call", "input_schema": {"type": "object"}, "steps": steps});
    let council = admin(product, "council-service").await;
    council.post("/api/workflow-types", &new).await.expect(201);
    council
}

async fn propose(council: &Client, receiver: &Receiver) -> String {
    let new = json!({"workflow_type": "web.call", "inputs": {"url": receiver.url()}});
    council.post("/api/workflows", &new).await.expect(201)["id"].as_str().expect("an id").to_owned()
}

/// Waits until a workflow has this status.
async fn reaches(council: &Client, id: &str, status: &str) {
    let began = Instant::now();
    let mut last = Value::Null;
    while began.elapsed() < Duration::from_mins(1) {
        last = council.get(&format!("/api/workflows/{id}")).await.expect(200);
        if last["status"] == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {status} in a minute: {last:#}");
}

/// Whether the record says that this was done, by whom.
async fn is_recorded(auth: &Client, action: &str, by: &Value) {
    let record = auth.get(&format!("/api/admin/audit-logs?action={action}")).await.expect(200);
    let last = &record["audit_logs"][0];
    assert_eq!((&last["action"], &last["actor_id"]), (&json!(action), by), "{record:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_logs_in_with_both_factors_and_nobody_else_does() {
    let product = Product::start(&[]).await.expect("starts");
    let (email, password) = product.admin_credentials();
    let mut browser = Browser::new(product.job_monitor_url());
    browser.get("/workers").await.says(&["<h1>Log in</h1>", "value=\"/workers\""]);
    let wrong = browser.log_in(email, "not the password at all", "").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong.says(&["is wrong", email]);
    assert!(!wrong.text.contains("not the password") && !browser.is_inside());
    browser.log_in("<script>@example.com", "x", "").await.says(&["is wrong", "&lt;script&gt;@example.com"]);

    // Somebody who is no admin is told so, and their session is ended.
    let auth = admin(&product, "auth-service").await;
    let new = json!({"email": "vera@example.com", "name": "Vera", "role": "viewer", "password": PASSWORD});
    let vera = auth.post("/api/admin/users", &new).await.expect(201);
    let refused = browser.log_in("vera@example.com", PASSWORD, "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says(&["the job monitor is for admins only"]);
    assert!(!browser.is_inside());
    let sessions = format!("/api/admin/users/{}/sessions", vera["id"].as_str().expect("an id"));
    assert_eq!(auth.get(&sessions).await.expect(200)["sessions"], json!([]), "nobody needs it");

    // The admin comes in, sees the page that they wanted, and goes out again.
    let form = [("email", email), ("password", password), ("to", "/workers")];
    browser.post("/login", &form).await.says(&["<h1>Workers</h1>", "idle"]);
    let stolen = browser.cookies.get("codex_monitor").cloned().expect("a token");
    browser.post("/logout", &[]).await.says(&["You are logged out."]);
    browser.get("/").await.says(&["<h1>Log in</h1>"]);
    let begun = Instant::now();
    loop {
        browser.cookies.insert("codex_monitor".to_owned(), stolen.clone());
        if browser.get("/").await.text.contains("<h1>Log in</h1>") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the token outlives its session");
    }
    browser.cookies.clear();

    // With a second factor, the password alone is not enough.
    let begun = auth.post("/api/auth/totp", &json!({"password": password})).await.expect(201);
    let code = code_of(begun["secret"].as_str().expect("a secret"), -1);
    let codes = auth.post("/api/auth/totp/confirm", &json!({"code": code})).await.expect(200);
    let recovery = codes["recovery_codes"][0].as_str().expect("a code");
    let asked = browser.log_in(email, password, "").await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    asked.says(&["Your account has a second factor"]);
    assert!(!browser.is_inside());
    browser.log_in(email, password, "000000").await.says(&["is wrong"]);
    browser.log_in(email, password, &code_of(begun["secret"].as_str().expect("a secret"), 0)).await.says(&["Overview"]);
    browser.post("/logout", &[]).await.says(&["You are logged out."]);
    browser.log_in(email, password, recovery).await.says(&["Overview"]);
}

/// The code of an authenticator, so many steps from now.
fn code_of(secret: &str, steps: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).build().expect("an authenticator");
    let at = chrono::Utc::now().timestamp() + steps * 30;
    totp.generate(at.try_into().expect("a time")).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_does_here_is_done_and_on_the_record_under_their_name() {
    let mut product = Product::start(&[]).await.expect("starts");
    let council = prepare(&product).await;
    let auth = admin(&product, "auth-service").await;
    let me = auth.get("/api/auth/me").await.expect(200)["user"]["id"].clone();
    let receiver = Receiver::start();
    let mut browser = inside(&product).await;

    // A run that fails is listed with its reason, tried again, and completes.
    receiver.always(Scripted { status: 404, ..Scripted::default() });
    let id = propose(&council, &receiver).await;
    reaches(&council, &id, "failed").await;
    browser.get("/failed").await.says(&[&id, "web.call", "404", "final"]);
    browser.get(&format!("/runs/{id}")).await.says(&["Requeue from the failed step", "by Admin", "Failed"]);
    receiver.always(Scripted::default());
    let retried = browser.post(&format!("/runs/{id}/retry"), &[("from", "failed_step")]).await;
    assert_eq!(browser.at, format!("/runs/{id}"), "one is shown the page that one was on");
    retried.says(&["The run is tried again."]);
    reaches(&council, &id, "completed").await;
    is_recorded(&auth, "workflow.retried", &me).await;
    // It is told once.
    assert!(!browser.get(&format!("/runs/{id}")).await.text.contains("The run is tried again."));
    browser.post(&format!("/runs/{id}/retry"), &[("from", "start")]).await.says(&["It has not failed any more"]);

    // All of a filter.
    receiver.always(Scripted { status: 404, ..Scripted::default() });
    let (first, second) = (propose(&council, &receiver).await, propose(&council, &receiver).await);
    reaches(&council, &first, "failed").await;
    reaches(&council, &second, "failed").await;
    receiver.always(Scripted::default());
    browser.get("/failed?workflow_type=web.call&error=404").await.says(&["Requeue all of this filter"]);
    let form = [("workflow_type", "web.call"), ("step_kind", ""), ("error", "404"), ("from", "failed_step")];
    browser.post("/failed/retry", &form).await.says(&["2 tried again."]);
    assert_eq!(browser.at, "/failed?workflow_type=web.call&error=404");
    reaches(&council, &first, "completed").await;
    reaches(&council, &second, "completed").await;
    is_recorded(&auth, "dead_letters.retried", &me).await;

    // A paused queue starts nothing.
    browser.get("/").await.says(&["completed, "]);
    browser.post("/queues/normal/pause", &[("reason", "  ")]).await.says(&["Nothing was done: say why"]);
    let paused = browser.post("/queues/normal/pause", &[("reason", "The <site> is down")]).await;
    paused.says(&["The queue is paused", "<q>The &lt;site&gt; is down</q>", "by Admin"]);
    is_recorded(&auth, "queue.paused", &me).await;
    browser.post("/queues/normal/pause", &[("reason", "again")]).await.says(&["It was paused already."]);
    let held = propose(&council, &receiver).await;
    let began = Instant::now();
    while !browser.get("/").await.text.contains("<dt>Held back</dt><dd>1, since") {
        assert!(began.elapsed() < Duration::from_mins(1), "what is held back is not shown");
    }
    browser.post("/queues/normal/resume", &[]).await.says(&["The queue is resumed"]);
    is_recorded(&auth, "queue.resumed", &me).await;
    reaches(&council, &held, "completed").await;

    // A schedule.
    let new = json!({"name": "Each Monday", "cron": "0 9 * * MON", "time_zone": "Europe/Berlin",
        "workflow_type": "web.call", "inputs": {"url": receiver.url()}});
    let schedule = council.post("/api/schedules", &new).await.expect(201);
    let schedule = schedule["id"].as_str().expect("an id");
    browser.get("/schedules").await.says(&["Each Monday", "0 9 * * MON", "active", "is let go", "never"]);
    browser.post(&format!("/schedules/{schedule}/pause"), &[]).await.says(&["proposes nothing until", "paused"]);
    is_recorded(&auth, "schedule.paused", &me).await;
    browser.post(&format!("/schedules/{schedule}/resume"), &[]).await.says(&["proposes again", "active"]);

    // Without Redis the others are asked where they were last.
    product.redis.crash().expect("ends");
    browser.get("/").await.says(&["Redis does not answer"]);
    browser.post("/queues/low/pause", &[("reason", "Redis is down")]).await.says(&["The queue is paused"]);
    product.redis.restart().expect("starts");

    // Without council-service everything is still shown, and it is clear that nothing can be done.
    product.process("council-service").kill().expect("ends");
    let silent = "council-service does not answer";
    for path in ["/", "/workers", "/failed", "/set-aside", "/schedules", &format!("/runs/{id}")] {
        let began = Instant::now();
        let page = browser.get(path).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{path} took {:?}", began.elapsed());
        assert_eq!(page.status, StatusCode::OK);
        page.says(&[silent]);
    }
    browser.post("/queues/low/resume", &[]).await.says(&["whether anything was done is not known"]);
    // Nobody comes in without auth-service, and it is clear why.
    product.process("auth-service").kill().expect("ends");
    browser.get("/").await.says(&["<h1>Overview</h1>"]);
    browser.post("/logout", &[]).await.says(&["You are logged out of this browser."]);
    let (email, password) = product.admin_credentials();
    browser.log_in(email, password, "").await.says(&["auth-service does not answer, so nobody can log in now"]);
}
