//! Grants the mandate that the inputs are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dry, Kind};
use crate::definition::{Fault, Step};
use crate::template::Scope;

/// What a `grant_mandate` step is given: nothing, the inputs are all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantMandate {}

impl Kind for GrantMandate {
    const COMES_WITH_THE_PRODUCT: bool = true;

    fn output_schema() -> Value {
        json!({"type": "object"})
    }

    fn faults(&self, _: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        Vec::new()
    }

    fn dry_run(_: &Step, scope: &Scope) -> Dry {
        Dry { with: scope.inputs.clone(), ..Dry::default() }
    }
}
