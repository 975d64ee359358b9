//! Reading the streams, as one of the workers.

use std::time::Duration;

use common::priority::Priority;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamInfoConsumersReply, StreamInfoGroupsReply, StreamKey,
    StreamMaxlen, StreamRangeReply, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, FromRedisValue};

use crate::connection::Connection;
use crate::{DEAD, DEAD_KEPT, Error, GROUP, PAYLOAD, Queue, Result, stream};

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which stream it is in.
    pub priority: Priority,
    /// Its id in the stream.
    pub id: String,
    /// What it says; `None` when it is not text, or not there.
    pub payload: Option<String>,
}

impl Entry {
    /// Reads an entry as Redis tells it, whatever it holds.
    pub fn new(priority: Priority, entry: StreamId) -> Self {
        let payload = entry.map.get(PAYLOAD).and_then(|value| String::from_redis_value_ref(value).ok());
        Self { priority, id: entry.id, payload }
    }
}

/// One worker's end of the streams, on a connection of its own: a read that waits blocks it.
pub struct Consumer {
    connection: Connection,
    name: String,
    /// How far each stream has been looked through for entries to take over.
    looked_to: Vec<String>,
}

impl Consumer {
    /// Connects under a name that no other running worker has. `longest_wait` is the longest that a read will block.
    pub async fn connect(queue: &Queue, name: &str, longest_wait: Duration) -> Result<Self> {
        let connection = queue.own_connection(longest_wait).await?;
        Ok(Self { connection, name: name.to_owned(), looked_to: vec!["0-0".to_owned(); Priority::ALL.len()] })
    }

