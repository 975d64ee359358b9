//! What it costs to be watched.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use auth_service::settings::Settings;
use auth_service::{State, service};
use common::config::Env;
use common::metrics::Metrics;
use common::server;
use database::Pool;
use queue::Queue;
use reqwest::Client;
use testing::servers::free_port;

use crate::Effort;
use crate::identity::{add, answers_per_second, log_in, median};
use crate::report::{Figure, Goal};
use crate::stack::{Process, Stack, spawn, wait_for};

/// So many times as many rounds as elsewhere: what is looked for is smaller than the machine's noise.
const MORE: usize = 3;
/// A number of somebody who logs in nowhere else.
const PERSON: usize = 100;

/// Measures the cheapest endpoint, unwatched and watched as in production, in turn.
pub async fn measure(stack: &Stack, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let mut connection = database::connect(&stack.database_url("auth_service").into()).await?;
    add(&mut connection, PERSON, &bcrypt::hash(crate::identity::PASSWORD, 4)?).await?;
    let token = log_in(&Client::new(), stack, PERSON).await?;
    let (_sink, port) = start_sink().await?;
    let collector = format!("http://127.0.0.1:{port}");
    let sentry = format!("http://key@127.0.0.1:{port}/1");
    let mut unwatched = Command::new(std::env::current_exe()?);
    unwatched.arg("unwatched");
    let (_off, off) = stack.start_auth(unwatched, &[]).await?;
    let traced = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector);
    let (_on, on) = stack.another_auth(&[traced]).await?;
    let (_all, all) = stack.another_auth(&[traced, ("SENTRY_DSN", &sentry)]).await?;

    let me = |url: &str| answers_per_second(&format!("{url}/api/auth/me"), &token, effort.time);
    let (mut without, mut with, mut with_sentry) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds * MORE {
        without.push(me(&off)?);
        with.push(me(&on)?);
        with_sentry.push(me(&all)?);
    }
    let without = median(without);
    let figure = |name, rates| {
        let rate = median(rates);
        Figure {
            name,
            measured: format!("{rate:.0}/s"),
            limit: format!("{without:.0}/s"),
            ratio: rate / without,
            goal: Goal::AtLeast(0.95),
        }
    };
    Ok(vec![
        figure("`GET /api/auth/me` with logs, metrics and traces as in production, to without any", with),
        figure("the same with error reports to Sentry, too", with_sentry),
    ])
}

async fn start_sink() -> anyhow::Result<(Process, u16)> {
    let port = free_port()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["sink", &port.to_string()]);
    let process = spawn(command)?;
    wait_for(&format!("http://127.0.0.1:{port}/")).await?;
    Ok((process, port))
}

/// Takes whatever is sent.
pub fn serve_sink(port: u16) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let take = async |_: web::Bytes| HttpResponse::Ok().finish();
        HttpServer::new(move || {
            App::new().app_data(web::PayloadConfig::new(64 * 1024 * 1024)).default_service(web::to(take))
        })
        .workers(1)
        .bind((Ipv4Addr::LOCALHOST, port))?
        .run()
        .await?;
        Ok(())
    })
}

/// Is auth-service without a log, counters of requests, a collector, and Sentry: all else is the same.
pub async fn serve_unwatched() -> anyhow::Result<()> {
    let settings = Env::of_process().read(Settings::read)?;
    let (pool, queue) = (Pool::new(&settings.database)?, Queue::new(&settings.redis)?);
    let address = settings.http.bind_address;
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    let stop = server::stop_on_signal()?;
    let state = State::new(pool, queue, settings.identity)?;
    state.access.catch_up().await;
    tokio::spawn(state.access.clone().run(stop.clone()));
    let metrics = Metrics::new("auth-service")?;
    Ok(service(settings.http, metrics, state).serve_uncounted(listener, stop)?.await?)
}
