//! Starts health-aggregator.

use std::net::{SocketAddr, TcpListener};

use access::Access;
use anyhow::Context;
use clap::{Parser, Subcommand};
use common::config::Env;
use common::metrics::Metrics;
use common::{health_check, server, telemetry};
use database::Pool;
use health_aggregator::history::History;
use health_aggregator::monitor::Monitor;
use health_aggregator::probe::Prober;
use health_aggregator::service;
use health_aggregator::settings::{DEFAULT_PORT, Settings};
use queue::{Announcer, Queue};

/// How it is: health, status, queues, and the job monitor.
#[derive(Parser)]
#[command(version = common::VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Tell whether the service that runs here is ready, for a container's health check.
    Health,
    /// Print the API's OpenAPI document.
    Openapi,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        None => serve().await,
        Some(Command::Health) => health_check::ask(Env::of_process(), DEFAULT_PORT),
        Some(Command::Openapi) => print_openapi(),
    }
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn print_openapi() -> anyhow::Result<()> {
    println!("{}", health_aggregator::openapi().to_pretty_json()?);
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))
}

async fn serve() -> anyhow::Result<()> {
    let settings = Env::of_process().read(Settings::read)?;
    let telemetry = telemetry::start(&settings.telemetry, "health-aggregator", common::VERSION)?;
    let metrics = Metrics::new("health-aggregator")?;
    telemetry.count_lost_lines(&metrics.meter());
    let pool = Pool::new(&settings.database)?;
    let queue = Queue::new(&settings.redis)?;
    let access = Access::new(settings.keys.ring()?, settings.keys.fetcher()?, pool.clone(), queue.clone());
    let monitor = Monitor::new(pool.clone(), queue.clone(), &access, &settings.http, settings.addresses)?;
    let prober = Prober::new(pool.clone(), queue.clone(), settings.targets)?;
    let history = History::new(pool.clone(), settings.database.url.clone(), prober.clone());
    let (listener, page) = (listen(settings.http.bind_address)?, listen(settings.job_monitor_address)?);
    let stop = server::stop_on_signal()?;

    let announcer = Announcer::new("health-aggregator", common::VERSION, listener.local_addr()?);
    let announcing = tokio::spawn(announcer.controlling(telemetry.level()).run(queue, stop.clone()));
    let probing = tokio::spawn(prober.clone().run(stop.clone()));
    let recording = tokio::spawn(history.clone().run(stop.clone()));
    let verifier = access.verifier.clone();
    tokio::spawn(access.run(stop.clone()));
    let monitor = monitor.serve(page, stop.clone())?;
    tracing::info!(version = common::VERSION, "health-aggregator listens on {}", settings.http.bind_address);
    tokio::try_join!(service(settings.http, metrics, pool, prober, history, verifier).serve(listener, stop)?, monitor)?;
    tokio::try_join!(announcing, probing, recording)?;
    Ok(())
}
