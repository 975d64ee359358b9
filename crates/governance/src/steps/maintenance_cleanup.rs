//! Deletes what is kept no longer.

use common::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use crate::definition::Fault;

text_enum! {
    /// What can be deleted. Nothing of it is part of the record or of evidence: those are kept for ever.
    pub enum What {
        /// What steps and runs came to, of workflows that completed. Their digests stay.
        Outputs = "outputs",
        /// What programs were told, once that has ended.
        WebhookDeliveries = "webhook_deliveries",
        /// First answers to requests with an `Idempotency-Key`.
        IdempotencyKeys = "idempotency_keys",
    }
}

/// What a `maintenance.cleanup` step deletes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cleanup {
    /// What is older than so many days: 7 to 3650.
    pub older_than_days: u32,
    /// What of it.
    pub what: Vec<What>,
    /// Whether it is only counted; yes when not said.
    #[serde(default = "yes")]
    pub dry_run: bool,
}

fn yes() -> bool {
    true
}

impl Kind for Cleanup {
    fn output_schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "dry_run": {"type": "boolean"},
                "before": {"type": "string", "format": "date-time"},
                "rows": {"type": "object"},
            },
        })
    }

    fn faults(&self, _: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(7..=3650).contains(&self.older_than_days) {
            faults.push(("/older_than_days".to_owned(), "must be 7 to 3650".to_owned()));
        }
        if self.what.is_empty() {
            faults.push(("/what".to_owned(), "must name something".to_owned()));
        }
        for (index, what) in self.what.iter().enumerate() {
            if self.what[..index].contains(what) {
                faults.push((format!("/what/{index}"), format!("{what} stands here twice")));
            }
        }
        faults
    }

    fn shown(&self, mut with: Value) -> Value {
        with["dry_run"] = json!(self.dry_run);
        with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_young_is_deleted_and_nothing_at_all_unless_it_is_said() {
        let places = |with: Value| {
            let cleanup: Cleanup = serde_json::from_value(with).map_err(|error| error.to_string())?;
            let faults = cleanup.faults(&|_| true).into_iter();
            Ok::<_, String>((cleanup.dry_run, faults.map(|(at, _)| at).collect::<Vec<_>>().join(" ")))
        };
        assert_eq!(places(json!({"older_than_days": 7, "what": ["outputs"]})), Ok((true, String::new())));
        assert_eq!(
            places(json!({"older_than_days": 6, "what": ["outputs", "outputs"], "dry_run": false})),
            Ok((false, "/older_than_days /what/1".to_owned()))
        );
        assert_eq!(
            places(json!({"older_than_days": 3651, "what": []})),
            Ok((true, "/older_than_days /what".to_owned()))
        );
        assert!(places(json!({"older_than_days": 30, "what": ["audit_log"]})).is_err());
    }
}
