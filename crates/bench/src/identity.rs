//! Logins and the cheapest endpoint.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database::Connection;
use database::identity::users;
use reqwest::Client;
use serde_json::{Value, json};

use crate::Effort;
use crate::report::{Figure, Goal};
use crate::stack::{Stack, start_bare};

pub const PASSWORD: &str = "seven purple otters juggle";
const COST: u32 = 12;
/// People who log in at the same time: enough to keep every core busy, each with an account of their own.
const PEOPLE: usize = 8;
/// How often the cheapest endpoint is asked while its latency is measured, per second.
const RATE: u32 = 200;

/// Measures.
pub async fn measure(stack: &Stack, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let mut connection = database::connect(&stack.database_url("auth_service").into()).await?;
    let hash = bcrypt::hash(PASSWORD, COST)?;
    for number in 0..PEOPLE {
        add(&mut connection, number, &hash).await?;
    }
    let token = log_in(&Client::new(), stack, 0).await?;
    let mut figures = vec![throughput(stack, effort, &token).await?];
    figures.extend(logins(stack, effort, &hash, &token).await?);
    Ok(figures)
}

pub async fn add(connection: &mut Connection, number: usize, hash: &str) -> anyhow::Result<()> {
    let email = format!("person{number}@example.com").parse().map_err(anyhow::Error::msg)?;
    let name = format!("Person {number}").try_into().map_err(anyhow::Error::msg)?;
    users::create_admin(connection, &email, &name, hash).await?;
    Ok(())
}

pub async fn log_in(client: &Client, stack: &Stack, number: usize) -> anyhow::Result<String> {
    let credentials = json!({"email": format!("person{number}@example.com"), "password": PASSWORD});
    let answer = client.post(format!("{}/api/auth/login", stack.auth_url)).json(&credentials).send().await?;
    let body: Value = answer.error_for_status()?.json().await?;
    Ok(body["token"].as_str().context("a token")?.to_owned())
}

/// Answers per second of `GET /api/auth/me`, and of a bare endpoint with the same bytes.
async fn throughput(stack: &Stack, effort: Effort, token: &str) -> anyhow::Result<Figure> {
    let url = format!("{}/api/auth/me", stack.auth_url);
    let body = Client::new().get(&url).bearer_auth(token).send().await?.error_for_status()?.text().await?;
    let (_bare, bare_url) = start_bare(&body).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        limit.push(answers_per_second(&bare_url, token, effort.time)?);
        ours.push(answers_per_second(&url, token, effort.time)?);
    }
    let (ours, limit) = (median(ours), median(limit));
    Ok(Figure {
        name: "`GET /api/auth/me`, answers per second, to a bare endpoint with the same bytes",
        measured: format!("{ours:.0}/s"),
        limit: format!("{limit:.0}/s"),
        ratio: ours / limit,
        goal: Goal::AtLeast(0.85),
    })
}

pub fn answers_per_second(url: &str, token: &str, time: Duration) -> anyhow::Result<f64> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", "32", "--duration", &format!("{}s", time.as_secs())])
        .args(["--header", &format!("Authorization: Bearer {token}"), url])
        .output()
        .context("wrk can't be started: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(!said.contains("Non-2xx"), "{url} refuses: {said}");
    let rate = said.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    rate.and_then(|rate| rate.trim().parse().ok()).with_context(|| format!("wrk said: {said}"))
}

/// Logins per second against bare bcrypt, and what they do to others.
async fn logins(stack: &Stack, effort: Effort, hash: &str, token: &str) -> anyhow::Result<Vec<Figure>> {
    let (mut rates, mut limits, mut idle, mut busy) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        limits.push(checks_per_second(hash, effort.time));
        rates.push(logins_per_second(stack, effort.time).await?);
        idle.push(percentile_99(stack, effort.time, token).await?);
        let stop = Arc::new(AtomicBool::new(false));
        let storm = storm(stack, &stop, &Arc::default());
        busy.push(percentile_99(stack, effort.time, token).await?);
        stop.store(true, Ordering::Relaxed);
        storm.await;
    }
    let (rate, limit) = (median(rates), median(limits));
    let (idle, busy) = (median(idle), median(busy));
    Ok(vec![
        Figure {
            name: "logins per second, to bare bcrypt checks on the same cores",
            measured: format!("{rate:.2}/s"),
            limit: format!("{limit:.2}/s"),
            ratio: rate / limit,
            goal: Goal::AtLeast(0.95),
        },
        Figure {
            name: "`GET /api/auth/me`, p99 while logins saturate, to its p99 without them",
            measured: format!("{:.2} ms", busy * 1e3),
            limit: format!("{:.2} ms", idle * 1e3),
            ratio: busy / idle,
            goal: Goal::AtMost(2.0),
        },
    ])
}

/// What the cores can do: a thread each that does nothing but check a password.
fn checks_per_second(hash: &str, time: Duration) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let began = Instant::now();
    let check = || {
        let mut checks = 0_u32;
        while began.elapsed() < time {
            checks += u32::from(bcrypt::verify(PASSWORD, hash).unwrap_or(false));
        }
        checks
    };
    let checks: u32 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(check)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    f64::from(checks) / began.elapsed().as_secs_f64()
}

async fn logins_per_second(stack: &Stack, time: Duration) -> anyhow::Result<f64> {
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let storm = storm(stack, &stop, &done);
    // Until every core is busy.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, before) = (Instant::now(), done.load(Ordering::Relaxed));
    tokio::time::sleep(time).await;
    let logins = done.load(Ordering::Relaxed) - before;
    let elapsed = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    storm.await;
    ensure!(logins > 0, "nobody could log in");
    Ok(f64::from(u32::try_from(logins)?) / elapsed.as_secs_f64())
}

/// Logs people in, one login after the other each, until told to stop.
fn storm(stack: &Stack, stop: &Arc<AtomicBool>, done: &Arc<AtomicU64>) -> impl Future<Output = ()> + use<> {
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| {
            let (stop, done, url) = (stop.clone(), done.clone(), stack.auth_url.clone());
            tokio::spawn(async move {
                let client = Client::new();
                let credentials = json!({"email": format!("person{number}@example.com"), "password": PASSWORD});
                while !stop.load(Ordering::Relaxed) {
                    let sent = client.post(format!("{url}/api/auth/login")).json(&credentials).send().await;
                    if sent.is_ok_and(|answer| answer.status().is_success()) {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    async move {
        futures_util::future::join_all(people).await;
    }
}

/// The 99th percentile of the latency of `GET /api/auth/me` in seconds, asked at a fixed rate: a slow answer delays no
/// later question.
async fn percentile_99(stack: &Stack, time: Duration, token: &str) -> anyhow::Result<f64> {
    let (client, url) = (Client::new(), format!("{}/api/auth/me", stack.auth_url));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut asked = Vec::new();
    let began = Instant::now();
    while began.elapsed() < time {
        ticks.tick().await;
        let request = client.get(&url).bearer_auth(token);
        asked.push(tokio::spawn(async move {
            let sent = Instant::now();
            request.send().await?.error_for_status()?.bytes().await?;
            reqwest::Result::Ok(sent.elapsed())
        }));
    }
    let mut times = Vec::new();
    for answer in asked {
        times.push(answer.await??.as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 99 / 100])
}

/// The middle of several measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
