//! Sends what is due to the workers.

use std::time::Duration;

use common::telemetry::chain;
use queue::Queue;
use tokio_util::sync::CancellationToken;

/// The longest that nobody looks: something due sooner may have come meanwhile.
const LOOK: Duration = Duration::from_millis(100);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// Sends until it is stopped. Any number may run: Redis gives each entry away once.
pub async fn run(queue: Queue, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match queue.send_due().await {
            Ok(next) => next.map_or(LOOK, |next| next.min(LOOK)),
            Err(error) => {
                tracing::warn!(error = chain(&error), "later attempts are found in postgresql now");
                PAUSE_AFTER_ERROR
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
