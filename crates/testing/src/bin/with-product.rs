//! Runs a command with the whole product of its own, seeded with the first councils and workflow types, and leaves nothing
//! behind.
//!
//! The command finds the services by `AUTH_URL`, `COUNCIL_URL`, `WORKER_URL` and `HEALTH_URL`. With the `DATABASE_URL` that
//! it has, auth-service's commands reach the database.

use std::process::{Command, ExitCode};

use anyhow::Context;
use testing::Product;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().context("usage: with-product COMMAND [ARGUMENT ...]")?;
    // The command stands for a proxy, too: it says whom it asks for.
    let mut product = Product::start(&[("TRUSTED_PROXIES", "127.0.0.1/32"), ("LOG_LEVEL", "warn")]).await?;
    product.seed()?;
    let mut command = Command::new(&program);
    command.args(arguments).env("DATABASE_URL", product.database_url("auth-service"));
    for (variable, service) in [
        ("AUTH_URL", "auth-service"),
        ("COUNCIL_URL", "council-service"),
        ("WORKER_URL", "workflow-worker"),
        ("HEALTH_URL", "health-aggregator"),
    ] {
        command.env(variable, product.url(service));
    }
    let mut child = command.spawn().with_context(|| format!("{program} can't be started"))?;
    // Ctrl-C reaches the command, too; wait for it to end, then stop the product.
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = tokio::task::spawn_blocking(move || child.wait()).await??;
    product.stop()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
