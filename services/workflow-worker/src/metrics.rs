//! What this service counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::metrics::BoundedLabel;
use common::priority::Priority;
use database::execution::{Claim, Reconciliation};
use database::webhooks::sending::Next;
use governance::definition::StepKind;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::steps::{Outcome, Retry, StepError};

/// From the claim of a workflow that does nothing to one that waits for days, in seconds.
const RUN_BOUNDS: [f64; 14] =
    [0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0];
/// From a template to a call that takes as long as it may, in seconds.
const STEP_BOUNDS: [f64; 12] = [0.0005, 0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0];

/// What is looked at from time to time, and shown.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    /// How many entries of each queue wait for a worker.
    pub waiting: Vec<(Priority, u64)>,
    /// How many wait for their time.
    pub delayed: u64,
    /// Entries that nobody could deal with.
    pub dead_entries: u64,
    /// Since when the oldest workflow waits for a worker.
    pub oldest_queued: Option<DateTime<Utc>>,
}

/// Counts runs, and shows how the queues are.
#[derive(Clone)]
pub struct RunMetrics {
    completed: Counter<u64>,
    failed: Counter<u64>,
    duration: Histogram<f64>,
    waited: Histogram<f64>,
    step_duration: Histogram<f64>,
    attempts: Counter<u64>,
    leases_lost: Counter<u64>,
    unapproved: Counter<u64>,
    types: BoundedLabel,
    in_flight: Arc<AtomicU64>,
    failed_runs: Arc<AtomicU64>,
    gauges: Arc<Mutex<Gauges>>,
    reconciliation: Arc<Mutex<Reconciliation>>,
}

fn seconds(meter: &Meter, name: &'static str, what: &'static str, bounds: &[f64]) -> Histogram<f64> {
    meter.f64_histogram(name).with_description(what).with_boundaries(bounds.to_vec()).build()
}

