//! The secrets of steps, read when a step begins and forgotten with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use common::encryption::Encryption;
use common::ids::SecretName;
use common::secrets::SecretValue;
use database::Pool;
use database::secrets::sealed;
use governance::secrets::Secrets;

use crate::steps::{Retry, StepError};

/// Where steps get their secrets.
#[derive(Clone)]
pub struct SecretStore {
    pool: Pool,
    encryption: Arc<Encryption>,
}

impl SecretStore {
    /// Reads from this database, with these keys.
    pub fn new(pool: Pool, encryption: Arc<Encryption>) -> Self {
        Self { pool, encryption }
    }

    /// All of these secrets as they are now, or what is wrong with one.
    pub async fn load(&self, names: &BTreeSet<SecretName>) -> Result<Secrets, StepError> {
        let read = async { sealed(&mut *self.pool.get().await?, names).await };
        let rows = read.await.map_err(|error: database::Error| StepError {
            message: format!("the secrets can't be read now: {error}"),
            retry: Retry::Backoff,
        })?;
        let never = |message| StepError { message, retry: Retry::Never };
        if let Some(name) = names.iter().find(|name| !rows.iter().any(|(found, _)| found == *name)) {
            return Err(never(format!("the secret {name} is not set")));
        }
        let decrypted = rows.into_iter().map(|(name, sealed)| {
            let value = SecretValue::decrypt(&self.encryption, &name, &sealed);
            let value = value.map_err(|error| never(format!("the secret {name} can't be used: {error}")))?;
            Ok((name, value))
        });
        decrypted.collect::<Result<Secrets, _>>()
    }
}
