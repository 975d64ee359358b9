#![doc = include_str!("../README.md")]

pub mod evidence;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The two parts of an input: its first line and the rest.
pub fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The two parts of an input whose first part may have several lines: what stands before and after a line `---`.
pub fn sections(text: &str) -> (&str, &str) {
    text.split_once("\n---\n").unwrap_or((text, ""))
}

/// Reads a value from JSON and checks that what was accepted is written as something that reads as the same.
pub fn round_trip<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(json: &str) -> Option<T> {
    let value: T = serde_json::from_str(json).ok()?;
    let written = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(value, again, "read from {written}");
    Some(value)
}

/// Checks the places of faults: each is empty or a JSON Pointer (RFC 6901), and each fault says something.
pub fn are_told(faults: &[(String, String)]) {
    for (place, fault) in faults {
        assert!(place.is_empty() || place.starts_with('/'), "{place:?} is no place");
        assert!(!fault.is_empty(), "nothing is said of {place}");
    }
}

/// Every string in a value.
pub fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => {
            for (name, item) in fields {
                found.push(name);
                strings(item, found);
            }
        }
        _ => {}
    }
}
