//! Connections.

use std::sync::Arc;
use std::time::Duration;

use common::config::Env;
use common::metrics::Connections;
use common::server::Check;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool as Deadpool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

/// How long a request waits for a free connection before it is told to come back.
const WAIT: Duration = Duration::from_secs(3);

/// Where the database is.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// A `postgres://` URL with the service's own role.
    pub url: SecretString,
    /// The most connections that one process holds.
    pub pool_size: usize,
}

impl DatabaseSettings {
    /// Reads `DATABASE_URL` and `DATABASE_POOL_SIZE`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (url, pool_size) = (env.secret("DATABASE_URL", 1), env.or("DATABASE_POOL_SIZE", 10));
        Some(Self { url: url?, pool_size: pool_size? })
    }
}

/// A bounded set of connections. Cheap to clone.
#[derive(Clone)]
pub struct Pool(Deadpool<AsyncPgConnection>);

impl Pool {
    /// Makes a pool; connections are made when they are first needed.
    pub fn new(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        Self::waiting(settings, WAIT)
    }

    /// The same with another limit of how long is waited for a connection, be it for a free one, a new one, or the answer of
    /// one that was used before.
    pub(crate) fn waiting(settings: &DatabaseSettings, wait: Duration) -> anyhow::Result<Self> {
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(settings.url.expose_secret());
        let pool = Deadpool::builder(manager)
            .max_size(settings.pool_size)
            .wait_timeout(Some(wait))
            .create_timeout(Some(wait))
            .recycle_timeout(Some(wait))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self(pool))
    }

    /// A connection of the pool's.
    pub async fn get(&self) -> Result<Object<AsyncPgConnection>> {
        self.0.get().await.map_err(Error::from)
    }

    /// How the pool stands.
    pub fn connections(&self) -> Connections {
        let status = self.0.status();
        Connections {
            active: status.size.saturating_sub(status.available) as u64,
            max: status.max_size as u64,
            waiting: status.waiting as u64,
        }
    }

    /// Asks the database whether it answers.
    pub async fn check(&self) -> Result<()> {
        let mut connection = self.get().await?;
        diesel::sql_query("SELECT 1").execute(&mut connection).await?;
        Ok(())
    }

    /// The same as one of the checks that make a service ready.
    pub fn readiness(&self) -> Check {
        let pool = self.clone();
        Arc::new(move || {
            let pool = pool.clone();
            Box::pin(async move { pool.check().await.map_err(|error| error.to_string()) })
        })
    }
}

/// One connection outside any pool.
pub async fn connect(url: &SecretString) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url.expose_secret()).await.map_err(|error| Error::Unavailable(error.to_string()))
}
