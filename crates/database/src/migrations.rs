//! The schema's history, carried in the binary.
//!
//! Migrations run beside services that work. One that waits for a lock on a table makes everybody wait behind it who comes
//! later, readers too; so none waits for longer than [`LOCK_TIMEOUT`] at a time. `docs/deploying.md` says what migrations may do.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");
/// How long a migration waits for a lock before it lets those pass who wait behind it, and tries again.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it is tried again.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_secs(1);
/// Of those who migrate one database at the same time, one does it and the others wait: "migrate" in ASCII.
const ONE_AT_A_TIME: i64 = 0x006d_6967_7261_7465;

/// Applies what is missing and returns the names of what it applied.
///
/// Blocks its thread: call it where nothing else runs, on a multi-threaded runtime.
pub fn run(connection: AsyncPgConnection) -> anyhow::Result<Vec<String>> {
    let mut migrator = Migrator::new(connection);
    migrator.wait_for_others()?;
    std::iter::from_fn(|| migrator.forward().transpose()).collect()
}

/// Takes everything back. For tests: it forgets all data.
pub fn revert_all(connection: AsyncPgConnection) -> anyhow::Result<()> {
    let mut migrator = Migrator::new(connection);
    while migrator.back()?.is_some() {}
    Ok(())
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    is_ours: bool,
}

/// Applies migrations one by one. Blocks its thread, as [`run`] does.
pub struct Migrator(AsyncConnectionWrapper<AsyncPgConnection>);

impl Migrator {
    /// Takes a connection with the owner's role.
    pub fn new(connection: AsyncPgConnection) -> Self {
        Self(connection.into())
    }

    /// Waits until nobody else migrates this database. The lock is gone with the connection.
    fn wait_for_others(&mut self) -> anyhow::Result<()> {
        let query = format!("SELECT pg_try_advisory_lock({ONE_AT_A_TIME}) AS is_ours");
        // Asked again and again: who waits inside a query holds up CREATE INDEX CONCURRENTLY.
        tokio::task::block_in_place(|| {
            while !diesel::sql_query(&query).get_result::<Locked>(&mut self.0)?.is_ours {
                std::thread::sleep(PAUSE);
            }
            Ok(())
        })
    }

    /// Applies the first migration that is missing and returns its name; none is.
    pub fn forward(&mut self) -> anyhow::Result<Option<String>> {
        tokio::task::block_in_place(|| {
            let pending = self.0.pending_migrations(MIGRATIONS).map_err(anyhow::Error::msg)?;
            let Some(next) = pending.into_iter().next() else { return Ok(None) };
            // What runs outside a transaction, CREATE INDEX CONCURRENTLY, makes nobody wait, and must not end half way.
            let limit = if next.metadata().run_in_transaction() { LOCK_TIMEOUT } else { Duration::ZERO };
            self.0.batch_execute(&format!("SET lock_timeout = {}", limit.as_millis()))?;
            let began = Instant::now();
            loop {
                match self.0.run_migration(&next) {
                    Ok(_) => return Ok(Some(next.name().to_string())),
                    Err(error) if error.to_string().contains("lock timeout") && began.elapsed() < PATIENCE => {
                        std::thread::sleep(PAUSE);
                    }
                    Err(error) => return Err(anyhow::anyhow!("{}: {error}", next.name())),
                }
            }
        })
    }

    /// Takes the last migration back and returns its version; none is left.
    pub fn back(&mut self) -> anyhow::Result<Option<String>> {
        tokio::task::block_in_place(|| {
            if self.0.applied_migrations().map_err(anyhow::Error::msg)?.is_empty() {
                return Ok(None);
            }
            let version = self.0.revert_last_migration(MIGRATIONS).map_err(anyhow::Error::msg)?;
            Ok(Some(version.to_string()))
        })
    }
}
