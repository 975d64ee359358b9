//! Encryption of small secrets that the database keeps, under a key that it does not hold.
//!
//! AES-256-GCM with a random 96-bit nonce for each value (NIST SP 800-38D), under a key derived from `ENCRYPTION_KEY`
//! with HKDF-SHA256 (RFC 5869). The context, such as whose secret it is, is authenticated: a value that was moved to
//! another row can't be read there. Several keys may be given, one a line: the first encrypts, all decrypt.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::config::Env;

/// The fewest characters of a key.
pub const MIN_KEY: usize = 32;
const FORMAT: u8 = 1;
const ID: usize = 4;
const HEADER: usize = 1 + ID + NONCE_LEN;

/// A value that can't be encrypted or decrypted: altered, moved, or of a key that is gone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value can't be decrypted: it was altered, moved, or its key is gone")]
pub struct Undecipherable;

/// Reads `ENCRYPTION_KEY`.
pub fn read_key(env: &mut Env) -> Option<SecretString> {
    env.secret_source("ENCRYPTION_KEY", |text| Encryption::new(text).map(drop))?;
    env.secret("ENCRYPTION_KEY", MIN_KEY)
}

struct Key {
    id: [u8; ID],
    key: LessSafeKey,
}

/// Encrypts and decrypts.
pub struct Encryption(Vec<Key>);

impl Encryption {
    /// Takes keys, one a line, of at least [`MIN_KEY`] characters each.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() || lines.iter().any(|line| line.chars().count() < MIN_KEY) {
            return Err("each key needs at least 32 characters");
        }
        lines.into_iter().map(Key::derive).collect::<Option<_>>().map(Self).ok_or("the keys can't be derived")
    }

    /// Encrypts a value for this context.
    pub fn encrypt(&self, context: &str, value: &[u8]) -> Result<Vec<u8>, Undecipherable> {
        let Key { id, key } = self.0.first().ok_or(Undecipherable)?;
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| Undecipherable)?;
        let mut sealed = value.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context.as_bytes()), &mut sealed)
            .map_err(|_| Undecipherable)?;
        Ok([&[FORMAT][..], id, &nonce, &sealed].concat())
    }

    /// What was encrypted for this context, encrypted under the first key; none when it is already.
    pub fn renew(&self, context: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, Undecipherable> {
        let value = Zeroizing::new(self.decrypt(context, sealed)?);
        let is_current = self.0.first().is_some_and(|first| sealed[1..=ID] == first.id);
        if is_current { Ok(None) } else { self.encrypt(context, &value).map(Some) }
    }

    /// Decrypts what was encrypted for this context.
    pub fn decrypt(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, Undecipherable> {
        let (header, value) = sealed.split_at_checked(HEADER).ok_or(Undecipherable)?;
        let (id, nonce) = (&header[1..=ID], &header[1 + ID..]);
        let key = self.0.iter().find(|key| header[0] == FORMAT && key.id == id).ok_or(Undecipherable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Undecipherable)?;
        let mut value = value.to_vec();
        let length =
            key.key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut value).map_err(|_| Undecipherable)?.len();
        value.truncate(length);
        Ok(value)
    }
}

impl Key {
    fn derive(text: &str) -> Option<Self> {
        let material = hkdf::Salt::new(hkdf::HKDF_SHA256, b"codex-dominion").extract(text.as_bytes());
        let mut id = [0; ID];
        material.expand(&[b"id"], Length(ID)).ok()?.fill(&mut id).ok()?;
        let mut bytes = [0; 32];
        material.expand(&[b"aes-256-gcm"], Length(32)).ok()?.fill(&mut bytes).ok()?;
        Some(Self { id, key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?) })
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the old key, of 32 characters or more";
    const NEW: &str = "the new key, of 32 characters or more";

    #[test]
    fn only_the_same_context_and_a_key_that_is_kept_can_decrypt() {
        let old = Encryption::new(OLD).expect("a key");
        let sealed = old.encrypt("totp:ada", b"a secret").expect("encrypts");
        assert_eq!(old.decrypt("totp:ada", &sealed).expect("decrypts"), b"a secret");
        assert_eq!(old.decrypt("totp:eve", &sealed), Err(Undecipherable));
        assert_ne!(sealed, old.encrypt("totp:ada", b"a secret").expect("encrypts"), "a nonce of its own");

        let rotated = Encryption::new(&format!("{NEW}\n{OLD}")).expect("keys");
        assert_eq!(rotated.decrypt("totp:ada", &sealed).expect("decrypts"), b"a secret");
        let renewed = rotated.encrypt("totp:ada", b"a secret").expect("encrypts");
        assert_eq!(old.decrypt("totp:ada", &renewed), Err(Undecipherable));
        assert!(Encryption::new(NEW).expect("a key").decrypt("totp:ada", &renewed).is_ok());
    }

    #[test]
    fn what_an_old_key_encrypted_is_renewed_under_the_first() {
        let (old, rotated) =
            (Encryption::new(OLD).expect("a key"), Encryption::new(&format!("{NEW}\n{OLD}")).expect("keys"));
        let sealed = old.encrypt("totp:ada", b"a secret").expect("encrypts");
        let renewed = rotated.renew("totp:ada", &sealed).expect("decrypts").expect("is renewed");
        let new = Encryption::new(NEW).expect("a key");
        assert_eq!(new.decrypt("totp:ada", &renewed).expect("decrypts"), b"a secret");
        assert_eq!(rotated.renew("totp:ada", &renewed), Ok(None));
        assert_eq!(rotated.renew("totp:eve", &renewed), Err(Undecipherable));
        assert_eq!(new.renew("totp:ada", &sealed), Err(Undecipherable), "its key is gone");
    }

    #[test]
    fn no_byte_can_be_changed_and_none_cut_off() {
        let encryption = Encryption::new(NEW).expect("a key");
        let sealed = encryption.encrypt("x", b"a secret").expect("encrypts");
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(encryption.decrypt("x", &altered), Err(Undecipherable), "byte {index}");
            assert_eq!(encryption.decrypt("x", &sealed[..index]), Err(Undecipherable), "cut at {index}");
        }
        assert!(Encryption::new("short").is_err());
    }
}
