//! JSON that comes from outside and is kept: only what survives storage and digesting unchanged.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest integer that every JSON reader keeps exactly (RFC 7493, 2.2).
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
const MAX_DEPTH: usize = 32;

/// A JSON object that is I-JSON (RFC 7493), at most 32 levels deep and free of NUL characters.
///
/// So its RFC 8785 form, and with it the digest that a council approves, is the same in every language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
#[schema(value_type = Object)]
pub struct Inputs(Map<String, Value>);

impl Inputs {
    /// The object as a value.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

impl TryFrom<Map<String, Value>> for Inputs {
    type Error = String;

    fn try_from(map: Map<String, Value>) -> Result<Self, String> {
        for (name, value) in &map {
            check_text(name)?;
            check(value, MAX_DEPTH).map_err(|fault| format!("{name}: {fault}"))?;
        }
        Ok(Self(map))
    }
}

impl From<Inputs> for Map<String, Value> {
    fn from(inputs: Inputs) -> Self {
        inputs.0
    }
}

/// Checks any JSON value by the same rules.
pub fn check(value: &Value, depth: usize) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("is nested more than {MAX_DEPTH} levels deep"));
    }
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            // A larger integer arrives as a float, of which we can't know what was meant either.
            let safe = magnitude.is_none_or(|magnitude| magnitude <= MAX_SAFE_INTEGER)
                && number.as_f64().is_some_and(|float| float.fract() != 0.0 || float.abs() < 9_007_199_254_740_992.0);
            if safe { Ok(()) } else { Err(format!("{number} is beyond 2^53: send it as a string")) }
        }
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth - 1)),
        Value::Object(map) => map.iter().try_for_each(|(name, value)| {
            check_text(name)?;
            check(value, depth - 1)
        }),
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if text.contains('\0') { Err("must not contain the NUL character".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Inputs, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn what_would_not_survive_storage_is_refused() {
        assert!(read(r#"{"a": [1, 0.5, "x", {"b": null}], "n": 9007199254740991}"#).is_ok());
        for bad in [r"[]", r#"{"n": 9007199254740993}"#, r#"{"n": 1e300}"#, r#"{"t": "a\u0000b"}"#, r#"{"a\u0000": 1}"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        assert!(read(&deep).expect_err("too deep").contains("32 levels"));
    }
}
