//! What this service counts beyond requests.

use common::ids::WorkflowTypeId;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// Counts workflows.
pub struct Workflows {
    created: Counter<u64>,
}

impl Workflows {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        let created = meter.u64_counter("workflow_created_total").with_description("Workflows proposed and kept");
        Self { created: created.build() }
    }

    /// Counts a proposal that was kept. Types are few, and made by admins: their label can't explode.
    pub fn created(&self, workflow_type: &WorkflowTypeId) {
        self.created.add(1, &[KeyValue::new("workflow_type", workflow_type.to_string())]);
    }
}
