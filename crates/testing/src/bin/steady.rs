//! A client that works on while things happen to the stack: reads and proposals at a steady pace, each failure told.
//! Prints one line of JSON at the end: `{"requests": .., "failures": .., "slowest_ms": .., "first": ..}`.
#![expect(clippy::print_stdout, reason = "its answer")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::{Certificate, Client, Url};
use serde_json::{Value, json};
use testing::runtime::variable;
use tokio::time::MissedTickBehavior;

/// Below what NGINX lets one address have.
const PACE: Duration = Duration::from_millis(125);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (base, token) = (variable("API_URL")?, variable("TOKEN")?);
    let seconds: u64 = variable("SECONDS_TO_WORK")?.parse().context("SECONDS_TO_WORK is a number")?;
    let url: Url = base.parse()?;
    let authority = Certificate::from_pem(&std::fs::read(variable("CA_CERT")?)?)?;
    let host = url.host_str().context("API_URL has a host")?;
    let address = (Ipv4Addr::LOCALHOST, url.port_or_known_default().unwrap_or(443)).into();
    // As long as a person waits.
    let http = Client::builder()
        .tls_certs_merge([authority])
        .resolve(host, address)
        .timeout(Duration::from_secs(20))
        .build()?;
    let proposal = variable("PROPOSAL")?.parse::<Value>().context("PROPOSAL is JSON")?;

    let (mut requests, mut failures, mut slowest, mut first) = (0_u32, 0_u32, Duration::ZERO, Value::Null);
    let (began, mut ticks) = (Instant::now(), tokio::time::interval(PACE));
    // What was late is not caught up with: NGINX would refuse that.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while began.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        let request = match requests % 4 {
            0 => http.get(format!("{base}/api/auth/me")),
            1 => http.get(format!("{base}/api/workflows?limit=10")),
            2 => http.post(format!("{base}/api/workflows")).json(&proposal),
            _ => http.get(format!("{base}/api/councils")),
        };
        let asked = Instant::now();
        let answer = request.bearer_auth(&token).send().await;
        slowest = slowest.max(asked.elapsed());
        let fault = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("{}: {}", answer.status(), answer.text().await.unwrap_or_default())),
            Err(error) => Some(format!("{:#}", anyhow::Error::from(error))),
        };
        if let Some(fault) = fault {
            failures += 1;
            if first.is_null() {
                first = json!({"request": requests % 4, "after_ms": began.elapsed().as_millis(), "fault": fault});
            }
        }
        requests += 1;
    }
    println!(
        "{}",
        json!({"requests": requests, "failures": failures, "slowest_ms": slowest.as_millis(), "first": first})
    );
    Ok(())
}
