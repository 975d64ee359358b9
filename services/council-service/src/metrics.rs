//! What this service counts beyond requests.

use common::ids::WorkflowTypeId;
use common::metrics::BoundedLabel;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// Counts workflows.
pub struct Workflows {
    created: Counter<u64>,
    types: BoundedLabel,
}

impl Workflows {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        let created = meter.u64_counter("workflow_created_total").with_description("Workflows proposed and kept");
        Self { created: created.build(), types: BoundedLabel::default() }
    }

    /// Counts a proposal that was kept.
    pub fn created(&self, workflow_type: &WorkflowTypeId) {
        self.created.add(1, &[KeyValue::new("workflow_type", self.types.of(workflow_type.as_str()))]);
    }
}
