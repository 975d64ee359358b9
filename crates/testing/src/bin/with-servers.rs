//! Runs a command with a private PostgreSQL and a private Redis, and leaves nothing behind.
//!
//! The command finds them by `TEST_DATABASE_URL`, whose `{role}` and `{database}` are to be filled in, and
//! `TEST_REDIS_URL`.

use std::process::{Command, ExitCode};

use anyhow::Context;
use testing::servers::{PostgresServer, RedisServer};
use testing::{TestDatabase, servers};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().context("usage: with-servers COMMAND [ARGUMENT ...]")?;
    let (postgres, redis) = (PostgresServer::start()?, RedisServer::start()?);
    let url = postgres.url("{role}", "{database}");
    TestDatabase::prepare_template(&url).await?;
    let mut child = Command::new(&program)
        .args(arguments)
        .env(servers::DATABASE_URL, &url)
        .env(servers::REDIS_URL, redis.url())
        .spawn()
        .with_context(|| format!("{program} can't be started"))?;
    // Ctrl-C reaches the command, too; wait for it to end, then stop the servers.
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = tokio::task::spawn_blocking(move || child.wait()).await??;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
