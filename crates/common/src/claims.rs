//! Access tokens: what they say, how they are signed and checked (RFC 7519).

use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::ids::{CouncilId, SessionId, UserId};
use crate::roles::Role;
use crate::text_enum;

const ISSUER: &str = "codex-dominion";
const AUDIENCE: &str = "codex-dominion-api";
/// How far the clocks of two of our machines may differ, in seconds.
const LEEWAY: u64 = 5;

text_enum! {
    /// What a person is in a council.
    pub enum Seat {
        /// Votes, and may veto where the policy says so.
        Chair = "chair",
        /// Votes.
        Member = "member",
    }
}

/// A seat in a council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatIn {
    /// The council.
    pub council_id: CouncilId,
    /// What the person is there.
    pub seat: Seat,
}

/// Who somebody is: the part of a token that clients see, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The person.
    pub id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their seats in councils.
    pub seats: Vec<SeatIn>,
}

/// What an access token says.
///
/// Good for reading only: a write reads the actor's role and seats again, inside its own transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    nbf: i64,
    iat: i64,
    /// When the token ends, in seconds since the Unix epoch.
    pub exp: i64,
    /// The login that it belongs to.
    pub sid: SessionId,
    /// Whose it is.
    pub user: Identity,
}

impl Claims {
    /// Makes the claims of a token for a session of a person, from now for `lifetime`.
    pub fn new(user: Identity, session: SessionId, lifetime: Duration) -> Self {
        let now = Utc::now().timestamp();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.id,
            nbf: now,
            iat: now,
            exp: now.saturating_add(lifetime),
            sid: session,
            user,
        }
    }
}

/// Why a token is refused. Callers tell the client only that it was.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Not ours, altered, not yet valid, or not a token.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs and checks tokens with HS256.
#[derive(Clone)]
pub struct TokenKeys {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl TokenKeys {
    /// Takes the key from `JWT_SECRET`.
    pub fn new(secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        // Names the key without telling it: another secret gets another name.
        let fingerprint = Sha256::new().chain_update(b"kid:").chain_update(bytes).finalize();
        Self {
            kid: hex::encode(&fingerprint[..8]),
            signing: EncodingKey::from_secret(bytes),
            verifying: DecodingKey::from_secret(bytes),
        }
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    /// Checks a token's algorithm, key, signature, issuer, audience and times. Costs no I/O.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if header.kid.as_deref() != Some(self.kid.as_str()) {
            return Err(TokenError::Invalid);
        }
        // The algorithm is ours to say, never the token's (RFC 8725, 3.1).
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        jsonwebtoken::decode::<Claims>(token, &self.verifying, &validation).map(|data| data.claims).map_err(|error| {
            match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> TokenKeys {
        TokenKeys::new(&SecretString::from(secret))
    }

    fn claims() -> Claims {
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        Claims::new(user, SessionId::new(), Duration::from_hours(24))
    }

    #[test]
    fn a_token_tells_what_was_signed() {
        let token = keys("one").sign(&claims()).expect("signs");
        assert_eq!(keys("one").verify(&token).expect("verifies").user.name, "Ada");
    }

    #[test]
    fn another_signers_token_is_refused_even_under_our_kid() {
        let theirs = keys("two");
        assert!(keys("one").verify(&theirs.sign(&claims()).expect("signs")).is_err());
        let forged = TokenKeys { kid: keys("one").kid, ..theirs };
        assert!(keys("one").verify(&forged.sign(&claims()).expect("signs")).is_err());
    }

    #[test]
    fn an_expired_or_future_token_is_refused() {
        let keys = keys("one");
        let now = Utc::now().timestamp();
        let expired = Claims { exp: now - 60, ..claims() };
        assert!(matches!(keys.verify(&keys.sign(&expired).expect("signs")), Err(TokenError::Expired)));
        let future = Claims { nbf: now + 60, ..claims() };
        assert!(matches!(keys.verify(&keys.sign(&future).expect("signs")), Err(TokenError::Invalid)));
    }

    #[test]
    fn another_algorithm_is_refused() {
        let keys = keys("one");
        let header = Header { kid: Some(keys.kid.clone()), ..Header::new(Algorithm::HS512) };
        let token = jsonwebtoken::encode(&header, &claims(), &keys.signing).expect("signs");
        assert!(keys.verify(&token).is_err());
    }
}
