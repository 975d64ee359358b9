//! What is to be sent to the workers at a later time.

use std::time::Duration;

use common::priority::Priority;

use crate::{DELAYED, PAYLOAD, Queue, Result, script, stream};

/// How many are sent at a time.
const BATCH: usize = 500;

/// By the clock of Redis, which is the only one that looks at the times of this set. What stands for how urgent it is in
/// the first letter of a member.
const DELAY: &str = "
    local t = redis.call('TIME')
    redis.call('ZADD', KEYS[1], t[1] * 1000 + t[2] / 1000 + ARGV[1], ARGV[2])";

const SEND_DUE: &str = "
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
    for _, member in ipairs(due) do
        local to = ({h = KEYS[2], n = KEYS[3], l = KEYS[4]})[string.sub(member, 1, 1)]
        if to then redis.call('XADD', to, '*', ARGV[1], string.sub(member, 2)) end
        redis.call('ZREM', KEYS[1], member)
    end
    local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    if #next == 0 then return -1 end
    return math.max(0, math.ceil(next[2] - now))";

const fn letter(priority: Priority) -> char {
    match priority {
        Priority::High => 'h',
        Priority::Normal => 'n',
        Priority::Low => 'l',
    }
}

impl Queue {
    /// Sends a workflow to the workers after this time. PostgreSQL knows the time, too, should it be forgotten here.
    pub async fn delay(&self, priority: Priority, payload: &str, delay: Duration) -> Result<()> {
        let member = format!("{}{payload}", letter(priority));
        let millis = u64::try_from(delay.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        Ok(script(DELAY, &[DELAYED]).arg(millis).arg(member).exec_async(&mut *self.connection().await?).await?)
    }

    /// Sends what is due to the workers, and tells when the next one will be.
    pub async fn send_due(&self) -> Result<Option<Duration>> {
        let keys: Vec<_> =
            [DELAYED].into_iter().chain(Priority::ALL.iter().map(|&priority| stream(priority))).collect();
        let mut send = script(SEND_DUE, &keys);
        let next: i64 = send.arg(PAYLOAD).arg(BATCH).query_async(&mut *self.connection().await?).await?;
        Ok(u64::try_from(next).ok().map(Duration::from_millis))
    }

    /// How many wait for their time.
    pub async fn delayed(&self) -> Result<u64> {
        Ok(redis::cmd("ZCARD").arg(DELAYED).query_async(&mut *self.connection().await?).await?)
    }
}
