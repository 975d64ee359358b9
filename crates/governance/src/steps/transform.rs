//! Makes a value of other values.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use crate::definition::Fault;
use crate::inputs;

/// The longest output, in bytes of JSON.
const MAX_BYTES: usize = 1024 * 1024;

/// What a `transform` step makes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// Any JSON; once its expressions are evaluated, it is the output.
    pub value: Value,
}

impl Kind for Transform {
    const IS_PURE: bool = true;

    fn output_schema() -> Value {
        json!(true)
    }

    fn faults(&self, _: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let fault = match inputs::check(&self.value, 32) {
            Err(fault) => fault,
            Ok(()) if self.value.to_string().len() > MAX_BYTES => format!("must have at most {MAX_BYTES} bytes"),
            Ok(()) => return Vec::new(),
        };
        vec![("/value".to_owned(), fault)]
    }

    fn output(&self) -> Option<Value> {
        Some(self.value.clone())
    }
}
