//! The genuine document that others are compared with, and what two documents must have in common to prove the same.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use database::audit::PublicKey;
use database::governance::evidence::{Evidence, NOT_COVERED};
use governance::digest::canonical;
use serde_json::Value;

/// The key that the genuine document's log is signed with.
pub static KEY: LazyLock<PublicKey> =
    LazyLock::new(|| include_str!("../../../frontend/src/evidence/fixtures/public-key.txt").parse().expect("a key"));

/// How much earlier than its row of the record a time in a document may be.
const TRANSACTION: TimeDelta = TimeDelta::minutes(5);

static GENUINE: LazyLock<Evidence> = LazyLock::new(|| {
    let text = include_str!("../../../frontend/src/evidence/fixtures/evidence.json");
    serde_json::from_str(text).expect("the document of the console's tests")
});

static PLACES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut places = Vec::new();
    collect(&serde_json::to_value(genuine()).expect("JSON"), "", &mut places);
    places
});

/// The document that the console's tests verify, too.
pub fn genuine() -> &'static Evidence {
    &GENUINE
}

/// The place of each value in the genuine document (RFC 6901), but of the whole.
pub fn places() -> &'static [String] {
    &PLACES
}

fn collect(value: &Value, at: &str, places: &mut Vec<String>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (name.clone(), part)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect(),
        _ => Vec::new(),
    };
    for (name, part) in parts {
        let place = format!("{at}/{name}");
        collect(part, &place, places);
        places.push(place);
    }
}

/// Checks that a document which was verified, and whose every row is in the signed log, says what the genuine one does,
/// but for what the check says that it does not cover, and for times that are a few minutes before their rows.
pub fn are_the_same(verified: &Evidence, genuine: &Evidence) {
    // One with fewer rows is of an earlier time: it says itself that what came later is open.
    if verified.audit.len() < genuine.audit.len() {
        return;
    }
    let mut ours = serde_json::to_value(verified).expect("JSON");
    let mut theirs = serde_json::to_value(genuine).expect("JSON");
    for place in NOT_COVERED {
        clear(&mut ours, place);
        clear(&mut theirs, place);
    }
    allow_earlier(&mut ours, &theirs);
    let (ours, theirs) = (canonical(&ours), canonical(&theirs));
    assert!(
        ours == theirs,
        "verified, but not the genuine one:\n{}\n{}",
        String::from_utf8_lossy(&ours),
        String::from_utf8_lossy(&theirs)
    );
}

/// Takes out what stands at a place; `*` is any index.
fn clear(value: &mut Value, place: &str) {
    let Some((name, rest)) = place.trim_start_matches('/').split_once('/') else {
        if let Some(old) = value.get_mut(place.trim_start_matches('/')) {
            *old = Value::Null;
        }
        return;
    };
    match value {
        Value::Array(items) if name == "*" => items.iter_mut().for_each(|item| clear(item, rest)),
        _ => {
            if let Some(part) = value.get_mut(name) {
                clear(part, rest);
            }
        }
    }
}

/// Puts the genuine time in the place of each that is at most [`TRANSACTION`] apart from it.
fn allow_earlier(ours: &mut Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in ours.iter_mut().filter(|(name, _)| *name != "record") {
                if let Some(other) = theirs.get(name) {
                    allow_earlier(value, other);
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.iter_mut().zip(theirs).for_each(|(value, other)| allow_earlier(value, other));
        }
        (Value::String(ours), Value::String(theirs)) => {
            if let (Ok(time), Ok(other)) = (ours.parse::<DateTime<Utc>>(), theirs.parse::<DateTime<Utc>>())
                && (time - other).abs() <= TRANSACTION
            {
                ours.clone_from(theirs);
            }
        }
        _ => {}
    }
}
