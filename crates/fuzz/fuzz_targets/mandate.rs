//! The terms of a mandate, which agents propose: what is accepted is within its bounds and reads as the same again.

#![no_main]

use chrono::{DateTime, TimeDelta, Utc};
use governance::mandate::{MANDATE_TYPE, Terms, covers};
use governance::template::check_condition;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let Ok(inputs) = serde_json::from_str::<Value>(text) else { return };
    let at: DateTime<Utc> = "2026-12-01T08:00:00Z".parse().expect("a time");
    let terms = match Terms::read(&inputs, at) {
        Ok(terms) => terms,
        Err(faults) => {
            assert!(!faults.is_empty());
            return fuzz::are_told(&faults);
        }
    };
    assert!((1..=100_000).contains(&terms.max_uses));
    assert!(terms.valid_until > at && terms.valid_until <= at + TimeDelta::days(366), "{terms:?}");
    assert_ne!(terms.workflow_type.as_str(), MANDATE_TYPE);
    assert_eq!(check_condition(&terms.condition), Ok(()));
    assert_eq!(Terms::read(&json!(terms), at).as_ref(), Ok(&terms));
    let _ = covers(&terms.condition, &inputs);
});
