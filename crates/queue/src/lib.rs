#![doc = include_str!("../README.md")]

mod connection;
mod consumer;
mod controls;
mod delayed;
mod instances;
mod login_failures;
mod revocations;
mod set_aside;
mod settings;

pub use consumer::{Consumer, Entry};
pub use controls::{LevelOrder, MAX_PROFILE_BYTES, ProfileRequest, ServiceName};
pub use instances::{Announcement, Announcer, Instance, InstanceId};
pub use revocations::RevocationStream;
pub use set_aside::SetAside;
pub use settings::RedisSettings;

use std::time::Duration;

use common::priority::Priority;
use redis::{AsyncCommands, RedisError};

use crate::connection::{Connection, Connector, Pool};

/// Workflows on their way to a worker: a stream for each priority. What stands in braces keeps all keys of the queue on one
/// node of a cluster, which reads, scripts and pipelines of several keys need.
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

/// Why something could not be done in Redis.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream or its group is gone: Redis lost its data.
    #[error("the consumer group is missing")]
    GroupMissing,
    /// No connection was free in time, or none can be made.
    #[error("redis can't be reached: {0}")]
    Unavailable(#[from] deadpool::managed::PoolError<RedisError>),
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

/// A call of a script, whose keys have a hash tag in common. It is sent in full, which costs little: what a server has
/// cached of it, the one that takes over from it has not.
fn script(text: &str, keys: &[&str]) -> redis::Cmd {
    let mut call = redis::cmd("EVAL");
    call.arg(text).arg(keys.len()).arg(keys);
    call
}

/// Redis, for everything but reading the stream. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    pool: Pool,
}

impl Queue {
    /// Makes a pool of connections; they are made when they are first needed.
    pub fn new(settings: &RedisSettings) -> anyhow::Result<Self> {
        Ok(Self { pool: Connector::new(settings)?.pool()? })
    }

    pub(crate) async fn connection(&self) -> Result<deadpool::managed::Object<Connector>> {
        Ok(self.pool.get().await?)
    }

    /// A connection outside the pool, for reads that block it for up to `longest_wait`.
    pub(crate) async fn own_connection(&self, longest_wait: Duration) -> Result<Connection> {
        Ok(self.pool.manager().own_connection(longest_wait).await?)
    }

    /// Asks Redis whether it answers.
    pub async fn check(&self) -> Result<()> {
        Ok(redis::cmd("PING").exec_async(&mut *self.connection().await?).await?)
    }

    /// Sends workflows to the workers, in this order.
    pub async fn publish(&self, payloads: impl IntoIterator<Item = (Priority, String)>) -> Result<()> {
        let mut pipeline = redis::pipe();
        for (priority, payload) in payloads {
            pipeline.xadd(stream(priority), "*", &[(PAYLOAD, payload)]).ignore();
        }
        Ok(pipeline.exec_async(&mut *self.connection().await?).await?)
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
        let lengths: Vec<u64> = pipeline.query_async(&mut *self.connection().await?).await?;
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
