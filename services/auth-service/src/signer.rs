//! The keys that tokens are signed with, read again when their files change.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use common::claims::Claims;
use common::config::SecretSource;
use common::problem::Problem;
use common::telemetry::chain;
use common::tokens::{JwkSet, KeyError, Ring, SigningKey};
use common::verifier::FetchKeys;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::settings::SigningSettings;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// For how long a new key is only published before it signs: by then every instance and every verifier knows it.
pub const PUBLISH_AHEAD: Duration = Duration::from_secs(90);

/// Signs tokens, and says with which keys they can be checked.
pub struct Signer {
    settings: SigningSettings,
    keys: RwLock<Arc<Keys>>,
}

struct Keys {
    all: Vec<SigningKey>,
    current: usize,
}

impl Signer {
    /// Reads the keys.
    pub fn new(settings: SigningSettings) -> anyhow::Result<Self> {
        let keys = RwLock::new(Arc::new(Keys::read(&settings)?));
        Ok(Self { settings, keys })
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, Problem> {
        let keys = self.keys();
        let current = keys.all.get(keys.current).ok_or_else(|| Problem::internal("there is no key to sign with"))?;
        current.sign(claims).map_err(Problem::internal)
    }

    /// What its tokens can be checked with.
    pub fn ring(&self) -> Ring {
        Ring::new(self.keys().all.iter().map(SigningKey::verifying))
    }

    /// What of that may be published.
    pub fn published(&self) -> JwkSet {
        JwkSet { keys: self.keys().all.iter().filter_map(SigningKey::public).cloned().collect() }
    }

    /// Has the keys read again for a verifier.
    pub fn fetcher(self: &Arc<Self>) -> FetchKeys {
        let signer = self.clone();
        Arc::new(move || {
            let outcome = signer.reload().map(|()| signer.ring()).map_err(|error| format!("{error:#}"));
            Box::pin(std::future::ready(outcome))
        })
    }

    /// Reads the keys again. On a failure the old ones stay.
    pub fn reload(&self) -> anyhow::Result<()> {
        let keys = Arc::new(Keys::read(&self.settings)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Keeps the keys current until it is stopped.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.reload() {
                tracing::warn!(
                    error = chain(error.as_ref()),
                    "the signing keys can't be read again, those from before stay in use"
                );
            }
        }
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Keys {
    fn read(settings: &SigningSettings) -> anyhow::Result<Self> {
        let private = read(settings.private_keys.as_ref(), SigningKey::of_pem)?;
        let secrets = read(settings.secrets.as_ref(), SigningKey::of_secrets)?;
        let (signing, source) =
            if private.is_empty() { (&secrets, &settings.secrets) } else { (&private, &settings.private_keys) };
        let is_new = source.as_ref().and_then(SecretSource::age).is_some_and(|age| age < PUBLISH_AHEAD);
        let current = usize::from(is_new && signing.len() > 1);
        Ok(Self { all: [private, secrets].concat(), current })
    }
}

fn read(
    source: Option<&SecretSource>,
    parse: fn(&str) -> Result<Vec<SigningKey>, KeyError>,
) -> anyhow::Result<Vec<SigningKey>> {
    match source {
        None => Ok(Vec::new()),
        Some(source) => Ok(parse(source.read()?.expose_secret())?),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use common::claims::Identity;
    use common::ids::{SessionId, UserId};
    use common::roles::Role;

    use super::*;

    const OLD: &str = "the old secret, of 32 characters or more";
    const NEW: &str = "the new secret, of 32 characters or more";

    #[test]
    fn a_new_key_is_known_before_it_signs_and_the_old_one_long_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let aged = |text: &str, age: Duration| {
            fs::write(&path, text).expect("writes");
            let file = File::options().write(true).open(&path).expect("opens");
            file.set_modified(SystemTime::now() - age).expect("sets the time");
        };
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        let claims = Claims::new(user, 0, SessionId::new(), Duration::from_mins(5));
        let verifies = |ring: &Ring, token: &str| ring.verify(token).is_ok();
        let ring_of = |secret| Ring::new([SigningKey::of_secret(secret).verifying()]);

        aged(OLD, Duration::ZERO);
        let settings = SigningSettings { secrets: Some(SecretSource::File(path.clone())), private_keys: None };
        let signer = Signer::new(settings).expect("keys");
        let first = signer.sign(&claims).expect("signs");
        assert!(verifies(&ring_of(OLD), &first), "a key that is alone signs at once");

        aged(&format!("{NEW}\n{OLD}"), Duration::ZERO);
        signer.reload().expect("reloads");
        assert!(verifies(&ring_of(OLD), &signer.sign(&claims).expect("signs")), "not everybody knows the new one yet");
        let foresighted = SigningKey::of_secret(NEW).sign(&claims).expect("signs");
        assert!(verifies(&signer.ring(), &foresighted), "another instance may sign with it already");

        aged(&format!("{NEW}\n{OLD}"), PUBLISH_AHEAD + Duration::from_secs(1));
        signer.reload().expect("reloads");
        assert!(verifies(&ring_of(NEW), &signer.sign(&claims).expect("signs")));
        assert!(verifies(&signer.ring(), &first), "nobody is logged out");

        aged("too short", Duration::ZERO);
        signer.reload().expect_err("not a key");
        assert!(verifies(&signer.ring(), &first), "a broken file changes nothing");
    }
}
