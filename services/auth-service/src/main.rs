//! Starts auth-service, or runs one of its commands.

use std::net::TcpListener;

use anyhow::Context;
use auth_service::commands::{self, Command};
use auth_service::mail::Mailer;
use auth_service::metrics::AuditMetrics;
use auth_service::settings::Settings;
use auth_service::{State, auditor, janitor, sealer, service};
use clap::Parser;
use common::config::Env;
use common::metrics::Metrics;
use common::{server, telemetry};
use database::audit::CheckpointKey;
use database::{Pool, ReadPool};
use queue::{Announcer, Queue};
use secrecy::ExposeSecret;

/// Who you are: logins, users, agents, and the audit log.
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
    let telemetry = telemetry::start(&settings.telemetry, "auth-service", common::VERSION)?;
    let metrics = Metrics::new("auth-service")?;
    telemetry.count_lost_lines(&metrics.meter());
    let pool = Pool::new(&settings.database)?;
    let reads = ReadPool::new(pool.clone(), settings.replica.as_ref())?;
    let queue = Queue::new(&settings.redis)?;
    let audit_key = settings.audit_key.as_ref().map(|pem| CheckpointKey::of_pem(pem.expose_secret()));
    let audit_key = audit_key.transpose().map_err(anyhow::Error::msg)?;
    if audit_key.is_none() {
        tracing::warn!("no checkpoints of the audit log are signed: AUDIT_SIGNING_KEY is not set");
    }
    let address = settings.http.bind_address;
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    let stop = server::stop_on_signal()?;

    let state = State::new(reads.clone(), queue.clone(), settings.identity)?;
    state.access.catch_up().await;
    let announcer = Announcer::new("auth-service", common::VERSION, address).controlling(telemetry.level());
    let (audit_metrics, public_key) =
        (AuditMetrics::new(&metrics.meter()), audit_key.as_ref().map(CheckpointKey::public));
    let background = [
        tokio::spawn(announcer.run(queue, stop.clone())),
        tokio::spawn(state.access.clone().run(stop.clone())),
        tokio::spawn(state.signer.clone().run(stop.clone())),
        tokio::spawn(sealer::run(pool.clone(), audit_key, stop.clone())),
        tokio::spawn(auditor::run(pool.clone(), public_key, audit_metrics, stop.clone())),
        tokio::spawn(Mailer::new(pool.clone(), &settings.mail)?.run(stop.clone())),
        tokio::spawn(janitor::run(pool, stop.clone())),
        tokio::spawn(reads.run(stop.clone())),
    ];
    tracing::info!(version = common::VERSION, "auth-service listens on {address}");
    service(settings.http, metrics, state).serve(listener, stop)?.await?;
    for task in background {
        task.await.context("a background task panicked")?;
    }
    Ok(())
}
