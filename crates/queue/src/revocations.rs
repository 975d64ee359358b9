//! News of revoked tokens, for every service that checks tokens.

use std::time::Duration;

use redis::streams::{StreamMaxlen, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, FromRedisValue};

use crate::connection::Connection;
use crate::{PAYLOAD, Queue, Result};

/// The stream; everybody reads all of it, there is no consumer group.
const REVOCATIONS: &str = "auth:revocations";
/// How many are kept for who starts while PostgreSQL is away.
const KEPT: usize = 10_000;

impl Queue {
    /// Tells everybody.
    pub async fn publish_revocations(&self, payloads: &[String]) -> Result<()> {
        if payloads.is_empty() {
            return Ok(());
        }
        let mut pipeline = redis::pipe();
        for payload in payloads {
            pipeline.xadd_maxlen(REVOCATIONS, StreamMaxlen::Approx(KEPT), "*", &[(PAYLOAD, payload)]).ignore();
        }
        Ok(pipeline.exec_async(&mut *self.connection().await?).await?)
    }
}

/// One reader's place in the stream, on a connection of its own: a read that waits blocks it.
pub struct RevocationStream {
    connection: Connection,
    last: String,
}

impl RevocationStream {
    /// Begins with the oldest that is kept. `longest_wait` is the longest that a read will block.
    pub async fn connect(queue: &Queue, longest_wait: Duration) -> Result<Self> {
        Ok(Self { connection: queue.own_connection(longest_wait).await?, last: "0".to_owned() })
    }

    /// What is new, waiting for the first for at most `wait`.
    pub async fn read(&mut self, wait: Duration) -> Result<Vec<String>> {
        let wait = usize::try_from(wait.as_millis()).unwrap_or(usize::MAX).max(1);
        let options = StreamReadOptions::default().count(1000).block(wait);
        let reply: Option<StreamReadReply> =
            self.connection.xread_options(&[REVOCATIONS], &[&self.last], &options).await?;
        let entries: Vec<_> = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|stream| stream.ids).collect();
        if let Some(entry) = entries.last() {
            self.last.clone_from(&entry.id);
        }
        let payload = |entry: &redis::streams::StreamId| String::from_redis_value_ref(entry.map.get(PAYLOAD)?).ok();
        Ok(entries.iter().filter_map(payload).collect())
    }
}
