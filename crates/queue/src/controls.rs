//! What admins ask of running instances: another level of the logs for a time, a profile of what the CPU does.
//!
//! It goes through Redis, where each instance looks whenever it announces itself, so that no instance needs an open
//! port or a secret for it. Everything has a time to live: what nobody takes back ends by itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::ids::UserId;
use common::telemetry::{LevelControl, LogLevel, chain, take_profile};
use redis::{AsyncCommands, ExistenceCheck, SetExpiry, SetOptions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Instance, Queue, Result};

/// The largest profile that is taken through Redis; usual ones have some ten kilobytes.
pub const MAX_PROFILE_BYTES: usize = 8 * 1024 * 1024;
/// How long a profile waits for whoever asked for it.
const PROFILE_KEPT: Duration = Duration::from_mins(1);
/// How long it may take, beyond the time that is watched, until a profile is there: an instance looks every five
/// seconds, and to put names to addresses takes a few more.
const PROFILE_MARGIN: Duration = Duration::from_secs(25);
/// In the place of a service: all of them.
const ALL: &str = "all";
/// The fields of a profile that was taken.
const PROFILE: &str = "profile";
const FAILURE: &str = "failure";

/// One of the product's services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ServiceName {
    /// Who you are.
    #[serde(rename = "auth-service")]
    Auth,
    /// What may run.
    #[serde(rename = "council-service")]
    Council,
    /// What runs.
    #[serde(rename = "workflow-worker")]
    Worker,
    /// How it is.
    #[serde(rename = "health-aggregator")]
    Health,
}

impl ServiceName {
    /// Every service.
    pub const ALL: [Self; 4] = [Self::Auth, Self::Council, Self::Worker, Self::Health];

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth-service",
            Self::Council => "council-service",
            Self::Worker => "workflow-worker",
            Self::Health => "health-aggregator",
        }
    }
}

/// What is logged for a time in the place of `LOG_LEVEL`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LevelOrder {
    /// By which service; null for every service that has no level of its own.
    pub service: Option<ServiceName>,
    /// What.
    pub level: LogLevel,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Who wants it.
    pub set_by: UserId,
}

/// A profile that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRequest {
    /// Names it.
    pub id: Uuid,
    /// How long to watch.
    pub seconds: u64,
}

impl ProfileRequest {
    /// How long to wait for it, at most.
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds).saturating_add(PROFILE_MARGIN)
    }
}

/// What an instance is to do now.
#[derive(Debug, Default)]
struct Orders {
    level: Option<(LogLevel, Duration)>,
    profile: Option<ProfileRequest>,
}

// What stands in braces keeps these keys on one node of a cluster, so that they can be read together.
fn level_key(service: &str) -> String {
    format!("{{codex:controls}}:log-level:{service}")
}

fn asked_key(instance: &Instance) -> String {
    format!("{{codex:controls}}:profile:asked:{}:{}", instance.service, instance.id)
}

fn taken_key(id: Uuid) -> String {
    format!("{{codex:controls}}:profile:taken:{id}")
}

impl Queue {
    /// Sets what is logged for this time. Every instance knows within five seconds.
    pub async fn set_log_level(&self, order: &LevelOrder, time: Duration) -> Result<()> {
        let key = level_key(order.service.map_or(ALL, ServiceName::as_str));
        let value = serde_json::to_string(order).unwrap_or_default();
        Ok(self.connection().await?.set_ex(key, value, time.as_secs()).await?)
    }

    /// What is logged for a time in the place of the usual: for all services first.
    pub async fn log_levels(&self) -> Result<Vec<LevelOrder>> {
        let values: Vec<Option<String>> = self.connection().await?.mget(level_keys(None)).await?;
        Ok(values.into_iter().flatten().filter_map(|value| serde_json::from_str(&value).ok()).collect())
    }

    /// Lets a service log as usual again; without one, every service.
    pub async fn unset_log_level(&self, service: Option<ServiceName>) -> Result<()> {
        Ok(self.connection().await?.del(level_keys(service)).await?)
    }

