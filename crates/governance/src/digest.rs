//! What exactly was approved: SHA-256 over the RFC 8785 form.

use std::fmt;
use std::str::FromStr;

use common::ids::WorkflowTypeId;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bytea;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

/// A SHA-256 digest; 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bytea)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct Digest([u8; 32]);

impl Default for Digest {
    /// What the first link of a chain follows.
    fn default() -> Self {
        Self::ZERO
    }
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(<Sha256 as sha2::Digest>::digest(bytes).into())
    }

    /// The digest of a JSON value's RFC 8785 form.
    pub fn of_json(value: &Value) -> Self {
        Self::of(&canonical(value))
    }

    /// The digest that links a record to the one before it: over the earlier digest, then the record's form.
    pub fn chained(previous: Self, record: &Value) -> Self {
        Self::of(&[previous.0.as_slice(), &canonical(record)].concat())
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the first link of a chain follows.
    pub const ZERO: Self = Self([0; 32]);
}

/// The digest that a council approves and a worker runs by: over the type, its version, its schema and steps, and the inputs.
pub fn proposal_digest(
    workflow_type: &WorkflowTypeId,
    version: i32,
    input_schema: &Value,
    steps: &Value,
    inputs: &Value,
) -> Digest {
    Digest::of_json(&json!({
        "workflow_type": workflow_type,
        "version": version,
        "input_schema": input_schema,
        "steps": steps,
        "inputs": inputs,
    }))
}

/// The RFC 8785 form: sorted keys, no spaces, one way to write each number and string.
pub fn canonical(value: &Value) -> Vec<u8> {
    // It fails on non-finite numbers only, which a JSON value can't hold.
    serde_json_canonicalizer::to_vec(value).unwrap_or_default()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| "must be 64 hexadecimal digits")?;
        Ok(Self(bytes))
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl FromSql<Bytea, Pg> for Digest {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Bytea, Pg>>::from_sql(value)?;
        Ok(Self(bytes.try_into().map_err(|_| "a digest has 32 bytes")?))
    }
}

impl ToSql<Bytea, Pg> for Digest {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <[u8; 32] as ToSql<Bytea, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_json_does_not_matter_and_everything_else_does() {
        let of = |inputs: &str, version| {
            let inputs = serde_json::from_str(inputs).expect("json");
            proposal_digest(&"web.publish".parse().expect("id"), version, &json!({}), &json!([]), &inputs)
        };
        let digest = of(r#"{"a": 1, "b": 2.0}"#, 1);
        assert_eq!(digest, of(r#"{ "b": 2, "a": 1.0 }"#, 1));
        assert_ne!(digest, of(r#"{"a": 1, "b": 3}"#, 1));
        assert_ne!(digest, of(r#"{"a": 1, "b": 2.0}"#, 2));
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }
}
