//! Asking every part how it is, all at once and none for longer than two seconds.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use common::priority::Priority;
use database::Pool;
use database::execution::Backlog;
use database::execution::queues::{self, QueueState};
use queue::{Instance, Queue};
use serde::Serialize;
use utoipa::ToSchema;

/// A part that has not answered by then is unhealthy.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a part, or the whole, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Works.
    Healthy,
    /// Works, but something that users do not need at once does not.
    Degraded,
    /// Does not work.
    Unhealthy,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        })
    }
}

/// A running instance of a service, and how it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InstanceHealth {
    /// Which service.
    pub service: String,
    /// Which instance of it.
    pub instance: String,
    /// Its version.
    pub version: String,
    /// How it is.
    pub status: Health,
}

/// The queue, as it stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct QueueHealth {
    /// How it is.
    pub status: Health,
    /// How many workflows wait for a worker.
    pub length: u64,
}

/// What asking has shown.
#[derive(Clone, Debug)]
pub struct Findings {
    /// PostgreSQL.
    pub database: Health,
    /// Redis.
    pub redis: Health,
    /// The queue.
    pub queue: QueueHealth,
    /// How many wait for a worker, by queue; nothing when Redis does not answer.
    pub waiting: Vec<(Priority, u64)>,
    /// How many wait for their time; none when Redis does not answer.
    pub delayed: Option<u64>,
    /// Which queues are paused; nothing when PostgreSQL does not answer.
    pub queues: Vec<QueueState>,
    /// How many dead letters there are; none when Redis does not answer.
    pub dead_letters: Option<u64>,
    /// What PostgreSQL says of workflows on their way; none when it does not answer.
    pub backlog: Option<Backlog>,
    /// Every instance that has announced itself.
    pub instances: Vec<InstanceHealth>,
}

/// The services that users need: without one ready instance of each, the whole does not work.
const NEEDED: [&str; 2] = ["auth-service", "council-service"];

impl Findings {
    /// How the whole is: unhealthy when a part that users need is down, degraded when another is.
    pub fn overall(&self) -> Health {
        let ready =
            |service: &str| self.instances.iter().any(|one| one.service == service && one.status == Health::Healthy);
        if self.database != Health::Healthy || (self.redis == Health::Healthy && !NEEDED.iter().all(|one| ready(one))) {
            Health::Unhealthy
        } else if self.redis != Health::Healthy
            || self.queue.status != Health::Healthy
            || self.instances.iter().any(|one| one.status != Health::Healthy)
        {
            Health::Degraded
        } else {
            Health::Healthy
        }
    }
}

/// Asks the parts.
#[derive(Clone)]
pub struct Prober {
    pool: Pool,
    queue: Queue,
    http: reqwest::Client,
}

impl Prober {
    /// Prepares to ask.
    pub fn new(pool: Pool, queue: Queue) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { pool, queue, http })
    }

    /// Asks every part.
    pub async fn probe(&self) -> Findings {
        Box::pin(self.ask()).await
    }

    async fn ask(&self) -> Findings {
        let database = patiently(async { self.pool.check().await.map_err(|error| error.to_string()) });
        let backlog = patiently(async {
            let mut connection = self.pool.get().await.map_err(|error| error.to_string())?;
            let backlog = Backlog::read(&mut connection).await.map_err(|error| error.to_string())?;
            let queues = queues::list(&mut connection).await.map_err(|error| error.to_string())?;
            Ok((backlog, queues))
        });
        let redis = patiently(async { self.queue.check().await.map_err(|error| error.to_string()) });
        let waiting = patiently(async { self.waiting().await.map_err(|error| error.to_string()) });
        let delayed = patiently(async { self.queue.delayed().await.map_err(|error| error.to_string()) });
        let dead = patiently(async { self.queue.dead().await.map_err(|error| error.to_string()) });
        let (database, backlog, redis, waiting, delayed, dead, instances) =
            tokio::join!(database, backlog, redis, waiting, delayed, dead, self.instances());
        let (backlog, queues) = backlog.map(|(backlog, queues)| (Some(backlog), queues)).unwrap_or_default();
        let workers = instances.iter().any(|one| one.service == "workflow-worker" && one.status == Health::Healthy);
        Findings {
            database: health(database.is_ok()),
            redis: health(redis.is_ok()),
            queue: QueueHealth {
                status: health(waiting.is_ok() && workers),
                length: waiting.iter().flatten().map(|(_, length)| length).sum(),
            },
            waiting: waiting.unwrap_or_default(),
            delayed: delayed.ok(),
            dead_letters: dead.ok(),
            queues,
            backlog,
            instances,
        }
    }

    async fn waiting(&self) -> queue::Result<Vec<(Priority, u64)>> {
        let mut waiting = Vec::new();
        for &priority in Priority::ALL {
            waiting.push((priority, self.queue.waiting(priority).await?));
        }
        Ok(waiting)
    }

    async fn instances(&self) -> Vec<InstanceHealth> {
        let announced = patiently(async { self.queue.instances().await.map_err(|error| error.to_string()) });
        let asked = announced.await.unwrap_or_default().into_iter().map(async |instance: Instance| {
            let answer = self.http.get(format!("{}/health/ready", instance.url)).send().await;
            InstanceHealth {
                status: health(answer.is_ok_and(|answer| answer.status().is_success())),
                service: instance.service,
                instance: instance.id,
                version: instance.version,
            }
        });
        futures_util::future::join_all(asked).await
    }
}

fn health(works: bool) -> Health {
    if works { Health::Healthy } else { Health::Unhealthy }
}

async fn patiently<T>(question: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let answer = tokio::time::timeout(PATIENCE, question).await.unwrap_or_else(|_| Err("no answer in 2 s".to_owned()));
    if let Err(error) = &answer {
        tracing::warn!("a part does not answer: {error}");
    }
    answer
}
