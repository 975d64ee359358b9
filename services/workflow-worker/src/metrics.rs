//! What this service counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::ids::WorkflowTypeId;
use database::webhooks::sending::Next;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// Counts runs, and shows how long the queue is.
#[derive(Clone)]
pub struct RunMetrics {
    completed: Counter<u64>,
    failed: Counter<u64>,
    queue_length: Arc<AtomicU64>,
}

impl RunMetrics {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        let queue_length = Arc::new(AtomicU64::new(0));
        let shown = queue_length.clone();
        meter
            .u64_observable_gauge("rq_queue_length")
            .with_description("Workflows that wait for a worker")
            .with_callback(move |gauge| {
                gauge.observe(shown.load(Ordering::Relaxed), &[KeyValue::new("queue", "workflows")]);
            })
            .build();
        Self {
            completed: meter.u64_counter("workflow_completed_total").with_description("Workflows completed").build(),
            failed: meter.u64_counter("workflow_failed_total").with_description("Workflows failed").build(),
            queue_length,
        }
    }

    /// Counts a completed run.
    pub fn completed(&self, workflow_type: &WorkflowTypeId) {
        self.completed.add(1, &[KeyValue::new("workflow_type", workflow_type.to_string())]);
    }

    /// Counts a failed run.
    pub fn failed(&self, workflow_type: &WorkflowTypeId) {
        self.failed.add(1, &[KeyValue::new("workflow_type", workflow_type.to_string())]);
    }

    /// Shows the length of the queue.
    pub fn set_queue_length(&self, length: u64) {
        self.queue_length.store(length, Ordering::Relaxed);
    }
}

/// Counts attempts at webhooks.
#[derive(Clone)]
pub struct WebhookMetrics(Counter<u64>);

impl WebhookMetrics {
    /// Makes the instrument.
    pub fn new(meter: &Meter) -> Self {
        let attempts = meter.u64_counter("webhook_deliveries_total").with_description("Attempts to deliver webhooks");
        Self(attempts.build())
    }

    /// Counts an attempt by what comes next.
    pub fn attempted(&self, next: Next) {
        let outcome = match next {
            Next::Delivered => "delivered",
            Next::Again(_) => "retried",
            Next::GiveUp => "failed",
            Next::Disable => "disabled",
        };
        self.0.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}
