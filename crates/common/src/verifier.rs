//! Checks tokens: with the keys that are current, against what is revoked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::claims::Claims;
use crate::problem::Problem;
use crate::revocations::{Revocations, Standing};
use crate::tokens::{Ring, TokenError};

/// How long after asking for the keys nobody asks again, whatever tokens come: strangers can't make us flood the issuer.
pub const COOL_DOWN: Duration = Duration::from_secs(5);

/// Gets the keys that are current now; the error says why it could not.
pub type FetchKeys = Arc<dyn Fn() -> BoxFuture<'static, Result<Ring, String>> + Send + Sync>;

/// How many tokens are remembered whose signature was found good.
const REMEMBERED: usize = 4096;

/// Checks tokens. Costs no I/O, but for a token of a key that is not known yet.
pub struct Verifier {
    ring: RwLock<Ring>,
    /// Tokens of the ring whose signature is good, by that signature: clients send each of them often. Time and
    /// revocation are looked at every time.
    good: RwLock<HashMap<Box<str>, Verified>>,
    fetch: FetchKeys,
    fetched_at: Mutex<Option<Instant>>,
    /// What is revoked.
    pub revocations: Revocations,
}

/// A token whose signature is good.
struct Verified {
    /// All of it: what is remembered holds for no other token with the same signature.
    token: Box<str>,
    claims: Arc<Claims>,
}

impl Verifier {
    /// Prepares a verifier that knows these keys and where to get newer ones.
    pub fn new(ring: Ring, fetch: FetchKeys) -> Self {
        Self {
            ring: RwLock::new(ring),
            good: RwLock::default(),
            fetch,
            fetched_at: Mutex::new(None),
            revocations: Revocations::default(),
        }
    }

    /// Says whose token it is, if it holds.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, Problem> {
        let claims = match self.check(token) {
            Err(TokenError::UnknownKey) => {
                // Perhaps the keys were rotated.
                self.refresh_keys().await;
                self.check(token)
            }
            known => known,
        };
        let claims = claims.map_err(|error| match error {
            TokenError::Expired => Problem::unauthorized("the token has expired: refresh it or log in again"),
            TokenError::Invalid | TokenError::UnknownKey => Problem::unauthorized("the token is not valid"),
        })?;
        match self.revocations.standing(&claims) {
            Standing::Good => Ok(claims),
            Standing::Revoked => Err(Problem::unauthorized("the token was revoked: refresh it or log in again")),
            Standing::Unknown => {
                Err(Problem::unavailable("whether the token still holds can't be told now: try again in a moment"))
            }
        }
    }

    /// Takes these keys in place of those before.
    pub fn set_ring(&self, ring: Ring) {
        let mut current = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        *current = ring;
        self.good.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Checks a token's signature and time.
    fn check(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        let (_, signature) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
        if let Some(claims) = self.remembered(token, signature) {
            return if claims.is_over() { Err(TokenError::Expired) } else { Ok(claims) };
        }
        // The ring's lock is held until the token is remembered: of a ring that is replaced meanwhile, nothing stays.
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let claims = Arc::new(ring.verify(token)?);
        let mut good = self.good.write().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= REMEMBERED {
            good.clear();
        }
        good.insert(signature.into(), Verified { token: token.into(), claims: claims.clone() });
        Ok(claims)
    }

    fn remembered(&self, token: &str, signature: &str) -> Option<Arc<Claims>> {
        let good = self.good.read().unwrap_or_else(PoisonError::into_inner);
        good.get(signature).filter(|verified| *verified.token == *token).map(|verified| verified.claims.clone())
    }

    /// Gets the current keys, unless that was done within [`COOL_DOWN`]. Many who ask at once cause one fetch.
    pub async fn refresh_keys(&self) {
        let mut fetched_at = self.fetched_at.lock().await;
        if fetched_at.is_some_and(|at| at.elapsed() < COOL_DOWN) {
            return;
        }
        match (self.fetch)().await {
            Ok(ring) => self.set_ring(ring),
            Err(reason) => tracing::warn!("the keys of tokens can't be renewed now: {reason}"),
        }
        *fetched_at = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::claims::Identity;
    use crate::ids::{SessionId, UserId};
    use crate::roles::Role;
    use crate::tokens::SigningKey;

    fn claims() -> Claims {
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        Claims::new(user, 0, SessionId::new(), Duration::from_mins(5))
    }

    #[tokio::test]
    async fn what_is_remembered_of_a_token_holds_for_no_other_with_its_signature() {
        let key = SigningKey::of_secret("a secret, of 32 characters or more");
        let verifier = Verifier::new(Ring::new([key.verifying()]), Arc::new(|| Box::pin(async { Err(String::new()) })));
        verifier.revocations.confirm();
        let (good, other) = (key.sign(&claims()).expect("signs"), key.sign(&claims()).expect("signs"));
        for _ in 0..2 {
            verifier.verify(&good).await.expect("is good");
        }
        let (message, _) = other.rsplit_once('.').expect("a signature");
        let (_, signature) = good.rsplit_once('.').expect("a signature");
        verifier.verify(&format!("{message}.{signature}")).await.expect_err("says what nobody signed");
    }

    #[tokio::test]
    async fn an_unknown_key_is_asked_for_once_however_many_tokens_bring_it() {
        let (old, new, stranger) = (
            SigningKey::of_secret("the old secret, of 32 characters or more"),
            SigningKey::of_secret("the new secret, of 32 characters or more"),
            SigningKey::of_secret("the secret of somebody else, whoever that is"),
        );
        let asked = Arc::new(AtomicUsize::new(0));
        let fetch: FetchKeys = Arc::new({
            let (asked, ring) = (asked.clone(), Ring::new([new.verifying(), old.verifying()]));
            move || {
                asked.fetch_add(1, Ordering::Relaxed);
                let ring = ring.clone();
                Box::pin(async move { Ok(ring) })
            }
        });
        let verifier = Verifier::new(Ring::new([old.verifying()]), fetch);
        verifier.revocations.confirm();
        let claims = claims();
        verifier.verify(&old.sign(&claims).expect("signs")).await.expect("is known");
        assert_eq!(asked.load(Ordering::Relaxed), 0);

        let rotated = new.sign(&claims).expect("signs");
        let answers = futures_util::future::join_all((0..50).map(|_| verifier.verify(&rotated))).await;
        assert!(answers.iter().all(Result::is_ok), "rotation needs no restart");
        assert_eq!(asked.load(Ordering::Relaxed), 1);

        let foreign = stranger.sign(&claims).expect("signs");
        for _ in 0..50 {
            verifier.verify(&foreign).await.expect_err("is refused");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1, "strangers can't make us ask again");
    }
}
