//! After a new `ENCRYPTION_KEY`: everything under it, so that the old ones can go.

use common::config::Env;
use common::encryption::{Encryption, read_key};
use common::http::RequestContext;
use database::renewal::renew_secrets;
use database::{DatabaseSettings, connect};
use secrecy::ExposeSecret;

use super::say;

pub(super) async fn run() -> anyhow::Result<()> {
    let (settings, key) = Env::of_process().read(|env| {
        let (settings, key) = (DatabaseSettings::read(env), read_key(env));
        Some((settings?, key?))
    })?;
    let encryption = Encryption::new(key.expose_secret()).map_err(anyhow::Error::msg)?;
    let context =
        RequestContext { request_id: Some("council-service-renew-encryption".to_owned()), ..RequestContext::default() };
    let done = renew_secrets(&mut connect(&settings.url).await?, &context, &encryption).await?;
    say(&format!("{} renewed, {} under the newest key already", done.renewed, done.current));
    if done.unreadable.is_empty() {
        return Ok(());
    }
    anyhow::bail!("no key can read the {}: keep the old keys, or set these again", done.unreadable.join(", the "))
}
