//! Writing what was seen. Of several aggregators one writes, the one that holds a lock in the database; the others keep the
//! last minutes in mind, in case they have to go on.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use database::Connection;
use database::health::{history, incidents, take_the_pen};
use tokio_util::sync::CancellationToken;

use super::{History, lock};
use crate::incidents::Change;

/// How often what was seen is written.
const EVERY: Duration = Duration::from_secs(2);
/// How long writing may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many samples are written at a time.
const BATCH: usize = 2000;
/// How often what is old is deleted.
const FORGETS_EVERY: Duration = Duration::from_mins(10);
/// How long another may be silent before somebody notices that it does not write any more.
const OTHERS_LAST: TimeDelta = TimeDelta::minutes(2);

/// Writes until it is told to stop.
pub async fn run(history: &History, stop: &CancellationToken) {
    // The lock is the connection's: it goes when either does.
    let mut connection = None;
    let mut forgot_at: Option<Instant> = None;
    let mut was_written = true;
    loop {
        let is_over = stop.is_cancelled();
        let written = match tokio::time::timeout(PATIENCE, write(history, &mut connection, &mut forgot_at)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer".to_owned()),
        };
        match &written {
            Ok(()) if !was_written => tracing::info!("the history of health is written again"),
            Err(error) if was_written => {
                tracing::warn!("the history of health can't be written now, and waits in memory: {error}");
            }
            _ => {}
        }
        was_written = written.is_ok();
        if !was_written {
            // What a broken connection holds, nobody knows.
            connection = None;
        }
        if is_over {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn write(
    history: &History,
    connection: &mut Option<Connection>,
    forgot_at: &mut Option<Instant>,
) -> database::Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(database::connect(&history.url).await?),
    };
    if !take_the_pen(connection).await? {
        lock(&history.waiting).leave_to_another(Utc::now() - OTHERS_LAST);
        return Ok(());
    }
    write_changes(history, connection).await?;
    write_samples(history, connection).await?;
    if forgot_at.is_none_or(|at| at.elapsed() >= FORGETS_EVERY) {
        history::forget(connection, Utc::now()).await?;
        *forgot_at = Some(Instant::now());
    }
    Ok(())
}

async fn write_changes(history: &History, connection: &mut Connection) -> database::Result<()> {
    loop {
        let next = lock(&history.waiting).changes.front().copied();
        let Some((part, change)) = next else { return Ok(()) };
        match change {
            Change::Opened(impact, at) => incidents::open(connection, part.as_str(), impact, at).await?,
            Change::Closed(at) => incidents::close(connection, part.as_str(), at).await?,
        }
        let mut waiting = lock(&history.waiting);
        // Unless it had to make room meanwhile.
        if waiting.changes.front() == Some(&(part, change)) {
            waiting.changes.pop_front();
        }
    }
}

async fn write_samples(history: &History, connection: &mut Connection) -> database::Result<()> {
    loop {
        let batch: Vec<_> = lock(&history.waiting).samples.iter().take(BATCH).cloned().collect();
        if batch.is_empty() {
            return Ok(());
        }
        history::record(connection, &batch).await?;
        let mut waiting = lock(&history.waiting);
        // The first of them may have had to make room meanwhile.
        for sample in &batch {
            if waiting.samples.front() == Some(sample) {
                waiting.samples.pop_front();
            }
        }
    }
}
