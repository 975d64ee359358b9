//! The inputs of a proposal: what is accepted has one RFC 8785 form, which survives being written, kept and read.

#![no_main]

use governance::digest::{Digest, canonical};
use governance::inputs::Inputs;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let Some(inputs) = fuzz::round_trip::<Inputs>(text) else { return };
    let value = inputs.into_value();
    let form = canonical(&value);
    let again: Value = serde_json::from_slice(&form).expect("a form is JSON");
    assert_eq!(canonical(&again), form, "{}", String::from_utf8_lossy(&form));
    assert_eq!(Digest::of_json(&again), Digest::of_json(&value));
    let readable: Inputs = serde_json::from_slice(&form).expect("what is accepted is accepted in its form, too");
    drop(readable);
    let mut strings = Vec::new();
    fuzz::strings(&value, &mut strings);
    assert!(strings.iter().all(|text| !text.contains('\0')), "PostgreSQL keeps no NUL");
    // Whatever is told twice is told the same; whatever is changed is another.
    let mut changed = value.clone();
    changed["one more"] = Value::from(strings.len());
    assert!(changed == value || Digest::of_json(&changed) != Digest::of_json(&value));
});
