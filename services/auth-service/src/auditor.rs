//! Checks the record's chain, all the time: what is new at once, and once a day the whole.

use std::time::{Duration, Instant};

use chrono::Utc;
use database::audit::{self, PublicKey, Watch};
use database::{Pool, Result};
use tokio_util::sync::CancellationToken;

use crate::metrics::{AuditMetrics, AuditState};

/// How many links are checked in one read.
const SLICE: u16 = 2000;
/// Between two looks at what is new.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two slices of the whole, so that it takes a part of one core and of the database only.
const REST: Duration = Duration::from_millis(50);
/// How often the whole is checked.
const WHOLE: Duration = Duration::from_hours(24);
/// When the whole is checked again after a fault was found: it may have been mended.
const AFTER_FAULT: Duration = Duration::from_mins(5);

/// Checks until it is stopped, beginning with the whole. Any number of instances may run; each checks for itself.
pub async fn run(pool: Pool, key: Option<PublicKey>, metrics: AuditMetrics, stop: CancellationToken) {
    let mut auditor = Auditor { watch: Watch::new(key), state: AuditState::default(), whole_due: None, metrics };
    while !stop.is_cancelled() {
        let pause = match auditor.look(&pool).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!("the audit log can't be verified now: {error}");
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

struct Auditor {
    watch: Watch,
    state: AuditState,
    /// When the whole is to be checked next; none while it is under way.
    whole_due: Option<Instant>,
    metrics: AuditMetrics,
}

impl Auditor {
    /// Checks a slice, and says how long to wait for the next.
    async fn look(&mut self, pool: &Pool) -> Result<Duration> {
        let now = Instant::now();
        if self.whole_due.is_some_and(|due| due <= now) {
            self.watch = self.watch.again();
            self.whole_due = None;
        }
        let mut connection = pool.get().await?;
        let tail = audit::tail(&mut connection).await?;
        self.state.unsealed = Some((tail.rows.unsigned_abs(), tail.since));
        // Once broken, it is looked at again as a whole, and not before its time.
        let pause = if self.state.is_broken && self.whole_due.is_some() {
            PAUSE
        } else {
            match self.watch.advance(&mut connection, SLICE).await? {
                Ok(false) => REST,
                Ok(true) => {
                    self.holds(now);
                    PAUSE
                }
                Err(fault) => {
                    tracing::error!(holds = self.watch.position(), "the audit log is not as it was sealed: {fault}");
                    self.state.is_broken = true;
                    self.whole_due = Some(now + AFTER_FAULT);
                    PAUSE
                }
            }
        };
        self.metrics.set(self.state);
        Ok(pause)
    }

    /// The chain holds up to its end.
    fn holds(&mut self, now: Instant) {
        let at = Some(Utc::now());
        self.state.verified_at = at;
        if self.whole_due.is_none() {
            self.state.is_broken = false;
            self.state.verified_whole_at = at;
            self.whole_due = Some(now + WHOLE);
            tracing::info!(links = self.watch.position(), "the whole audit log is as it was sealed");
        }
    }
}
