//! Values of secrets that steps use, and what the database may keep of them.

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::encryption::{Encryption, Undecipherable};
use crate::ids::SecretName;

/// The fewest characters of a secret: a shorter one can't be masked without masking what is none.
pub const MIN_CHARACTERS: usize = 8;
/// The most bytes of a secret.
pub const MAX_BYTES: usize = 8 * 1024;

/// The value of a secret: [`MIN_CHARACTERS`] or more in at most [`MAX_BYTES`] bytes, no space at either end.
#[derive(Clone, Debug)]
pub struct SecretValue(SecretString);

impl SecretValue {
    /// What the database may keep of it: bound to its name, it can't be read in the place of another.
    pub fn encrypt(&self, encryption: &Encryption, name: &SecretName) -> Result<Vec<u8>, Undecipherable> {
        encryption.encrypt(&context(name), self.0.expose_secret().as_bytes())
    }

    /// Reads one that the database keeps.
    pub fn decrypt(encryption: &Encryption, name: &SecretName, sealed: &[u8]) -> Result<SecretString, Undecipherable> {
        let bytes = Zeroizing::new(encryption.decrypt(&context(name), sealed)?);
        std::str::from_utf8(&bytes).map(SecretString::from).map_err(|_| Undecipherable)
    }

    /// One that the database keeps under the newest key; none when it is already.
    pub fn renew(encryption: &Encryption, name: &SecretName, sealed: &[u8]) -> Result<Option<Vec<u8>>, Undecipherable> {
        encryption.renew(&context(name), sealed)
    }
}

fn context(name: &SecretName) -> String {
    format!("secret:{name}")
}

impl TryFrom<String> for SecretValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fault = if text.chars().count() < MIN_CHARACTERS || text.len() > MAX_BYTES {
            Some(format!("must have at least {MIN_CHARACTERS} characters and at most {MAX_BYTES} bytes"))
        } else if text.trim() != text {
            Some("must not begin or end with a space or line break".to_owned())
        } else if text.contains('\0') {
            Some("must not contain the character NUL".to_owned())
        } else {
            None
        };
        let value = SecretString::from(text);
        fault.map_or(Ok(Self(value)), Err)
    }
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The words for a value of another type would quote it.
        match Value::deserialize(deserializer)? {
            Value::String(text) => text.try_into().map_err(de::Error::custom),
            _ => Err(de::Error::custom("must be a text")),
        }
    }
}

impl utoipa::PartialSchema for SecretValue {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(MIN_CHARACTERS))
            .max_length(Some(MAX_BYTES))
            .pattern(Some(r"^[^\s\x00][^\x00]*[^\s\x00]$"))
            .into()
    }
}

impl utoipa::ToSchema for SecretValue {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_read_for_its_own_name_only_and_is_never_shown() {
        let encryption = Encryption::new("a key for tests of at least 32 characters").expect("a key");
        let value: SecretValue = serde_json::from_value(json!("s3cr3t-value")).expect("a value");
        let (name, other) = ("one".parse().expect("a name"), "other".parse().expect("a name"));
        let sealed = value.encrypt(&encryption, &name).expect("encrypts");
        assert_eq!(
            SecretValue::decrypt(&encryption, &name, &sealed).expect("decrypts").expose_secret(),
            "s3cr3t-value"
        );
        assert!(SecretValue::decrypt(&encryption, &other, &sealed).is_err());
        assert_eq!(SecretValue::renew(&encryption, &name, &sealed), Ok(None));
        assert!(!format!("{value:?}").contains("s3cr3t"));
    }

    #[test]
    fn what_can_not_be_masked_or_sent_is_refused_without_being_quoted() {
        let long = "x".repeat(MAX_BYTES + 1);
        for bad in
            [json!("seven77"), json!(long), json!("ends in a break\n"), json!("nul \0 within"), json!(1_234_567_890)]
        {
            let fault = serde_json::from_value::<SecretValue>(bad.clone()).expect_err("a fault").to_string();
            let quoted = bad.to_string();
            assert!(!fault.contains(quoted.trim_matches('"')), "{fault}");
        }
        assert!(
            serde_json::from_value::<SecretValue>(json!("\u{e4}\u{f6}\u{fc}\u{df}\u{e4}\u{f6}\u{fc}\u{df}")).is_ok()
        );
    }
}
