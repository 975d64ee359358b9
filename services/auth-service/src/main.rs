//! Starts auth-service, or runs one of its commands.

use std::net::TcpListener;

use anyhow::Context;
use auth_service::commands::{self, Command};
use auth_service::settings::Settings;
use auth_service::{State, sealer, service};
use clap::Parser;
use common::config::Env;
use common::metrics::Metrics;
use common::{server, telemetry};
use database::Pool;
use queue::{Announcer, Queue};

/// Who you are: logins, users, agents, and the audit log.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        None => serve().await,
        Some(command) => commands::run(command).await,
    }
}

async fn serve() -> anyhow::Result<()> {
    let settings = Settings::read(Env::of_process())?;
    let _telemetry = telemetry::start(&settings.telemetry, "auth-service", env!("CARGO_PKG_VERSION"))?;
    let metrics = Metrics::new("auth-service")?;
    let pool = Pool::new(&settings.database)?;
    let queue = Queue::new(&settings.redis)?;
    let address = settings.http.bind_address;
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    let stop = server::stop_on_signal()?;

    let state = State::new(pool.clone(), settings.identity)?;
    let sealing = tokio::spawn(sealer::run(pool, stop.clone()));
    let announcing =
        tokio::spawn(Announcer::new("auth-service", env!("CARGO_PKG_VERSION"), address).run(queue, stop.clone()));
    tracing::info!("auth-service listens on {address}");
    service(settings.http, metrics, state).serve(listener, stop)?.await?;
    let (sealed, announced) = tokio::join!(sealing, announcing);
    sealed.and(announced).context("a background task panicked")
}