    /// Makes the groups where there are none, and tells whether it had to: then Redis is new, or lost its data. A group
    /// begins with the oldest entry, so that none is passed over.
    pub async fn ensure_groups(&mut self) -> Result<bool> {
        let mut any_made = false;
        for &priority in Priority::ALL {
            let made: redis::RedisResult<()> =
                self.connection.xgroup_create_mkstream(stream(priority), GROUP, "0").await;
            match made {
                Ok(()) => any_made = true,
                Err(error) if error.code() == Some("BUSYGROUP") => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(any_made)
    }

    /// Takes up to `count` new entries of these queues, of the first as many as there are. When there is none, waits for
    /// up to `wait`; then it may be `count` of each.
    pub async fn read(&mut self, queues: &[Priority], count: usize, wait: Duration) -> Result<Vec<Entry>> {
        let mut taken = Vec::new();
        for &queue in queues {
            if taken.len() < count {
                taken.extend(self.read_from(&[queue], count - taken.len(), None).await?);
            }
        }
        if taken.is_empty() {
            taken = self.read_from(queues, count, Some(wait)).await?;
        }
        Ok(taken)
    }

    async fn read_from(&mut self, queues: &[Priority], count: usize, wait: Option<Duration>) -> Result<Vec<Entry>> {
        let mut options = StreamReadOptions::default().group(GROUP, &self.name).count(count);
        if let Some(wait) = wait {
            options = options.block(usize::try_from(wait.as_millis()).unwrap_or(usize::MAX).max(1));
        }
        let keys: Vec<_> = queues.iter().map(|&queue| stream(queue)).collect();
        let reply: Option<StreamReadReply> =
            self.connection.xread_options(&keys, &vec![">"; keys.len()], &options).await?;
        let entries = |StreamKey { key, ids }: StreamKey| {
            let queue = queues.iter().copied().find(|&queue| stream(queue) == key);
            ids.into_iter().filter_map(move |id| Some(Entry::new(queue?, id)))
        };
        Ok(reply.map(|reply| reply.keys).unwrap_or_default().into_iter().flat_map(entries).collect())
    }

    /// Takes over up to `count` entries that a worker has had in hand for `idle` without dealing with them. Goes on where
    /// the last look ended, so that entries which stay where they are keep it from no other.
    pub async fn take_over(&mut self, idle: Duration, count: usize) -> Result<Vec<Entry>> {
        let idle = usize::try_from(idle.as_millis()).unwrap_or(usize::MAX);
        let mut taken = Vec::new();
        for (priority, from) in Priority::ALL.iter().copied().zip(&mut self.looked_to) {
            if taken.len() >= count {
                break;
            }
            let options = StreamAutoClaimOptions::default().count(count - taken.len());
            let reply: StreamAutoClaimReply = self
                .connection
                .xautoclaim_options(stream(priority), GROUP, &self.name, idle, from.as_str(), options)
                .await?;
            *from = reply.next_stream_id;
            taken.extend(reply.claimed.into_iter().map(|entry| Entry::new(priority, entry)));
        }
        Ok(taken)
    }
}

impl Queue {
    /// Forgets entries that have been dealt with, all or none: what was acknowledged and still lay there would count as
    /// waiting for ever.
    pub async fn done(&self, entries: &[Entry]) -> Result<()> {
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        for &priority in Priority::ALL {
            let of_queue = entries.iter().filter(|entry| entry.priority == priority);
            let ids: Vec<_> = of_queue.map(|entry| entry.id.as_str()).collect();
            if !ids.is_empty() {
                let key = stream(priority);
                pipeline.xack(key, GROUP, &ids).ignore().xdel(key, &ids).ignore();
            }
        }
        Ok(pipeline.exec_async(&mut *self.connection().await?).await?)
    }

    /// Sets an entry aside that nobody can deal with.
    pub async fn bury(&self, entry: &Entry, reason: &str) -> Result<()> {
        let payload = entry.payload.as_deref().unwrap_or("(not text)");
        let payload: String = payload.chars().take(10_000).collect();
        let queue = entry.priority.as_str();
        let fields = [("queue", queue), ("entry", &entry.id), (PAYLOAD, &payload), ("reason", reason)];
        let key = stream(entry.priority);
        let mut pipeline = redis::pipe();
        pipeline
            .atomic()
            .xadd_maxlen(DEAD, StreamMaxlen::Approx(DEAD_KEPT), "*", &fields)
            .ignore()
            .xack(key, GROUP, &[&entry.id])
            .ignore()
            .xdel(key, &[&entry.id])
            .ignore();
        Ok(pipeline.exec_async(&mut *self.connection().await?).await?)
    }

    /// How long the oldest entry that no worker has taken yet has waited, or none when none waits. What was sent before
    /// it has been taken, or is lost.
    pub async fn oldest_wait(&self, priority: Priority) -> Result<Option<Duration>> {
        let (key, mut connection) = (stream(priority), self.connection().await?);
        let Some(after) = last_delivered(&mut connection, key).await? else { return Ok(None) };
        // In one pipeline: the clock is that of the server which has given out the ids.
        let (next, (seconds, micros)): (StreamRangeReply, (u64, u64)) = redis::pipe()
            .xrange_count(key, format!("({after}"), "+", 1)
            .cmd("TIME")
            .query_async(&mut *connection)
            .await?;
        let Some(entry) = next.ids.first() else { return Ok(None) };
        let sent: Option<u64> = entry.id.split('-').next().and_then(|time| time.parse().ok());
        let now = seconds * 1000 + micros / 1000;
        Ok(sent.map(|sent| Duration::from_millis(now.saturating_sub(sent))))
    }

    /// Forgets workers that have not been heard of for so long and have nothing in hand.
    pub async fn forget_consumers(&self, silent: Duration) -> Result<()> {
        let mut connection = self.connection().await?;
        for &priority in Priority::ALL {
            let key = stream(priority);
            let known: redis::RedisResult<StreamInfoConsumersReply> = connection.xinfo_consumers(key, GROUP).await;
            let Ok(known) = known else { continue };
            for consumer in known.consumers {
                if consumer.pending == 0 && Duration::from_millis(consumer.idle as u64) > silent {
                    let () = connection.xgroup_delconsumer(key, GROUP, consumer.name).await?;
                }
            }
        }
        Ok(())
    }
}

/// The last entry that was given to a worker.
async fn last_delivered(connection: &mut Connection, key: &str) -> Result<Option<String>> {
    let groups: redis::RedisResult<StreamInfoGroupsReply> = connection.xinfo_groups(key).await;
    match groups {
        Ok(groups) => {
            let group = groups.groups.into_iter().find(|group| group.name == GROUP);
            Ok(group.map(|group| group.last_delivered_id))
        }
        // There is no such stream.
        Err(error) if error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::ResponseError) => Ok(None),
        Err(error) => Err(Error::from(error)),
    }
}
