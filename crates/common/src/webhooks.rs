//! Signatures of outgoing webhooks, as Standard Webhooks has them (`v1`: HMAC-SHA256 over id, time and body).

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;

use crate::encryption::{Encryption, Undecipherable};
use crate::ids::WebhookId;

/// What a secret begins with, so that people and scanners know what they see.
const MARK: &str = "whsec_";
/// Of the 24 to 64 bytes that the specification allows.
const LENGTH: usize = 32;

/// A secret that we share with the receiver of a webhook.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Makes a random one.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        aws_lc_rs::rand::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The secret as its receiver is told it.
    pub fn text(&self) -> String {
        format!("{MARK}{}", STANDARD.encode(&*self.0))
    }

    /// What the database may keep of it: bound to its webhook, it can't be read in the place of another.
    pub fn encrypt(&self, encryption: &Encryption, webhook: WebhookId) -> Result<Vec<u8>, Undecipherable> {
        encryption.encrypt(&context(webhook), &self.0)
    }

    /// Takes one that the database keeps.
    pub fn decrypt(encryption: &Encryption, webhook: WebhookId, sealed: &[u8]) -> Result<Self, Undecipherable> {
        encryption.decrypt(&context(webhook), sealed).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// One that the database keeps under the newest key; none when it is already.
    pub fn renew(
        encryption: &Encryption,
        webhook: WebhookId,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, Undecipherable> {
        encryption.renew(&context(webhook), sealed)
    }

    /// The signature of a message that is sent at this time, in seconds since 1970.
    pub fn sign(&self, message_id: &str, timestamp: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{message_id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

fn context(webhook: WebhookId) -> String {
    format!("webhook:{webhook}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_reference_implementation() {
        // The example of the official libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let secret = WebhookSecret(Zeroizing::new(key));
        assert_eq!(secret.text(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_is_read_for_its_own_webhook_only() {
        let encryption = Encryption::new("a key for tests of at least 32 characters").expect("a key");
        let (secret, webhook) = (WebhookSecret::generate().expect("random bytes"), WebhookId::new());
        let sealed = secret.encrypt(&encryption, webhook).expect("encrypts");
        let read = WebhookSecret::decrypt(&encryption, webhook, &sealed).expect("decrypts");
        assert_eq!(read.text(), secret.text());
        assert!(WebhookSecret::decrypt(&encryption, WebhookId::new(), &sealed).is_err());
        assert_ne!(secret.text(), WebhookSecret::generate().expect("random bytes").text());
    }
}