impl RunMetrics {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        let counter = |name, what| meter.u64_counter(name).with_description(what).build();
        let metrics = Self {
            completed: counter("workflow_completed_total", "Workflows completed"),
            failed: counter("workflow_failed_total", "Workflows failed"),
            duration: seconds(
                meter,
                "workflow_duration_seconds",
                "From the first claim of a workflow to its end",
                &RUN_BOUNDS,
            ),
            waited: seconds(
                meter,
                "workflow_queue_wait_seconds",
                "From sending a workflow to the workers to its first claim",
                &RUN_BOUNDS,
            ),
            step_duration: seconds(meter, "workflow_step_duration_seconds", "Attempts at steps", &STEP_BOUNDS),
            attempts: counter("workflow_step_attempts_total", "Attempts at steps"),
            leases_lost: counter("workflow_leases_lost_total", "Leases that ran out before their run had ended"),
            unapproved: counter("workflow_unapproved_runs_total", "Runs without an approval; never one"),
            types: BoundedLabel::default(),
            in_flight: Arc::default(),
            failed_runs: Arc::default(),
            gauges: Arc::default(),
            reconciliation: Arc::default(),
        };
        // So that they are shown before there is anything to count.
        metrics.leases_lost.add(0, &[]);
        metrics.unapproved.add(0, &[]);
        metrics.observe(meter);
        metrics
    }

    fn observe(&self, meter: &Meter) {
        let gauges = self.gauges.clone();
        let read = move || gauges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let gauge = |name, what| meter.u64_observable_gauge(name).with_description(what);
        let shown = read.clone();
        gauge("rq_queue_length", "Workflows that wait for a worker")
            .with_callback(move |gauge| {
                for (priority, length) in shown().waiting {
                    gauge.observe(length, &[KeyValue::new("queue", priority.as_str())]);
                }
            })
            .build();
        let shown = read.clone();
        gauge("workflow_delayed", "Workflows that wait for a time")
            .with_callback(move |gauge| gauge.observe(shown().delayed, &[]))
            .build();
        let (shown, failed_runs) = (read.clone(), self.failed_runs.clone());
        gauge("workflow_dead_letters", "Runs that failed for good, and entries that nobody could deal with")
            .with_callback(move |gauge| {
                gauge.observe(failed_runs.load(Ordering::Relaxed), &[KeyValue::new("kind", "run")]);
                gauge.observe(shown().dead_entries, &[KeyValue::new("kind", "entry")]);
            })
            .build();
        meter
            .f64_observable_gauge("workflow_oldest_job_age_seconds")
            .with_description("How long the oldest workflow has waited for a worker")
            .with_callback(move |gauge| {
                let age = read().oldest_queued.map_or(0, |since| (Utc::now() - since).num_milliseconds().max(0));
                gauge.observe(Duration::from_millis(age.unsigned_abs()).as_secs_f64(), &[]);
            })
            .build();
        let in_flight = self.in_flight.clone();
        gauge("workflow_in_flight", "Workflows that this worker runs")
            .with_callback(move |gauge| gauge.observe(in_flight.load(Ordering::Relaxed), &[]))
            .build();
        let reconciliation = self.reconciliation.clone();
        meter
            .i64_observable_gauge("workflow_orphans")
            .with_description("Approved workflows that nothing will ever move; never one")
            .with_callback(move |gauge| {
                gauge.observe(reconciliation.lock().unwrap_or_else(PoisonError::into_inner).orphans, &[]);
            })
            .build();
    }

    /// Counts a run as under way, for as long as what is returned is kept.
    pub fn started(&self, claim: &Claim) -> InFlight {
        if let (Some(since), true) = (claim.enqueued_at, claim.run.fence == 1) {
            self.waited.record(between(since, claim.claimed_at), &self.of_type(claim));
        }
        if claim.is_taken_over {
            self.leases_lost.add(1, &[]);
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.in_flight.clone())
    }

    /// Counts a completed run.
    pub fn completed(&self, claim: &Claim) {
        self.completed.add(1, &self.of_type(claim));
        self.duration.record(between(claim.started_at, Utc::now()), &self.of_type(claim));
    }

    /// Counts a failed run.
    pub fn failed(&self, claim: &Claim) {
        self.failed.add(1, &self.of_type(claim));
        self.duration.record(between(claim.started_at, Utc::now()), &self.of_type(claim));
    }

    fn of_type(&self, claim: &Claim) -> [KeyValue; 1] {
        [KeyValue::new("workflow_type", self.types.of(claim.workflow_type.as_str()))]
    }

    /// Counts an attempt at a step by what came of it.
    pub fn attempted(&self, kind: StepKind, took: Duration, outcome: &Result<Outcome, StepError>) {
        let outcome = match outcome {
            Ok(_) => "done",
            Err(StepError { retry: Retry::Never, .. }) => "refused",
            Err(_) => "failed",
        };
        let labels = [KeyValue::new("kind", kind.as_str()), KeyValue::new("outcome", outcome)];
        self.attempts.add(1, &labels);
        self.step_duration.record(took.as_secs_f64(), &labels[..1]);
    }

    /// Shows how the queues are.
    pub fn set_gauges(&self, gauges: Gauges) {
        *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = gauges;
    }

    /// Shows how many runs have failed for good.
    pub fn set_failed_runs(&self, failed: i64) {
        self.failed_runs.store(failed.unsigned_abs(), Ordering::Relaxed);
    }

    /// Shows what comparing approvals with runs has found.
    pub fn set_reconciliation(&self, found: Reconciliation) {
        self.unapproved.add(found.unapproved.unsigned_abs(), &[]);
        *self.reconciliation.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// Counts a run as under way.
pub struct InFlight(Arc<AtomicU64>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).to_std().unwrap_or_default().as_secs_f64()
}

/// Counts attempts at webhooks.
#[derive(Clone)]
pub struct WebhookMetrics(Counter<u64>);

impl WebhookMetrics {
    /// Makes the instrument.
    pub fn new(meter: &Meter) -> Self {
        let attempts = meter.u64_counter("webhook_deliveries_total").with_description("Attempts to deliver webhooks");
        let metrics = Self(attempts.build());
        // So that they are shown before there is anything to count.
        for next in [Next::Delivered, Next::Again(Duration::ZERO), Next::GiveUp, Next::Disable] {
            metrics.add(next, 0);
        }
        metrics
    }

    /// Counts an attempt by what comes next.
    pub fn attempted(&self, next: Next) {
        self.add(next, 1);
    }

    fn add(&self, next: Next, count: u64) {
        let outcome = match next {
            Next::Delivered => "delivered",
            Next::Again(_) => "retried",
            Next::GiveUp => "failed",
            Next::Disable => "disabled",
        };
        self.0.add(count, &[KeyValue::new("outcome", outcome)]);
    }
}
