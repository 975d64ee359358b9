//! Changes to a genuine document: no change to what is proved goes unseen.
//!
//! Each line is one: the number of a value in the document, counted through it, then the JSON that takes its place or,
//! without any, nothing, which takes the value out. A line `unsealed` takes the rows of the record out of the log first:
//! then nothing vouches for them, and everything that the check makes of them is made of what a forger says.

#![no_main]

use std::sync::LazyLock;

use database::governance::evidence::{Evidence, verify};
use fuzz::evidence::{KEY, are_the_same, genuine, places};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(genuine()).expect("JSON"));

/// Takes a value out of a document.
fn take_out(document: &mut Value, place: &str) {
    let Some((at, name)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(at) {
        Some(Value::Object(fields)) => drop(fields.remove(name)),
        Some(Value::Array(items)) => {
            if let Some(index) = name.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// Takes the seals off, and the checkpoints away.
fn unseal(document: &mut Value) {
    document["checkpoints"] = json!([]);
    for row in document["audit"].as_array_mut().into_iter().flatten() {
        *row = json!({"position": null, "previous_hash": null, "hash": null, "proof": null, "record": row["record"]});
    }
}

fuzz_target!(|text: &str| {
    let mut document = DOCUMENT.clone();
    if text.starts_with("unsealed") {
        unseal(&mut document);
    }
    for line in text.lines().take(8) {
        let (number, value) = line.split_once(' ').unwrap_or((line, ""));
        let Ok(number) = number.parse::<usize>() else { continue };
        let place = &places()[number % places().len()];
        if value.is_empty() {
            take_out(&mut document, place);
        } else if let Some(old) = document.pointer_mut(place) {
            *old = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        }
    }
    let Ok(evidence) = serde_json::from_value::<Evidence>(document) else { return };
    match verify(&evidence, Some(&KEY)) {
        Ok(verdict) if verdict.complete => are_the_same(&evidence, genuine()),
        Ok(verdict) => assert!(!verdict.leaves_open.is_empty()),
        Err(fault) => assert!(fault.at.is_empty() || fault.at.starts_with('/'), "{fault}"),
    }
    let _ = verify(&evidence, None);
});
