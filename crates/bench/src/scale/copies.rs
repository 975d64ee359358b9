//! What is done to the database as a whole: copying it, and migrating it.

use std::time::Instant;

use database::connect;
use database::migrations::Migrator;

use super::clock::{Found, found, gigabytes, seconds};
use super::rows;
use crate::stack::Stack;

/// Copies the server and has the copy answer; then takes the migrations back that no release has, and applies them.
pub async fn measure(stack: &Stack, superuser: &str) -> anyhow::Result<Vec<Found>> {
    let mut all = Vec::new();
    let began = Instant::now();
    let copy = stack.copy()?;
    let (took, bytes) = (seconds(began), copy.bytes()?);
    let shown = format!("{took:.0} s, {:.1} GB", gigabytes(bytes));
    all.push(found("a copy by `pg_basebackup` until it answers", shown, took * 1e3, None));
    drop(copy);

    let mut connection = connect(&superuser.to_owned().into()).await?;
    let applied = rows(&mut connection, "__diesel_schema_migrations").await?;
    let mut migrator = Migrator::new(connection);
    let released = include_str!("../../../../migrations/released").lines().filter(|line| !line.starts_with('#'));
    for _ in released.count()..usize::try_from(applied)? {
        migrator.back()?;
    }
    loop {
        let began = Instant::now();
        let Some(migration) = migrator.forward()? else { break };
        let took = seconds(began);
        all.push(found(format!("migration `{migration}`"), format!("{took:.1} s"), took * 1e3, None));
    }
    Ok(all)
}