    /// Asks an instance for a profile; `None` when it is taking one already.
    pub async fn ask_profile(&self, instance: &Instance, seconds: u64) -> Result<Option<ProfileRequest>> {
        let request = ProfileRequest { id: Uuid::now_v7(), seconds };
        let value = serde_json::to_string(&request).unwrap_or_default();
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::EX(request.patience().as_secs()));
        let mut connection = self.connection().await?;
        let asked: Option<String> = connection.set_options(asked_key(instance), value, options).await?;
        Ok(asked.map(|_| request))
    }

    /// The profile that was asked for, once it is there; or why there is none.
    pub async fn taken_profile(&self, id: Uuid) -> Result<Option<std::result::Result<Vec<u8>, String>>> {
        let mut connection = self.connection().await?;
        let (profile, failure): (Option<Vec<u8>>, Option<String>) =
            redis::cmd("HMGET").arg(taken_key(id)).arg(&[PROFILE, FAILURE]).query_async(&mut *connection).await?;
        Ok(profile.map(Ok).or(failure.map(Err)))
    }

    /// Forgets a profile that was asked for.
    pub async fn forget_profile(&self, instance: &Instance, id: Uuid) -> Result<()> {
        Ok(self.connection().await?.del(&[asked_key(instance), taken_key(id)]).await?)
    }

    /// What an instance is to do now.
    async fn orders(&self, instance: &Instance) -> Result<Orders> {
        type Found = (Option<String>, i64, Option<String>, i64, Option<String>);
        let mut pipeline = redis::pipe();
        for service in [instance.service.as_str(), ALL] {
            pipeline.get(level_key(service)).pttl(level_key(service));
        }
        pipeline.get(asked_key(instance));
        let (own, own_left, all, all_left, asked): Found = pipeline.query_async(&mut *self.connection().await?).await?;
        let level = |value: Option<String>, left: i64| {
            let order: LevelOrder = serde_json::from_str(&value?).ok()?;
            // Redis counts the time: the clocks of machines differ.
            Some((order.level, Duration::from_millis(left.try_into().ok()?)))
        };
        Ok(Orders {
            level: level(own, own_left).or_else(|| level(all, all_left)),
            profile: asked.and_then(|asked| serde_json::from_str(&asked).ok()),
        })
    }

    async fn store_profile(
        &self,
        instance: &Instance,
        id: Uuid,
        taken: std::result::Result<Vec<u8>, String>,
    ) -> Result<()> {
        let key = taken_key(id);
        let mut pipeline = redis::pipe();
        match taken {
            Ok(profile) => pipeline.atomic().hset(&key, PROFILE, profile),
            Err(reason) => pipeline.atomic().hset(&key, FAILURE, reason),
        };
        pipeline.expire(&key, PROFILE_KEPT.as_secs().try_into().unwrap_or(60)).del(asked_key(instance));
        Ok(pipeline.exec_async(&mut *self.connection().await?).await?)
    }
}

/// Where the level of a service stands; without one, of every service and of all.
fn level_keys(service: Option<ServiceName>) -> Vec<String> {
    match service {
        Some(service) => vec![level_key(service.as_str())],
        None => [ALL].into_iter().chain(ServiceName::ALL.iter().map(|name| name.as_str())).map(level_key).collect(),
    }
}

/// What an instance does of what it is asked.
#[derive(Default)]
pub(crate) struct Obedience {
    /// What changes its logs, in a program that has them.
    pub(crate) level: Option<LevelControl>,
    /// The last profile that it was asked for.
    profile: Option<Uuid>,
}

impl Obedience {
    /// Looks what is asked of the instance, and does it.
    pub(crate) async fn obey(&mut self, queue: &Queue, instance: &Instance) {
        let orders = match queue.orders(instance).await {
            Ok(orders) => orders,
            Err(error) => {
                tracing::warn!(error = chain(&error), "whether admins ask something of this instance can't be read");
                if let Some(level) = &self.level {
                    level.expire();
                }
                return;
            }
        };
        if let Some(level) = &self.level {
            level.set(orders.level);
        }
        if let Some(request) = orders.profile.filter(|request| self.profile != Some(request.id)) {
            self.profile = Some(request.id);
            tokio::spawn(profile(queue.clone(), instance.clone(), request));
        }
    }
}

async fn profile(queue: Queue, instance: Instance, request: ProfileRequest) {
    tracing::info!(profile_id = %request.id, request.seconds, "a profile is taken");
    let taken = match take_profile(Duration::from_secs(request.seconds)).await {
        Ok(profile) if profile.len() > MAX_PROFILE_BYTES => Err("the profile is too large".to_owned()),
        Ok(profile) => Ok(profile),
        Err(error) => {
            tracing::warn!(error = chain(&error), profile_id = %request.id, "a profile can't be taken");
            Err(error.to_string())
        }
    };
    if let Err(error) = queue.store_profile(&instance, request.id, taken).await {
        tracing::warn!(error = chain(&error), profile_id = %request.id, "a profile can't be handed over");
    }
}
