//! Showing everything that is measured.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::ensure;
use common::config::{DEFAULT_CONCURRENCY, HttpSettings};
use common::metrics::Metrics;
use common::server::Service;
use opentelemetry::KeyValue;
use reqwest::Client;
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Effort;
use crate::identity::median;
use crate::report::{Figure, Goal};

/// Routes whose requests were counted and timed, each in so many series: the buckets, the sum and the count.
const ROUTES: usize = 400;
const SERIES_OF_ROUTE: usize = 16;
/// The rest are counters.
const SERIES: usize = 10_000;
const SCRAPES_OF_ROUND: usize = 20;
const GOAL_MILLISECONDS: f64 = 50.0;

/// Measures how long a scrape of ten thousand series takes, and how long to fetch the same bytes.
pub async fn measure(effort: Effort) -> anyhow::Result<Figure> {
    let stop = CancellationToken::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}/metrics", listener.local_addr()?);
    let http = HttpSettings {
        bind_address: listener.local_addr()?,
        console_origin: None,
        trusted_proxies: Vec::new(),
        workers: 1,
        concurrency: DEFAULT_CONCURRENCY,
    };
    let routes = |_: &mut ServiceConfig<'_>| {};
    let service = Service { http, metrics: measured()?, checks: BTreeMap::new(), routes };
    tokio::spawn(service.serve_uncounted(listener, stop.clone())?);

    let client = Client::new();
    let text = client.get(&url).send().await?.error_for_status()?.text().await?;
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    ensure!(series >= SERIES, "only {series} series are shown");
    let bytes = web::Bytes::from(text);
    let bare = HttpServer::new(move || {
        let bytes = bytes.clone();
        let answer = move || std::future::ready(HttpResponse::Ok().content_type("text/plain").body(bytes.clone()));
        App::new().default_service(web::to(answer))
    });
    let bare = bare.workers(1).disable_signals().bind((Ipv4Addr::LOCALHOST, 0))?;
    let bare_url = format!("http://{}/", bare.addrs()[0]);
    let bare = bare.run();
    let handle = bare.handle();
    tokio::spawn(bare);

    let (mut scrapes, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds * SCRAPES_OF_ROUND {
        limits.push(milliseconds(&client, &bare_url).await?);
        scrapes.push(milliseconds(&client, &url).await?);
    }
    stop.cancel();
    handle.stop(false).await;
    let (scrape, limit) = (median(scrapes), median(limits));
    Ok(Figure {
        name: "a scrape of 10,000 series, median, to the 50 ms that it may take",
        measured: format!("{scrape:.1} ms"),
        limit: format!("{GOAL_MILLISECONDS} ms; the same bytes alone take {limit:.1} ms"),
        ratio: scrape / GOAL_MILLISECONDS,
        goal: Goal::AtMost(1.0),
    })
}

/// Metrics as a busy service has them: histograms of many routes, and counters.
fn measured() -> anyhow::Result<Metrics> {
    let metrics = Metrics::new("bench")?;
    let meter = metrics.meter();
    let seconds = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let durations = meter.f64_histogram("http_request_duration_seconds").with_boundaries(seconds).build();
    for number in 0..ROUTES {
        let labels = [KeyValue::new("method", "GET"), KeyValue::new("route", format!("/api/things/{number}/{{id}}"))];
        durations.record(0.003, &labels);
    }
    // One instrument may have two thousand series, by the library's default; what is more is shown as one.
    for (name, share) in [("first_total", 1800), ("second_total", SERIES - ROUTES * SERIES_OF_ROUTE - 1800)] {
        let counter = meter.u64_counter(name).build();
        for number in 0..share {
            counter.add(1, &[KeyValue::new("workflow_type", format!("website.thing_{number}"))]);
        }
    }
    Ok(metrics)
}

async fn milliseconds(client: &Client, url: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    client.get(url).send().await?.error_for_status()?.bytes().await?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}
