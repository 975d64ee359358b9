//! Starts workflow-worker.

use std::net::TcpListener;

use anyhow::Context;
use clap::{Parser, Subcommand};
use common::config::Env;
use common::metrics::Metrics;
use common::{health_check, server, telemetry};
use database::Pool;
use queue::{Announcer, Queue};
use workflow_worker::settings::{DEFAULT_PORT, Settings};
use workflow_worker::{Engine, service};

/// What runs: executes approved workflows, and looks after everything that is due.
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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        None => serve().await,
        Some(Command::Health) => health_check::ask(Env::of_process(), DEFAULT_PORT),
    }
}

async fn serve() -> anyhow::Result<()> {
    let settings = Env::of_process().read(Settings::read)?;
    let telemetry = telemetry::start(&settings.telemetry, "workflow-worker", common::VERSION)?;
    let metrics = Metrics::new("workflow-worker")?;
    telemetry.count_lost_lines(&metrics.meter());
    let pool = Pool::new(&settings.database)?;
    let queue = Queue::new(&settings.redis)?;
    let address = settings.http.bind_address;
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    let stop = server::stop_on_signal()?;

    let announcer = Announcer::new("workflow-worker", common::VERSION, address).controlling(telemetry.level());
    let name = announcer.id().to_owned();
    let announcing = tokio::spawn(announcer.run(queue.clone(), stop.clone()));
    let engine = Engine::start(name, settings.database, pool.clone(), queue, settings.engine, &metrics, &stop)?;
    tracing::info!(version = common::VERSION, "workflow-worker listens on {address}");
    service(settings.http, metrics, pool, engine.consuming).serve(listener, stop)?.await?;
    engine.tasks.wait().await;
    announcing.await.context("a background task panicked")
}
