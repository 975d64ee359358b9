//! auth-service over HTTP, on a real PostgreSQL.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod accounts;
mod admin;
mod audit;
mod bad_input;
mod commands;
mod evidence;
mod lockout;
mod login;
mod matrix;
mod notifications;
mod second_factor;
mod sessions;
mod tokens;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use auth_service::settings::{IdentitySettings, SigningSettings};
use auth_service::{State, service};
use common::metrics::Metrics;
use database::identity::sessions::Lifetimes;
use serde_json::json;
use testing::{Answer, Client, JWT_SECRET, Served, TestDatabase, TestRedis};

/// How the tests' service makes tokens: passwords cost little here, everything else is as in production.
fn identity() -> IdentitySettings {
    IdentitySettings {
        signing: SigningSettings::of_secret(JWT_SECRET),
        token_lifetime: Duration::from_hours(24),
        sessions: Lifetimes { session: Duration::from_hours(30 * 24), idle: Duration::from_hours(7 * 24) },
        bcrypt_cost: 4,
        encryption_key: "a key for tests of at least 32 characters".into(),
    }
}

/// The password of every account that tests make over HTTP.
const PASSWORD: &str = "seven purple otters juggle";

/// Adds a person `<name>@example.com` who can log in, and returns their id.
async fn account(admin: &Client, name: &str) -> String {
    let new = json!({
        "email": format!("{name}@example.com"), "name": name, "role": "council_operator", "password": PASSWORD,
    });
    admin.post("/api/admin/users", &new).await.expect(201)["id"].as_str().expect("an id").to_owned()
}

/// Logs in, expecting to get in.
async fn log_in(client: &Client, email: &str) -> Answer {
    let answer = client.post("/api/auth/login", &json!({"email": email, "password": PASSWORD})).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    answer
}

/// The refresh cookie that an answer sets, as a browser would send it back.
fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().expect("text");
    set.split(';').next().expect("a pair").to_owned()
}

/// The refresh cookie of a new login.
async fn refresh_cookie_of(client: &Client, email: &str) -> String {
    cookie_of(&log_in(client, email).await)
}

/// The code of an authenticator, so many steps from now.
fn code_of(secret: &str, steps: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).build().expect("an authenticator");
    let at = chrono::Utc::now().timestamp() + steps * 30;
    totp.generate(at.try_into().expect("a time")).to_string()
}

/// Runs the service's own program, as an operator would.
fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command_told(arguments, environment, "")
}

/// The service's own program.
fn program() -> Command {
    let program = std::env::current_exe()
        .expect("this test")
        .parent()
        .and_then(|deps| deps.parent())
        .map(|target| target.join("auth-service"));
    Command::new(program.expect("a target folder"))
}

/// Runs it and tells it this on standard input.
fn command_told(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let mut child = program()
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs: build the workspace's programs first");
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("ends")
}

/// What it said.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// Serves auth-service.
async fn serve(database: &TestDatabase) -> Served {
    serve_with(database, &TestRedis::shared(), identity()).await
}

/// Serves it with this Redis and these settings.
async fn serve_with(database: &TestDatabase, redis: &TestRedis, identity: IdentitySettings) -> Served {
    let metrics = Metrics::new("auth-service").expect("metrics");
    let state = State::new(database.pool("auth_service"), redis.queue(), identity).expect("a state");
    let access = state.access.clone();
    access.catch_up().await;
    Served::start(service(Served::http_settings(), metrics, state)).beside(|stop| access.run(stop))
}
