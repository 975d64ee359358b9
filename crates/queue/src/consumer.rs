//! Reading the stream, as one of the workers.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamMaxlen, StreamReadOptions, StreamReadReply,
};
use deadpool_redis::redis::{self, AsyncCommands, FromRedisValue};

use crate::{DEAD, DEAD_KEPT, GROUP, PAYLOAD, Queue, Result, WORKFLOWS};

/// An entry of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id in the stream.
    pub id: String,
    /// What it says; `None` when it is not text, or not there.
    pub payload: Option<String>,
}

impl From<StreamId> for Entry {
    fn from(entry: StreamId) -> Self {
        let payload = entry.map.get(PAYLOAD).and_then(|value| String::from_redis_value_ref(value).ok());
        Self { id: entry.id, payload }
    }
}

/// One worker's end of the stream, on a connection of its own: a read that waits blocks it.
pub struct Consumer {
    connection: MultiplexedConnection,
    name: String,
}

impl Consumer {
    /// Connects under a name that no other running worker has. `longest_wait` is the longest that a read will block.
    pub async fn connect(queue: &Queue, name: &str, longest_wait: Duration) -> Result<Self> {
        let connection = queue.own_connection(longest_wait).await?;
        Ok(Self { connection, name: name.to_owned() })
    }

    /// Makes the group where there is none, and tells whether it had to: then Redis is new, or lost its data. The group
    /// begins with the oldest entry, so that none is passed over.
    pub async fn ensure_group(&mut self) -> Result<bool> {
        let made: redis::RedisResult<()> = self.connection.xgroup_create_mkstream(WORKFLOWS, GROUP, "0").await;
        match made {
            Ok(()) => Ok(true),
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes up to `count` new entries, waiting for the first for at most `wait`.
    pub async fn read(&mut self, count: usize, wait: Duration) -> Result<Vec<Entry>> {
        let wait = usize::try_from(wait.as_millis()).unwrap_or(usize::MAX).max(1);
        let options = StreamReadOptions::default().group(GROUP, &self.name).count(count).block(wait);
        let reply: Option<StreamReadReply> = self.connection.xread_options(&[WORKFLOWS], &[">"], &options).await?;
        let streams = reply.map(|reply| reply.keys).unwrap_or_default();
        Ok(streams.into_iter().flat_map(|stream| stream.ids).map(Entry::from).collect())
    }

    /// Takes over up to `count` entries that a worker has had in hand for `idle` without dealing with them.
    pub async fn take_over(&mut self, idle: Duration, count: usize) -> Result<Vec<Entry>> {
        let idle = usize::try_from(idle.as_millis()).unwrap_or(usize::MAX);
        let options = StreamAutoClaimOptions::default().count(count);
        let reply: StreamAutoClaimReply =
            self.connection.xautoclaim_options(WORKFLOWS, GROUP, &self.name, idle, "0-0", options).await?;
        Ok(reply.claimed.into_iter().map(Entry::from).collect())
    }
}

impl Queue {
    /// Forgets an entry that has been dealt with.
    pub async fn done(&self, entry: &str) -> Result<()> {
        let mut pipeline = redis::pipe();
        pipeline.atomic().xack(WORKFLOWS, GROUP, &[entry]).ignore().xdel(WORKFLOWS, &[entry]).ignore();
        Ok(pipeline.exec_async(&mut self.connection().await?).await?)
    }

    /// Sets an entry aside that nobody can deal with.
    pub async fn bury(&self, entry: &Entry, reason: &str) -> Result<()> {
        let payload = entry.payload.as_deref().unwrap_or("(not text)");
        let payload: String = payload.chars().take(10_000).collect();
        let fields = [("entry", entry.id.as_str()), (PAYLOAD, &payload), ("reason", reason)];
        let mut pipeline = redis::pipe();
        pipeline
            .atomic()
            .xadd_maxlen(DEAD, StreamMaxlen::Approx(DEAD_KEPT), "*", &fields)
            .ignore()
            .xack(WORKFLOWS, GROUP, &[&entry.id])
            .ignore()
            .xdel(WORKFLOWS, &[&entry.id])
            .ignore();
        Ok(pipeline.exec_async(&mut self.connection().await?).await?)
    }
}
