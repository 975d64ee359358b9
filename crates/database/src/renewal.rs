//! Encrypting anew, under the newest key, what the database keeps: afterwards the old keys can go.

use common::actor::Actor;
use common::encryption::{Encryption, Undecipherable};
use common::http::RequestContext;
use common::ids::{SecretName, UserId, WebhookId};
use common::secrets::SecretValue;
use common::webhooks::WebhookSecret;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::schema::{secrets, totp, webhooks};

/// What became of encrypted values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    /// How many were encrypted anew.
    pub renewed: usize,
    /// How many were under the newest key already.
    pub current: usize,
    /// What no key that is left can read.
    pub unreadable: Vec<String>,
}

impl Renewed {
    /// Counts one; returns what to store in its place.
    fn count(
        &mut self,
        whose: impl FnOnce() -> String,
        renewal: std::result::Result<Option<Vec<u8>>, Undecipherable>,
    ) -> Option<Vec<u8>> {
        match renewal {
            Ok(Some(_)) => self.renewed += 1,
            Ok(None) => self.current += 1,
            Err(Undecipherable) => self.unreadable.push(whose()),
        }
        renewal.ok().flatten()
    }
}

/// Renews the secrets of steps and of webhooks, which council-service owns.
pub async fn renew_secrets(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    encryption: &Encryption,
) -> Result<Renewed> {
    connection
        .transaction(async |connection| {
            let mut result = Renewed::default();
            // Locked: what an admin sets meanwhile is not overwritten with what was there before.
            let of_steps: Vec<(SecretName, Vec<u8>)> =
                secrets::table.for_update().select((secrets::name, secrets::ciphertext)).load(connection).await?;
            for (name, sealed) in of_steps {
                let renewal = SecretValue::renew(encryption, &name, &sealed);
                if let Some(renewed) = result.count(|| format!("secret {name}"), renewal) {
                    let row = diesel::update(secrets::table.find(&name));
                    row.set(secrets::ciphertext.eq(renewed)).execute(connection).await?;
                }
            }
            let of_webhooks: Vec<(WebhookId, Vec<u8>, Option<Vec<u8>>)> = webhooks::table
                .for_update()
                .select((webhooks::id, webhooks::secret, webhooks::previous_secret))
                .load(connection)
                .await?;
            for (id, secret, previous) in of_webhooks {
                let renewal = WebhookSecret::renew(encryption, id, &secret);
                if let Some(renewed) = result.count(|| format!("webhook {id}"), renewal) {
                    let row = diesel::update(webhooks::table.find(id));
                    row.set(webhooks::secret.eq(renewed)).execute(connection).await?;
                }
                let Some(previous) = previous else { continue };
                let renewal = WebhookSecret::renew(encryption, id, &previous);
                if let Some(renewed) = result.count(|| format!("webhook {id}, its previous secret"), renewal) {
                    let row = diesel::update(webhooks::table.find(id));
                    row.set(webhooks::previous_secret.eq(renewed)).execute(connection).await?;
                }
            }
            note(connection, context, "secrets", &result).await?;
            Ok(result)
        })
        .await
}

/// Renews the secrets of authenticators, which auth-service owns, and alone can name the context of.
pub async fn renew_authenticators(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    renew: impl Fn(UserId, &[u8]) -> std::result::Result<Option<Vec<u8>>, Undecipherable> + Sync,
) -> Result<Renewed> {
    connection
        .transaction(async |connection| {
            let mut result = Renewed::default();
            let rows: Vec<(UserId, Vec<u8>)> =
                totp::table.for_update().select((totp::user_id, totp::secret)).load(connection).await?;
            for (user, sealed) in rows {
                if let Some(renewed) = result.count(|| format!("authenticator of {user}"), renew(user, &sealed)) {
                    diesel::update(totp::table.find(user)).set(totp::secret.eq(renewed)).execute(connection).await?;
                }
            }
            note(connection, context, "authenticators", &result).await?;
            Ok(result)
        })
        .await
}

async fn note(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    what: &str,
    result: &Renewed,
) -> Result<()> {
    let detail = json!({"renewed": result.renewed, "current": result.current, "unreadable": result.unreadable});
    let act = Act::new(Actor::System, "encryption.renewed", "encryption", what).with(detail);
    audit::record(connection, context, act).await
}
