//! Running instances announce themselves, so that nobody has to configure who to ask.

use std::net::SocketAddr;
use std::time::Duration;

use deadpool_redis::redis::{self, AsyncCommands};
use serde::{Deserialize, Serialize};

use tokio_util::sync::CancellationToken;

use crate::{Queue, Result};

/// How long an announcement holds without being repeated.
const TIME_TO_LIVE: Duration = Duration::from_secs(15);

/// A running instance of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Which service.
    pub service: String,
    /// Which instance of it.
    pub id: String,
    /// Where it answers, as a URL.
    pub url: String,
    /// Its version.
    pub version: String,
}

impl Queue {
    /// Says that an instance is running. To be repeated every five seconds.
    pub async fn announce(&self, instance: &Instance) -> Result<()> {
        let value = serde_json::to_string(instance).unwrap_or_default();
        Ok(self.connection().await?.set_ex(key(instance), value, TIME_TO_LIVE.as_secs()).await?)
    }

    /// Says that an instance stops, so that nobody asks it any more.
    async fn withdraw(&self, instance: &Instance) -> Result<()> {
        Ok(self.connection().await?.del(key(instance)).await?)
    }

    /// Every instance that has announced itself lately.
    pub async fn instances(&self) -> Result<Vec<Instance>> {
        let mut connection = self.connection().await?;
        let mut keys = Vec::new();
        let mut cursor = 0_u64;
        loop {
            let (next, found): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg(&["MATCH", "codex:instance:*", "COUNT", "1000"])
                .query_async(&mut connection)
                .await?;
            keys.extend(found);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<Option<String>> = connection.mget(keys).await?;
        let mut instances: Vec<Instance> =
            values.into_iter().flatten().filter_map(|value| serde_json::from_str(&value).ok()).collect();
        instances.sort_by(|a, b| (&a.service, &a.id).cmp(&(&b.service, &b.id)));
        instances.dedup();
        Ok(instances)
    }
}

fn key(instance: &Instance) -> String {
    format!("codex:instance:{}:{}", instance.service, instance.id)
}

/// Announces an instance for as long as it runs.
pub struct Announcer(Instance);

impl Announcer {
    /// Names an instance after where it listens and which process it is.
    pub fn new(service: &str, version: &str, address: SocketAddr) -> Self {
        Self(Instance {
            service: service.to_owned(),
            id: format!("{address}-{}", std::process::id()),
            url: format!("http://{address}"),
            version: version.to_owned(),
        })
    }

    /// The instance's id: no other running instance of the service has it.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Announces it every five seconds until it is stopped, then takes the announcement back.
    pub async fn run(self, queue: Queue, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = queue.announce(&self.0).await {
                tracing::warn!("this instance can't announce itself: {error}");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(TIME_TO_LIVE / 3) => {}
            }
        }
        // Without Redis, it ends by itself.
        let _ = queue.withdraw(&self.0).await;
    }
}
