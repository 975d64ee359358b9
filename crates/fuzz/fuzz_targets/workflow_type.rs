//! A workflow type with inputs: `{"input_schema", "steps", "inputs"}`.
//!
//! What is sound can be proposed by: its schema checks any inputs, its steps are shown by a dry run, and its digest does
//! not depend on how it was written.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use governance::definition::{Step, faults};
use governance::digest::proposal_digest;
use governance::dry_run::dry_run;
use governance::inputs::Inputs;
use governance::{schema, secrets};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    input_schema: Value,
    steps: Vec<Step>,
    #[serde(default)]
    inputs: Option<Inputs>,
}

fuzz_target!(|text: &str| {
    let Ok(Given { input_schema, steps, inputs }) = serde_json::from_str(text) else { return };
    let told = faults(&input_schema, &steps);
    fuzz::are_told(&told);
    assert_eq!(faults(&input_schema, &steps), told, "it is told the same each time");
    if !told.is_empty() {
        return;
    }
    let written = json!(steps);
    assert_eq!(serde_json::from_value::<Vec<Step>>(written.clone()).expect("steps"), steps);
    let names = secrets::used(&steps);
    assert_eq!(secrets::missing(&steps, &names), []);
    assert_eq!(secrets::missing(&steps, &BTreeSet::new()).is_empty(), names.is_empty());

    let inputs = inputs.map_or(json!({}), Inputs::into_value);
    let violations = schema::violations(&input_schema, &inputs);
    fuzz::are_told(&violations);
    for (_, fault) in &violations {
        assert!(!fault.contains("is not a usable JSON Schema"), "{fault} of {input_schema}");
    }
    let kind = "a.b".parse().expect("an id");
    let digest = |schema: &Value, steps: &Value, inputs: &Value| proposal_digest(&kind, 1, schema, steps, inputs);
    let again =
        |value: &Value| serde_json::from_str(&serde_json::to_string_pretty(value).expect("JSON")).expect("JSON");
    assert_eq!(
        digest(&input_schema, &written, &inputs),
        digest(&again(&input_schema), &again(&written), &again(&inputs)),
    );
    if violations.is_empty() {
        match dry_run(&steps, &inputs, &BTreeMap::new()) {
            Ok(shown) => assert_eq!(shown.len(), steps.len()),
            Err(faults) => fuzz::are_told(&faults),
        }
    }
});
