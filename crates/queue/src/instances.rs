//! Running instances announce themselves, so that nobody has to configure who to ask.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::telemetry::{LevelControl, chain};
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::controls::Obedience;
use crate::{Queue, Result, script};

/// What running instances say of themselves, by the time until which it holds. One set, because a cluster has no list of
/// all its keys.
const INSTANCES: &str = "codex:instances";
/// How long an announcement holds without being repeated.
const TIME_TO_LIVE: Duration = Duration::from_secs(15);

/// By the clock of Redis, as everything about these times.
const ANNOUNCE: &str = "
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
    redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
    redis.call('PEXPIRE', KEYS[1], ARGV[1])";

const ANNOUNCED: &str = "
    local t = redis.call('TIME')
    return redis.call('ZRANGEBYSCORE', KEYS[1], t[1] * 1000 + t[2] / 1000, '+inf')";

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

/// What a running instance says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The instance.
    #[serde(flatten)]
    pub instance: Instance,
    /// Since when it has announced itself.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
}

/// The id of an instance, as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct InstanceId(String);

impl InstanceId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InstanceId {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".:[]_-".contains(&b);
        let is_one = (1..=100).contains(&text.len()) && text.bytes().all(fits);
        if is_one { Ok(Self(text)) } else { Err("is not the id of an instance") }
    }
}

impl Queue {
    /// Says that an instance is running. To be repeated every five seconds.
    pub async fn announce(&self, instance: &Instance) -> Result<()> {
        self.announce_since(&Announcement { instance: instance.clone(), since: None }).await
    }

    async fn announce_since(&self, announcement: &Announcement) -> Result<()> {
        let value = serde_json::to_string(announcement).unwrap_or_default();
        let holds = u64::try_from(TIME_TO_LIVE.as_millis()).unwrap_or(u64::MAX);
        let mut announce = script(ANNOUNCE, &[INSTANCES]);
        Ok(announce.arg(holds).arg(value).exec_async(&mut *self.connection().await?).await?)
    }

    /// Says that an instance stops, so that nobody asks it any more.
    async fn withdraw(&self, announcement: &Announcement) -> Result<()> {
        let value = serde_json::to_string(announcement).unwrap_or_default();
        Ok(self.connection().await?.zrem(INSTANCES, value).await?)
    }

    /// Every instance that has announced itself lately.
    pub async fn instances(&self) -> Result<Vec<Instance>> {
        Ok(self.announcements().await?.into_iter().map(|announcement| announcement.instance).collect())
    }

    /// What every instance that has announced itself lately said.
    pub async fn announcements(&self) -> Result<Vec<Announcement>> {
        let values: Vec<String> = script(ANNOUNCED, &[INSTANCES]).query_async(&mut *self.connection().await?).await?;
        let mut said: Vec<Announcement> = values.iter().filter_map(|value| serde_json::from_str(value).ok()).collect();
        said.sort_by(|a, b| (&a.instance.service, &a.instance.id).cmp(&(&b.instance.service, &b.instance.id)));
        Ok(said)
    }
}

/// Where an instance that listens here can be asked by others.
fn reachable(address: SocketAddr) -> String {
    if !address.ip().is_unspecified() {
        return address.to_string();
    }
    let host = hostname::get().ok().and_then(|name| name.into_string().ok()).unwrap_or_else(|| "localhost".to_owned());
    format!("{}:{}", host.to_ascii_lowercase(), address.port())
}

/// Announces an instance for as long as it runs, and does what admins ask of it.
pub struct Announcer {
    announcement: Announcement,
    obedience: Obedience,
}

impl Announcer {
    /// Names an instance after where it listens and which process it is; in containers, those are often the same.
    ///
    /// One that listens on every address is found by its host's name, which a container's network knows.
    pub fn new(service: &str, version: &str, address: SocketAddr) -> Self {
        let address = reachable(address);
        let random = &Uuid::new_v4().simple().to_string()[..8];
        let instance = Instance {
            service: service.to_owned(),
            id: format!("{address}-{}-{random}", std::process::id()),
            url: format!("http://{address}"),
            version: version.to_owned(),
        };
        let announcement = Announcement { instance, since: Some(Utc::now()) };
        Self { announcement, obedience: Obedience::default() }
    }

    /// Lets admins change what the instance logs.
    #[must_use]
    pub fn controlling(mut self, level: LevelControl) -> Self {
        self.obedience.level = Some(level);
        self
    }

    /// The instance's id: no other running instance of the service has it.
    pub fn id(&self) -> &str {
        &self.announcement.instance.id
    }

    /// Announces it every five seconds until it is stopped, then takes the announcement back.
    pub async fn run(mut self, queue: Queue, stop: CancellationToken) {
        let instance = self.announcement.instance.clone();
        while !stop.is_cancelled() {
            if let Err(error) = queue.announce_since(&self.announcement).await {
                tracing::warn!(error = chain(&error), "this instance can't announce itself");
            }
            self.obedience.obey(&queue, &instance).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(TIME_TO_LIVE / 3) => {}
            }
        }
        // Without Redis, it ends by itself.
        let _ = queue.withdraw(&self.announcement).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_listens_everywhere_is_found_by_its_hosts_name() {
        let named = Announcer::new("auth-service", "1", "0.0.0.0:8001".parse().expect("an address"));
        let url = &named.announcement.instance.url;
        assert!(url.ends_with(":8001") && !url.contains("0.0.0.0"), "{url}");
        InstanceId::try_from(named.id().to_owned()).expect("an id that a request can name");
        assert_eq!(reachable("10.0.0.7:8001".parse().expect("an address")), "10.0.0.7:8001");
    }
}
