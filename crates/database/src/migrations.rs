//! The schema's history, carried in the binary.

use diesel_async::{AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Applies what is missing and returns the names of what it applied.
///
/// Blocks its thread: call it where nothing else runs, on a multi-threaded runtime.
pub fn run(connection: AsyncPgConnection) -> anyhow::Result<Vec<String>> {
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow::anyhow!(error))?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Takes everything back. For tests: it forgets all data.
pub fn revert_all(connection: AsyncPgConnection) -> anyhow::Result<()> {
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.revert_all_migrations(MIGRATIONS).map_err(|error| anyhow::anyhow!(error))?;
    Ok(())
}
