//! Random secrets that are handed out once and kept as hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::keys::secret_hash;

/// A secret of 256 random bits: nobody guesses it, so a fast hash of it is enough.
pub struct OneTimeSecret {
    /// What is handed out.
    pub text: String,
    /// What is kept.
    pub hash: [u8; 32],
}

impl OneTimeSecret {
    /// Makes one.
    pub fn generate() -> Self {
        let text = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        Self { hash: secret_hash(&text), text }
    }
}
