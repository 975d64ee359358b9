//! Where the keys of tokens come from.

use std::sync::Arc;
use std::time::Duration;

use common::config::{Env, SecretSource};
use common::tokens::{JwkSet, Ring, SigningKey};
use common::verifier::FetchKeys;
use url::Url;

/// How long auth-service may take to answer.
const WAIT: Duration = Duration::from_secs(2);

/// Where a service that only checks tokens gets its keys.
#[derive(Clone, Debug)]
pub struct KeySettings {
    secret: Option<SecretSource>,
    jwks: Option<Url>,
}

impl KeySettings {
    /// Reads `JWT_SECRET` and `JWKS_URL`; at least one must be there.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (secret, jwks) = (env.secret_source("JWT_SECRET", SigningKey::of_secrets), env.optional("JWKS_URL"));
        let (secret, jwks) = (secret?, jwks?);
        if secret.is_none() && jwks.is_none() {
            return env.fault("JWT_SECRET is missing (or set JWKS_URL)");
        }
        Some(Self { secret, jwks })
    }

    /// Takes a secret that never changes.
    pub fn of_secret(secret: &str) -> Self {
        Self { secret: Some(SecretSource::Text(secret.into())), jwks: None }
    }

    /// Takes the keys that auth-service publishes at this address.
    pub fn of_url(jwks: Url) -> Self {
        Self { secret: None, jwks: Some(jwks) }
    }

    /// The keys that are here now; those of auth-service are fetched when they are first needed.
    pub fn ring(&self) -> anyhow::Result<Ring> {
        Ok(Ring::new(read_secrets(self.secret.as_ref())?.iter().map(SigningKey::verifying)))
    }

    /// Gets them all anew.
    pub fn fetcher(&self) -> anyhow::Result<FetchKeys> {
        let client = reqwest::Client::builder().timeout(WAIT).redirect(reqwest::redirect::Policy::none()).build()?;
        let settings = self.clone();
        Ok(Arc::new(move || {
            let (client, settings) = (client.clone(), settings.clone());
            Box::pin(async move { settings.fetch(&client).await.map_err(|error| format!("{error:#}")) })
        }))
    }

    async fn fetch(&self, client: &reqwest::Client) -> anyhow::Result<Ring> {
        let own = self.ring()?;
        let Some(url) = &self.jwks else { return Ok(own) };
        let published: JwkSet = client.get(url.clone()).send().await?.error_for_status()?.json().await?;
        Ok(own.and(Ring::from(&published)))
    }
}

/// The keys of a secret's source; none when there is no source.
fn read_secrets(source: Option<&SecretSource>) -> anyhow::Result<Vec<SigningKey>> {
    use secrecy::ExposeSecret;
    match source {
        None => Ok(Vec::new()),
        Some(source) => Ok(SigningKey::of_secrets(source.read()?.expose_secret())?),
    }
}
