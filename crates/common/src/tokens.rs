//! The keys of access tokens: how tokens are signed and checked (RFC 7515, RFC 7517, RFC 8725).
//!
//! A ring holds several keys, told apart by their `kid`, so that a key can be replaced while tokens of the old one still
//! hold. What a token may be signed with is the ring's to say, key by key, never the token's.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::claims::{AUDIENCE, Claims, ISSUER, LEEWAY};

/// The fewest characters of a secret that signs with HS256: RFC 7518, 3.2, asks for 256 bits.
pub const MIN_SECRET: usize = 32;

/// Why a token is refused. Callers tell the client only that it was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Signed with a key that the ring does not hold: perhaps a newer one.
    #[error("the token's key is not known")]
    UnknownKey,
    /// Not ours, altered, not yet valid, or not a token.
    #[error("the token is not valid")]
    Invalid,
}

/// A key that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(&'static str);

/// What checks signatures of one key.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    key: DecodingKey,
    validation: Validation,
}

impl VerifyingKey {
    fn new(kid: String, algorithm: Algorithm, key: DecodingKey) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self { kid, key, validation }
    }

    /// Takes a public key as auth-service publishes it; `None` for a key that is no Ed25519 key for signatures.
    pub fn of_jwk(jwk: &Jwk) -> Option<Self> {
        if (jwk.kty.as_str(), jwk.crv.as_str(), jwk.alg.as_str(), jwk.usage.as_str())
            != ("OKP", "Ed25519", "EdDSA", "sig")
        {
            return None;
        }
        let key = DecodingKey::from_ed_components(&jwk.x).ok()?;
        Some(Self::new(jwk.kid.clone(), Algorithm::EdDSA, key))
    }
}

/// What signs tokens.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    key: EncodingKey,
    algorithm: Algorithm,
    verifying: VerifyingKey,
    public: Option<Jwk>,
}

impl SigningKey {
    /// HS256 with a secret: whoever can check its tokens can make them, too.
    pub fn of_secret(secret: &str) -> Self {
        // Names the key without telling it: another secret gets another name.
        let fingerprint = Sha256::new().chain_update(b"kid:").chain_update(secret).finalize();
        let kid = hex::encode(&fingerprint[..8]);
        let verifying = VerifyingKey::new(kid.clone(), Algorithm::HS256, DecodingKey::from_secret(secret.as_bytes()));
        Self {
            kid,
            key: EncodingKey::from_secret(secret.as_bytes()),
            algorithm: Algorithm::HS256,
            verifying,
            public: None,
        }
    }

    /// Ed25519 (RFC 8037) with a private key in PKCS#8: others can check its tokens and not make any.
    pub fn of_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| KeyError("not an Ed25519 key"))?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638: the members that make the key, in this order, without spaces.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        let jwk = Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            alg: "EdDSA".to_owned(),
            usage: "sig".to_owned(),
            kid: URL_SAFE_NO_PAD.encode(thumbprint),
            x,
        };
        let verifying = VerifyingKey::of_jwk(&jwk).ok_or(KeyError("not an Ed25519 key"))?;
        Ok(Self {
            kid: jwk.kid.clone(),
            key: EncodingKey::from_ed_der(pkcs8),
            algorithm: Algorithm::EdDSA,
            verifying,
            public: Some(jwk),
        })
    }

    /// The keys of a text: secrets, one a line, the one that signs first.
    pub fn of_secrets(text: &str) -> Result<Vec<Self>, KeyError> {
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() || lines.iter().any(|line| line.chars().count() < MIN_SECRET) {
            return Err(KeyError("each secret needs at least 32 characters"));
        }
        Ok(lines.into_iter().map(Self::of_secret).collect())
    }

    /// The keys of a text: PEM blocks `PRIVATE KEY`, the one that signs first.
    pub fn of_pem(text: &str) -> Result<Vec<Self>, KeyError> {
        let blocks = pem::parse_many(text).map_err(|_| KeyError("not in PEM form"))?;
        if blocks.is_empty() || blocks.iter().any(|block| block.tag() != "PRIVATE KEY") {
            return Err(KeyError("needs a PEM block PRIVATE KEY (PKCS#8, Ed25519)"));
        }
        blocks.iter().map(|block| Self::of_pkcs8(block.contents())).collect()
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.key)
    }

    /// What checks its tokens.
    pub fn verifying(&self) -> VerifyingKey {
        self.verifying.clone()
    }

    /// What may be published of it: nothing of a secret.
    pub fn public(&self) -> Option<&Jwk> {
        self.public.as_ref()
    }
}

