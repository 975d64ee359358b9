//! Proposes what schedules are due, in every worker: the database lets each time be proposed once.

use std::time::Duration;

use common::metrics::BoundedLabel;
use common::telemetry::chain;
use database::schedules::RunOutcome;
use database::schedules::fire::{Fired, fire_next};
use database::{Pool, Result};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(500);

/// Fires schedules.
pub struct Firing {
    pool: Pool,
    fired: Counter<u64>,
    created: Counter<u64>,
    types: BoundedLabel,
}

impl Firing {
    /// Prepares to fire, and makes the instruments.
    pub fn new(pool: Pool, meter: &Meter) -> Self {
        let fired = meter.u64_counter("schedules_fired_total").with_description("Times of schedules that were due");
        let created = meter.u64_counter("workflow_created_total").with_description("Workflows proposed and kept");
        let fired = fired.build();
        // So that they are shown before there is anything to count.
        for outcome in RunOutcome::ALL {
            fired.add(0, &[KeyValue::new("outcome", outcome.as_str())]);
        }
        Self { pool, fired, created: created.build(), types: BoundedLabel::default() }
    }

    /// Fires what is due until it is stopped. Any number may run.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.fire_next().await {
                // There may be more.
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(error = chain(&error), "schedules can't be fired now"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn fire_next(&self) -> Result<bool> {
        let Some(fired) = fire_next(&mut *self.pool.get().await?).await? else { return Ok(false) };
        for one in &fired {
            self.count(one);
        }
        Ok(true)
    }

    fn count(&self, fired: &Fired) {
        self.fired.add(1, &[KeyValue::new("outcome", fired.outcome.as_str())]);
        if fired.outcome == RunOutcome::Proposed {
            self.created.add(1, &[KeyValue::new("workflow_type", self.types.of(fired.workflow_type.as_str()))]);
        }
        if let Some(fault) = &fired.fault {
            tracing::error!(workflow_type = %fired.workflow_type, due_at = %fired.due_at, "a schedule could not propose: {fault}");
        }
    }
}
