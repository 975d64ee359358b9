#![doc = include_str!("../README.md")]

mod consumer;
mod controls;
mod delayed;
mod instances;
mod login_failures;
mod revocations;
mod set_aside;

pub use consumer::{Consumer, Entry};
pub use controls::{LevelOrder, MAX_PROFILE_BYTES, ProfileRequest, ServiceName};
pub use instances::{Announcement, Announcer, Instance, InstanceId};
pub use revocations::RevocationStream;
pub use set_aside::SetAside;

use std::sync::Arc;
use std::time::Duration;

use common::config::Env;
use common::priority::Priority;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{self, AsyncCommands, AsyncConnectionConfig, RedisError};
use deadpool_redis::{Config, Connection, Pool, PoolConfig, Runtime, Timeouts};
use secrecy::{ExposeSecret, SecretString};

/// Workflows on their way to a worker: a stream for each priority. The braces keep all keys of the queue on one node of a
/// cluster, which reads and scripts of several keys need.
const fn stream(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "{codex:queue}:high",
        Priority::Normal => "{codex:queue}:normal",
        Priority::Low => "{codex:queue}:low",
    }
}
/// Workflows that go to a worker at a later time, by that time.
const DELAYED: &str = "{codex:queue}:delayed";
/// The consumer group that all workers read in.
const GROUP: &str = "workers";
/// Entries that nobody could deal with.
const DEAD: &str = "{codex:queue}:dead";
/// How many dead letters are kept.
const DEAD_KEPT: usize = 10_000;
/// The field of an entry that holds what it says.
const PAYLOAD: &str = "payload";
/// How long to wait for a connection.
const WAIT: Duration = Duration::from_secs(2);

/// Why something could not be done in Redis.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream or its group is gone: Redis lost its data.
    #[error("the consumer group is missing")]
    GroupMissing,
    /// No connection was free in time, or none can be made.
    #[error("redis can't be reached: {0}")]
    Unavailable(#[from] deadpool_redis::PoolError),
    /// The command failed.
    #[error("redis: {0}")]
    Command(RedisError),
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        // UNBLOCKED: the stream was deleted under a read that waited on it.
        if matches!(error.code(), Some("NOGROUP" | "UNBLOCKED")) { Self::GroupMissing } else { Self::Command(error) }
    }
}

/// The result of something done in Redis.
pub type Result<T> = std::result::Result<T, Error>;

/// Where Redis is.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// A `redis://` or `rediss://` URL.
    pub url: SecretString,
}

impl RedisSettings {
    /// Reads `REDIS_URL`.
    pub fn read(env: &mut Env) -> Option<Self> {
        Some(Self { url: env.secret("REDIS_URL", 1)? })
    }
}

/// Redis, for everything but reading the stream. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    pool: Pool,
    url: Arc<SecretString>,
}

impl Queue {
    /// Makes a pool of connections; they are made when they are first needed.
    pub fn new(settings: &RedisSettings) -> anyhow::Result<Self> {
        let mut config = Config::from_url(settings.url.expose_secret());
        config.pool = Some(PoolConfig {
            max_size: 8,
            timeouts: Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) },
            ..PoolConfig::default()
        });
        Ok(Self { pool: config.create_pool(Some(Runtime::Tokio1))?, url: Arc::new(settings.url.clone()) })
    }

    pub(crate) async fn connection(&self) -> Result<Connection> {
        Ok(self.pool.get().await?)
    }

    /// A connection outside the pool, for reads that block it for up to `longest_wait`.
    pub(crate) async fn own_connection(&self, longest_wait: Duration) -> Result<MultiplexedConnection> {
        let client = redis::Client::open(self.url.expose_secret())?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(WAIT))
            .set_response_timeout(Some(longest_wait + WAIT));
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// Asks Redis whether it answers.
    pub async fn check(&self) -> Result<()> {
        Ok(redis::cmd("PING").exec_async(&mut self.connection().await?).await?)
    }

    /// Sends workflows to the workers, in this order.
    pub async fn publish(&self, payloads: impl IntoIterator<Item = (Priority, String)>) -> Result<()> {
        let mut pipeline = redis::pipe();
        for (priority, payload) in payloads {
            pipeline.xadd(stream(priority), "*", &[(PAYLOAD, payload)]).ignore();
        }
        Ok(pipeline.exec_async(&mut self.connection().await?).await?)
    }

    /// How many entries of a queue wait for a worker; those that a worker has in hand do not.
    pub async fn waiting(&self, priority: Priority) -> Result<u64> {
        let (key, mut connection) = (stream(priority), self.connection().await?);
        let all: u64 = connection.xlen(key).await?;
        let pending: redis::RedisResult<redis::streams::StreamPendingReply> = connection.xpending(key, GROUP).await;
        match pending.map_err(Error::from) {
            Ok(pending) => Ok(all.saturating_sub(pending.count() as u64)),
            Err(Error::GroupMissing) => Ok(all),
            Err(error) => Err(error),
        }
    }

    /// The queues that hold so many entries, in workers' hands or not.
    pub async fn full(&self, most: u64) -> Result<Vec<Priority>> {
        let mut pipeline = redis::pipe();
        for &priority in Priority::ALL {
            pipeline.xlen(stream(priority));
        }
        let lengths: Vec<u64> = pipeline.query_async(&mut self.connection().await?).await?;
        Ok(Priority::ALL
            .iter()
            .copied()
            .zip(lengths)
            .filter(|(_, length)| *length >= most)
            .map(|(full, _)| full)
            .collect())
    }

    /// How many dead letters there are.
    pub async fn dead(&self) -> Result<u64> {
        Ok(self.connection().await?.xlen(DEAD).await?)
    }
}
