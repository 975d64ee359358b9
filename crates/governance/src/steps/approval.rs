//! Asks councils whether the run may go on.

use common::ids::CouncilId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use crate::definition::Fault;

/// The longest question, in characters.
const MAX_QUESTION: usize = 2000;

/// What an `approval` step asks, and whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Which council; those that answer for the type when not said.
    #[serde(default)]
    pub council: Option<CouncilId>,
    /// What is asked.
    pub question: String,
}

impl Kind for Approval {
    fn output_schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "approved": {"type": "boolean"}, "round": {"type": "integer"},
                "councils": {"type": "array", "items": {"type": "string"}},
            },
        })
    }

    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let fits = (1..=MAX_QUESTION).contains(&self.question.trim().chars().count());
        if is_final(&self.question) && (!fits || self.question.contains('\0')) {
            let fault = format!("must have 1 to {MAX_QUESTION} characters, none of them NUL");
            return vec![("/question".to_owned(), fault)];
        }
        Vec::new()
    }
}
