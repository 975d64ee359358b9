//! What a council grants in advance: "20 refunds of at most 5,000 a week until Friday".
//!
//! A mandate is proposed, reviewed and proved like any other workflow, by the type [`MANDATE_TYPE`]: its terms are the
//! inputs, so that the councils vote on the digest of the very terms. It is granted when that workflow runs.

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::WorkflowTypeId;
use common::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::definition::Fault;
use crate::template::{self, Scope};

/// The type of a workflow that grants a mandate. The migrations bring it.
pub const MANDATE_TYPE: &str = "governance.mandate";

/// The longest that a mandate holds, in days.
const MAX_DAYS: i64 = 366;

text_enum! {
    /// Over which time uses are counted.
    pub enum Per {
        /// 24 hours.
        Day = "day",
        /// 7 days.
        Week = "week",
        /// 30 days.
        Month = "month",
        /// All the time that the mandate holds.
        Ever = "ever",
    }
}

impl Per {
    /// How long a use counts, in days: the window slides, so that no two of them touch.
    pub const fn days(self) -> Option<i32> {
        match self {
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::Month => Some(30),
            Self::Ever => None,
        }
    }
}

/// What is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Workflows of which type may run.
    pub workflow_type: WorkflowTypeId,
    /// What must be true of their inputs, such as `inputs.amount <= 5000`.
    pub condition: String,
    /// How many of them.
    #[schema(minimum = 1, maximum = 100_000)]
    pub max_uses: i32,
    /// In which time.
    pub per: Per,
    /// Until when.
    pub valid_until: DateTime<Utc>,
}

impl Terms {
    /// Reads the inputs of a proposal, and tells everything that is wrong with them at `at`, by JSON Pointer.
    pub fn read(inputs: &Value, at: DateTime<Utc>) -> Result<Self, Vec<Fault>> {
        let terms: Self =
            serde_json::from_value(inputs.clone()).map_err(|fault| vec![(String::new(), fault.to_string())])?;
        let mut faults = Vec::new();
        if terms.workflow_type.as_str() == MANDATE_TYPE {
            faults.push(("/workflow_type".to_owned(), "no mandate grants mandates".to_owned()));
        }
        if terms.condition.len() > 2000 {
            faults.push(("/condition".to_owned(), "must have at most 2000 bytes".to_owned()));
        } else if let Err(fault) = template::check_condition(&terms.condition) {
            faults.push(("/condition".to_owned(), fault.to_string()));
        }
        if !(1..=100_000).contains(&terms.max_uses) {
            faults.push(("/max_uses".to_owned(), "must be 1 to 100000".to_owned()));
        }
        if terms.valid_until <= at || terms.valid_until > at + TimeDelta::days(MAX_DAYS) {
            let detail = format!("must be later than now, and at most {MAX_DAYS} days from now");
            faults.push(("/valid_until".to_owned(), detail));
        }
        if faults.is_empty() { Ok(terms) } else { Err(faults) }
    }
}

/// Whether a mandate's condition is true of inputs. One that can't be evaluated, because an input is missing or of
/// another type, is not.
pub fn covers(condition: &str, inputs: &Value) -> bool {
    let scope = Scope { inputs: inputs.clone(), ..Scope::default() };
    template::is_true(condition, &scope).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_terms_are_checked_before_anybody_votes_on_them() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let good = json!({
            "workflow_type": "shop.refund", "condition": "inputs.amount <= 5000", "max_uses": 20, "per": "week",
            "valid_until": "2027-01-20T00:00:00Z",
        });
        assert_eq!(Terms::read(&good, at).expect("terms").max_uses, 20);
        let places = |change: Value| {
            let mut terms = good.clone();
            terms.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            let faults = Terms::read(&terms, at).expect_err("faults");
            faults.into_iter().map(|(at, _)| at).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(places(json!({"workflow_type": "governance.mandate"})), "/workflow_type");
        assert_eq!(places(json!({"condition": "amount <= 1", "max_uses": 0})), "/condition /max_uses");
        assert_eq!(places(json!({"valid_until": "2027-01-15T00:00:00Z"})), "/valid_until");
        assert_eq!(places(json!({"valid_until": "2030-01-01T00:00:00Z"})), "/valid_until");
        assert_eq!(places(json!({"per": "minute"})), "");
    }

    #[test]
    fn what_can_not_be_evaluated_is_not_covered() {
        let at_most = "inputs.amount <= 5000";
        assert!(covers(at_most, &json!({"amount": 5000})));
        assert!(!covers(at_most, &json!({"amount": 5000.01})));
        assert!(!covers(at_most, &json!({})));
        assert!(!covers("inputs.amount.cents < 1", &json!({"amount": 1})));
    }
}
