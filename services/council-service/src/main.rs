//! Starts council-service, or runs one of its commands.

use std::net::TcpListener;

use access::Access;
use anyhow::Context;
use clap::Parser;
use common::config::Env;
use common::encryption::Encryption;
use common::metrics::Metrics;
use common::{server, telemetry};
use council_service::commands::{self, Command};
use council_service::council_gauges::CouncilGauges;
use council_service::events::Events;
use council_service::service;
use council_service::settings::Settings;
use database::{Pool, ReadPool};
use queue::{Announcer, Queue};
use secrecy::ExposeSecret;

/// What may run: councils, workflow types, proposals and votes.
#[derive(Parser)]
#[command(version = common::VERSION)]
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
    let settings = Env::of_process().read(Settings::read)?;
    let telemetry = telemetry::start(&settings.telemetry, "council-service", common::VERSION)?;
    let metrics = Metrics::new("council-service")?;
    telemetry.count_lost_lines(&metrics.meter());
    let pool = Pool::new(&settings.database)?;
    let reads = ReadPool::new(pool.clone(), settings.replica.as_ref())?;
    let queue = Queue::new(&settings.redis)?;
    let encryption = Encryption::new(settings.encryption_key.expose_secret()).map_err(anyhow::Error::msg)?;
    let address = settings.http.bind_address;
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    let stop = server::stop_on_signal()?;

    let access = Access::new(settings.keys.ring()?, settings.keys.fetcher()?, pool.clone(), queue.clone());
    access.catch_up().await;
    let announcer = Announcer::new("council-service", common::VERSION, address).controlling(telemetry.level());
    let events = Events::new(&settings.events, pool.clone(), &metrics.meter());
    let background = [
        tokio::spawn(announcer.run(queue.clone(), stop.clone())),
        tokio::spawn(access.clone().run(stop.clone())),
        tokio::spawn(events.clone().run(access.verifier.clone(), stop.clone())),
        tokio::spawn(CouncilGauges::new(&metrics.meter()).run(pool, stop.clone())),
        tokio::spawn(reads.clone().run(stop.clone())),
    ];
    tracing::info!(version = common::VERSION, "council-service listens on {address}");
    service(settings.http, metrics, reads, queue, access, encryption, events).serve(listener, stop)?.await?;
    for task in background {
        task.await.context("a background task panicked")?;
    }
    Ok(())
}
