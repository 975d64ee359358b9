//! Entries that nobody could deal with, for people to look at.

use chrono::{DateTime, Utc};
use redis::streams::{StreamId, StreamRangeReply};
use redis::{AsyncCommands, FromRedisValue};

use crate::{DEAD, PAYLOAD, Queue, Result};

/// An entry that nobody could deal with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its id among those that were set aside.
    pub id: String,
    /// When it was.
    pub at: Option<DateTime<Utc>>,
    /// Which queue it was in.
    pub queue: Option<String>,
    /// Its id there.
    pub entry: Option<String>,
    /// What it says.
    pub payload: Option<String>,
    /// Why nobody could deal with it.
    pub reason: Option<String>,
}

impl From<StreamId> for SetAside {
    fn from(stored: StreamId) -> Self {
        let text = |field: &str| String::from_redis_value_ref(stored.map.get(field)?).ok();
        let millis = stored.id.split('-').next().and_then(|time| time.parse().ok());
        Self {
            at: millis.and_then(DateTime::from_timestamp_millis),
            queue: text("queue"),
            entry: text("entry"),
            payload: text(PAYLOAD),
            reason: text("reason"),
            id: stored.id,
        }
    }
}

impl Queue {
    /// Up to `count` entries that were set aside, the latest first; after a page, those before its last one.
    pub async fn set_aside(&self, before: Option<&str>, count: usize) -> Result<Vec<SetAside>> {
        let mut connection = self.connection().await?;
        let from = before.map_or_else(|| "+".to_owned(), |id| format!("({id}"));
        let found: StreamRangeReply = connection.xrevrange_count(DEAD, from, "-", count).await?;
        Ok(found.ids.into_iter().map(SetAside::from).collect())
    }
}
