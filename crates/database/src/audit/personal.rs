//! Particulars that can be erased without breaking the chain.

use governance::digest::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Personal particulars and the salt of the commitment to them.
///
/// The commitment, which the record holds, is SHA-256 over the salt and the RFC 8785 form of the fields. The salt has
/// 256 random bits: once it is erased, nobody can find out by trying whose address it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The salt, in hexadecimal digits.
    #[serde(with = "hex::serde")]
    pub salt: [u8; 32],
    /// The particulars.
    pub fields: Value,
}

impl Personal {
    pub(super) fn new(fields: Value) -> Self {
        Self { salt: rand::random(), fields }
    }

    /// What the record holds of it.
    pub fn commitment(&self) -> Digest {
        Digest::of(&[&self.salt[..], &canonical(&self.fields)].concat())
    }
}
