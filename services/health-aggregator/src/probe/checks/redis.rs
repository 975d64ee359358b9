//! Redis, and the queue in it.

use std::time::Instant;

use common::priority::Priority;

use crate::probe::{Answer, InRedis, Inner, Verdict};

impl Inner {
    pub(in crate::probe) async fn ask_redis(&self) -> Answer {
        self.queue.check().await?;
        Ok(Verdict::healthy())
    }

    /// Whether the queue can be read; who works it off, and for how long it has waited, is judged when both are known.
    pub(in crate::probe) async fn ask_queue(&self) -> Answer {
        let began = Instant::now();
        let mut seen = InRedis::default();
        for &priority in Priority::ALL {
            seen.waiting.push((priority, self.queue.waiting(priority).await?));
        }
        (seen.delayed, seen.dead_letters) = (self.queue.delayed().await?, self.queue.dead().await?);
        self.with_state(|state| state.in_redis = Some((began, seen)));
        Ok(Verdict::healthy())
    }
}