/// Every key that a service accepts tokens of.
#[derive(Clone, Default)]
pub struct Ring(Vec<VerifyingKey>);

impl Ring {
    /// Makes a ring of these keys.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// This ring and another as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Checks a token's key, algorithm, signature, issuer, audience and times. Costs no I/O.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // A name is only ever compared with the names of keys that we hold: it opens no file and fetches no URL.
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.0.iter().find(|key| key.kid == kid).ok_or(TokenError::UnknownKey)?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key.key, &key.validation).map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?;
        let claims = claims.claims;
        // One token, one person: what is revoked goes by the one, what may be done by the other.
        if claims.sub == claims.user.id { Ok(claims) } else { Err(TokenError::Invalid) }
    }
}

/// A public key as RFC 7517 writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// The kind of key: `OKP` (RFC 8037).
    pub kty: String,
    /// The curve: `Ed25519`.
    pub crv: String,
    /// What it signs with: `EdDSA`.
    pub alg: String,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Names it: its RFC 7638 thumbprint.
    pub kid: String,
    /// The key itself.
    pub x: String,
}

/// The keys that tokens can be checked with: what `/.well-known/jwks.json` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl From<&JwkSet> for Ring {
    fn from(set: &JwkSet) -> Self {
        Self::new(set.keys.iter().filter_map(VerifyingKey::of_jwk))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::Utc;
    use serde_json::json;

    use super::*;
    use crate::claims::Identity;
    use crate::ids::{SessionId, UserId};
    use crate::roles::Role;

    const ONE: &str = "the first secret, of 32 characters or more";
    const TWO: &str = "the second secret, of 32 characters or more";

    fn claims() -> Claims {
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        Claims::new(user, 0, SessionId::new(), Duration::from_hours(24))
    }

    fn ed25519() -> SigningKey {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).expect("generates");
        SigningKey::of_pkcs8(pkcs8.as_ref()).expect("a key")
    }

    fn ring(keys: &[&SigningKey]) -> Ring {
        Ring::new(keys.iter().map(|key| key.verifying()))
    }

    /// A token with a header of the test's own, signed with this key.
    fn forged(header: &serde_json::Value, key: &EncodingKey, algorithm: Algorithm) -> String {
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(&json!(claims())));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("signs");
        format!("{message}.{signature}")
    }

    #[test]
    fn a_token_of_any_key_of_the_ring_tells_what_was_signed() {
        let (old, new, asymmetric) = (SigningKey::of_secret(ONE), SigningKey::of_secret(TWO), ed25519());
        let ring = ring(&[&new, &old, &asymmetric]);
        for key in [&old, &new, &asymmetric] {
            assert_eq!(ring.verify(&key.sign(&claims()).expect("signs")).expect("verifies").user.name, "Ada");
        }
        let published = JwkSet { keys: asymmetric.public().cloned().into_iter().collect() };
        let elsewhere = Ring::from(&published);
        elsewhere.verify(&asymmetric.sign(&claims()).expect("signs")).expect("verifies with the published key");
        assert!(old.public().is_none(), "nothing of a secret is published");
    }

    #[test]
    fn another_signers_token_is_refused_even_under_our_kid() {
        let (ours, theirs) = (SigningKey::of_secret(ONE), SigningKey::of_secret(TWO));
        let ring = ring(&[&ours]);
        assert_eq!(ring.verify(&theirs.sign(&claims()).expect("signs")).err(), Some(TokenError::UnknownKey));
        let forged = SigningKey { kid: ours.kid, ..theirs };
        assert_eq!(ring.verify(&forged.sign(&claims()).expect("signs")).err(), Some(TokenError::Invalid));
    }

    #[test]
    fn an_expired_or_future_token_is_refused() {
        let key = SigningKey::of_secret(ONE);
        let (ring, now) = (ring(&[&key]), Utc::now().timestamp());
        let expired = Claims { exp: now - 60, ..claims() };
        assert_eq!(ring.verify(&key.sign(&expired).expect("signs")).err(), Some(TokenError::Expired));
        let future = Claims { nbf: now + 60, ..claims() };
        assert_eq!(ring.verify(&key.sign(&future).expect("signs")).err(), Some(TokenError::Invalid));
    }

    #[test]
    fn a_token_of_two_people_is_refused() {
        let key = SigningKey::of_secret(ONE);
        let of_two = Claims { sub: UserId::new(), ..claims() };
        assert_eq!(ring(&[&key]).verify(&key.sign(&of_two).expect("signs")).err(), Some(TokenError::Invalid));
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let key = SigningKey::of_secret(ONE);
        let signed = forged(&json!({"alg": "none", "typ": "JWT", "kid": key.kid}), &key.key, Algorithm::HS256);
        let unsigned = signed.rsplit_once('.').map(|(message, _)| format!("{message}.")).expect("three parts");
        for token in [&signed, &unsigned] {
            assert_eq!(ring(&[&key]).verify(token).err(), Some(TokenError::Invalid));
        }
    }

    /// The oldest trick: a public key that everybody knows, used as the secret of HS256 (RFC 8725, 2.1).
    #[test]
    fn a_public_key_is_no_secret() {
        let key = ed25519();
        let public = key.public().expect("a public key");
        let raw = URL_SAFE_NO_PAD.decode(&public.x).expect("bytes");
        for secret in [raw.as_slice(), public.x.as_bytes(), json!(public).to_string().as_bytes()] {
            let header = json!({"alg": "HS256", "typ": "JWT", "kid": key.kid});
            let token = forged(&header, &EncodingKey::from_secret(secret), Algorithm::HS256);
            assert_eq!(ring(&[&key]).verify(&token).err(), Some(TokenError::Invalid));
        }
    }

    #[test]
    fn another_algorithm_of_the_same_key_is_refused() {
        let key = SigningKey::of_secret(ONE);
        let token = forged(&json!({"alg": "HS512", "kid": key.kid}), &key.key, Algorithm::HS512);
        assert_eq!(ring(&[&key]).verify(&token).err(), Some(TokenError::Invalid));
    }

    #[test]
    fn a_kid_is_a_name_and_nothing_else() {
        let key = SigningKey::of_secret(ONE);
        let ring = ring(&[&key]);
        for kid in ["../../../dev/null", "/dev/null", "' OR '1'='1", "https://evil.example/jwks.json", "", "\u{0}"] {
            // What such a name would open: an empty file.
            let header =
                json!({"alg": "HS256", "kid": kid, "jku": "https://evil.example", "jwk": {"kty": "oct", "k": ""}});
            let token = forged(&header, &EncodingKey::from_secret(b""), Algorithm::HS256);
            assert!(ring.verify(&token).is_err(), "{kid}");
        }
        let nameless = forged(&json!({"alg": "HS256"}), &key.key, Algorithm::HS256);
        assert_eq!(ring.verify(&nameless).err(), Some(TokenError::Invalid));
    }

    #[test]
    fn key_files_hold_one_or_more_good_keys() {
        assert_eq!(SigningKey::of_secrets(&format!("{ONE}\n\n{TWO}\n")).expect("two").len(), 2);
        assert!(SigningKey::of_secrets("").is_err());
        assert!(SigningKey::of_secrets(&format!("{ONE}\nshort")).is_err());
        assert!(SigningKey::of_pem("").is_err());
        assert!(SigningKey::of_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").is_err());
    }
}
