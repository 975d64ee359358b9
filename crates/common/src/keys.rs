//! Agents' keys: `cdx_<prefix>_<secret>`.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// What every key begins with; a credential that does not is a token.
pub const MARK: &str = "cdx_";

/// A key in its parts.
pub struct ApiKey {
    /// Tells keys apart; may be shown.
    pub prefix: String,
    /// Proves possession.
    pub secret: String,
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}_{}", self.prefix, self.secret)
    }
}

impl FromStr for ApiKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The secret may hold underscores; the prefix does not.
        let parts = text.strip_prefix(MARK).and_then(|rest| rest.split_once('_'));
        let parts = parts.filter(|(prefix, secret)| !prefix.is_empty() && !secret.is_empty());
        let (prefix, secret) = parts.ok_or("must look like cdx_<prefix>_<secret>")?;
        Ok(Self { prefix: prefix.to_owned(), secret: secret.to_owned() })
    }
}

/// What is kept of a secret.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::ApiKey;

    #[test]
    fn a_key_has_both_parts_and_is_written_as_it_was_read() {
        for key in ["cdx_a1b2_secret", "cdx_a1b2_under_scores_"] {
            assert_eq!(key.parse::<ApiKey>().map(|key| key.to_string()), Ok(key.to_owned()));
        }
        for bad in ["", "cdx_", "cdx_a1b2", "cdx_a1b2_", "cdx__secret", "CDX_a1b2_secret", "x_a1b2_secret"] {
            assert!(bad.parse::<ApiKey>().is_err(), "{bad}");
        }
    }
}
