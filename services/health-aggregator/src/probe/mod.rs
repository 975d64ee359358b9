//! Asking every part how it is, in the background and each by itself, so that whoever wants to know is answered at once.
//!
//! A part that has not answered in two seconds is unhealthy, and so is one that nobody has asked for a while.

mod checks;
mod health;
pub mod instances;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use common::priority::Priority;
use database::Pool;
use database::execution::Backlog;
use database::execution::queues::QueueState;
use database::health::backups::BackupKind;
use database::health::replicas::Replica;
use queue::{Instance, Queue};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use checks::web::CertificateHost;
pub use health::{Health, Part, overall};
use instances::{Instances, ServiceHealth, service_health};

use crate::settings::Targets;

/// A part that has not answered by then is unhealthy.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often parts are asked that users notice at once.
const OFTEN: Duration = Duration::from_secs(1);
/// How often parts are asked for which that would be rude or costly.
const CALMLY: Duration = Duration::from_secs(2);
/// How often a mail server and replicas are asked.
const NOW_AND_THEN: Duration = Duration::from_secs(10);
/// How often parts are asked that change within days.
const RARELY: Duration = Duration::from_mins(1);
/// How much older than its next question an answer may be. It is enough for a machine that is very busy.
const GRACE: Duration = Duration::from_secs(8);

/// What asking a part has shown.
#[derive(Clone, Debug)]
pub struct Finding {
    health: Health,
    /// For whoever looks after the product: it may say where things run.
    why: String,
    /// How long the answer took; none when there was none.
    pub latency: Option<Duration>,
    at: Instant,
    holds: Duration,
}

impl Finding {
    /// Asked at a time, it was this.
    pub fn new(at: Instant, health: Health, why: impl Into<String>, latency: Option<Duration>) -> Self {
        Self { health, why: why.into(), latency, at, holds: PATIENCE + GRACE }
    }

    /// How the part is now, as far as this tells: what is too old tells nothing good.
    pub fn health_at(&self, now: Instant) -> Health {
        if now.saturating_duration_since(self.at) > self.holds { Health::Unhealthy } else { self.health }
    }
}

/// What a check says of its part.
pub(crate) struct Verdict {
    health: Health,
    why: String,
}

impl Verdict {
    const fn healthy() -> Self {
        Self { health: Health::Healthy, why: String::new() }
    }

    fn degraded(why: impl Into<String>) -> Self {
        Self { health: Health::Degraded, why: why.into() }
    }

    fn unhealthy(why: impl Into<String>) -> Self {
        Self { health: Health::Unhealthy, why: why.into() }
    }
}

/// A verdict, or why there is none, which is as bad.
pub(crate) type Answer = anyhow::Result<Verdict>;

/// How a part is.
#[derive(Clone, Debug)]
pub struct PartHealth {
    /// Which.
    pub part: Part,
    /// How it is.
    pub health: Health,
    /// How long its last answer took.
    pub latency: Option<Duration>,
    /// How many instances there are, if it is a service.
    pub instances: Option<ServiceHealth>,
}

/// A running instance of a service, and how it is.
#[derive(Clone, Debug)]
pub struct InstanceHealth {
    /// Which service.
    pub service: String,
    /// Which instance of it.
    pub instance: String,
    /// Its version.
    pub version: String,
    /// How it is.
    pub status: Health,
    /// Whether it went without a word.
    pub gone: bool,
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
    /// The whole.
    pub overall: Health,
    /// Every part that is asked, and about which something is known.
    pub parts: Vec<PartHealth>,
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
    /// When the certificate of each host ends, as far as it could be read.
    pub certificates: Vec<(String, DateTime<Utc>)>,
    /// When the last backup and the last restore drill succeeded, if they are to be watched and ever did.
    pub backups: Vec<(BackupKind, DateTime<Utc>)>,
    /// The replicas that follow.
    pub replicas: Vec<Replica>,
}

impl Findings {
    /// How a part is that is always asked: unhealthy as long as nothing is known of it.
    pub fn known(&self, part: Part) -> Health {
        self.parts.iter().find(|one| one.part == part).map_or(Health::Unhealthy, |one| one.health)
    }
}

/// What Redis says of the queue.
#[derive(Clone, Default)]
struct InRedis {
    waiting: Vec<(Priority, u64)>,
    delayed: u64,
    dead_letters: u64,
}

/// What PostgreSQL says of the queue.
#[derive(Clone)]
struct InPostgres {
    backlog: Backlog,
    queues: Vec<QueueState>,
}

#[derive(Default)]
struct State {
    findings: BTreeMap<Part, Finding>,
    instances: Instances,
    /// When the announcements were last read.
    announcements_at: Option<Instant>,
    /// Whether everything was asked once.
    has_asked: bool,
    /// Instances that have not answered yet.
    being_asked: BTreeSet<instances::Key>,
    in_redis: Option<(Instant, InRedis)>,
    in_postgres: Option<(Instant, InPostgres)>,
    certificates: BTreeMap<String, DateTime<Utc>>,
    backups: BTreeMap<BackupKind, DateTime<Utc>>,
    replicas: Vec<Replica>,
}

/// Asks the parts. Cheap to clone.
#[derive(Clone)]
pub struct Prober(Arc<Inner>);

struct Inner {
    pool: Pool,
    queue: Queue,
    targets: Targets,
    http: reqwest::Client,
    edge: reqwest::Client,
    state: Mutex<State>,
}

impl Inner {
    /// The parts that are asked themselves, and how often; services are asked by their instances.
    fn to_ask(&self) -> impl Iterator<Item = (Part, Duration)> {
        let targets = &self.targets;
        let parts = [
            (Part::Database, OFTEN, true),
            (Part::Redis, OFTEN, true),
            (Part::Queue, OFTEN, true),
            (Part::Console, CALMLY, targets.console.is_some()),
            (Part::Edge, CALMLY, targets.edge.is_some()),
            (Part::Mail, NOW_AND_THEN, targets.smtp.is_some()),
            (Part::Replication, NOW_AND_THEN, targets.replicas > 0),
            (Part::Certificates, RARELY, !targets.certificates.is_empty()),
            (Part::Backup, RARELY, targets.backup_max_age.is_some()),
            (Part::RestoreDrill, RARELY, targets.restore_drill_max_age.is_some()),
        ];
        parts.into_iter().filter_map(|(part, pause, is_asked)| is_asked.then_some((part, pause)))
    }

    async fn ask(&self, part: Part) -> Answer {
        match part {
            Part::Database => self.ask_database().await,
            Part::Redis => self.ask_redis().await,
            Part::Queue => self.ask_queue().await,
            Part::Console => self.ask_console().await,
            Part::Edge => self.ask_edge().await,
            Part::Mail => self.ask_mail().await,
            Part::Replication => self.ask_replicas().await,
            Part::Certificates => self.ask_certificates().await,
            Part::Backup => self.ask_backups().await,
            Part::RestoreDrill => self.ask_restore_drills().await,
            Part::AuthService | Part::CouncilService | Part::WorkflowWorker | Part::HealthAggregator => {
                anyhow::bail!("a service is asked by its instances")
            }
        }
    }

    /// Keeps something of what was seen.
    fn with_state<T>(&self, keep: impl FnOnce(&mut State) -> T) -> T {
        // What is in it is whole whatever happened to who wrote it.
        keep(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Prober {
    /// Prepares to ask; [`Self::run`] does it.
    pub fn new(pool: Pool, queue: Queue, targets: Targets) -> anyhow::Result<Self> {
        let http = checks::web::client()?;
        let edge = checks::web::client_of_edge(&targets)?;
        Ok(Self(Arc::new(Inner { pool, queue, targets, http, edge, state: Mutex::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is in it is whole whatever happened to who wrote it.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every part, again and again, until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut asking = tokio::task::JoinSet::new();
        for (part, pause) in self.0.to_ask() {
            let prober = self.clone();
            asking.spawn(async move { prober.keep_asking(part, pause).await });
        }
        let prober = self.clone();
        asking.spawn(async move { prober.keep_reading_backlog().await });
        let prober = self.clone();
        asking.spawn(async move { prober.keep_discovering().await });
        let prober = self.clone();
        asking.spawn(async move { prober.keep_asking_instances().await });
        stop.cancelled().await;
        // All of it ends with the set.
    }

    async fn keep_asking(&self, part: Part, pause: Duration) {
        loop {
            let began = Instant::now();
            let answer = tokio::time::timeout(PATIENCE, self.0.ask(part)).await;
            let latency = began.elapsed();
            let (Verdict { health, why }, latency) = match answer {
                Ok(Ok(verdict)) => (verdict, Some(latency)),
                Ok(Err(error)) => (Verdict::unhealthy(format!("{error:#}")), None),
                Err(_) => (Verdict::unhealthy("no answer in 2 s"), None),
            };
            let finding = Finding { holds: pause + PATIENCE + GRACE, ..Finding::new(began, health, why, latency) };
            let before = self.state().findings.insert(part, finding.clone());
            tell_change(part.as_str(), before.as_ref(), &finding);
            tokio::time::sleep_until((began + pause).into()).await;
        }
    }

    async fn keep_reading_backlog(&self) {
        loop {
            let began = Instant::now();
            if let Ok(Ok(seen)) = tokio::time::timeout(PATIENCE, self.0.read_backlog()).await {
                self.state().in_postgres = Some((began, seen));
            }
            tokio::time::sleep_until((began + CALMLY).into()).await;
        }
    }

    async fn keep_discovering(&self) {
        loop {
            let began = Instant::now();
            if let Ok(Ok(announced)) = tokio::time::timeout(PATIENCE, self.0.queue.instances()).await {
                let mut state = self.state();
                state.instances.announced(began, announced);
                state.announcements_at = Some(began);
            }
            self.ask_instances(|known| known.finding.is_none());
            tokio::time::sleep_until((began + OFTEN).into()).await;
        }
    }

    async fn keep_asking_instances(&self) {
        loop {
            self.ask_instances(|_| true);
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Asks instances how they are, each in a task of its own, but for those that are still being asked.
    fn ask_instances(&self, which: impl Fn(&instances::Known) -> bool) {
        let mut state = self.state();
        let State { instances, being_asked, .. } = &mut *state;
        for (key, known) in instances.to_ask().filter(|(_, known)| which(known)) {
            if being_asked.insert(key.clone()) {
                tokio::spawn(self.clone().ask_instance(key.clone(), known.instance.url.clone()));
            }
        }
    }

    async fn ask_instance(self, key: instances::Key, url: String) {
        let began = Instant::now();
        let answer = self.0.http.get(format!("{url}/health/ready")).timeout(PATIENCE).send().await;
        let latency = answer.is_ok().then(|| began.elapsed());
        let (health, why) = match &answer {
            Ok(answer) if answer.status().is_success() => (Health::Healthy, String::new()),
            Ok(answer) => (Health::Unhealthy, format!("it is not ready: {}", answer.status())),
            Err(error) => (Health::Unhealthy, format!("it does not answer: {error}")),
        };
        let finding = Finding::new(began, health, why, latency);
        let mut state = self.state();
        let before =
            state.instances.to_ask().find(|(one, _)| **one == key).and_then(|(_, known)| known.finding.clone());
        tell_change(&format!("{} {}", key.0, key.1), before.as_ref(), &finding);
        state.instances.asked(Instant::now(), &key, finding, answer.is_ok());
        state.being_asked.remove(&key);
    }

    /// Where every instance answers that is announced now; none when the announcements can't be read.
    pub fn announced(&self) -> Option<Vec<Instance>> {
        let state = self.state();
        state.announcements_at.filter(|at| at.elapsed() <= PATIENCE + GRACE)?;
        Some(state.instances.all().filter(|known| known.announced).map(|known| known.instance.clone()).collect())
    }

    /// Whether every part was asked since the start, as well as the instances that were announced then.
    pub fn has_asked(&self) -> bool {
        let mut state = self.state();
        let State { findings, instances, announcements_at, has_asked, .. } = &mut *state;
        let redis = findings.get(&Part::Redis).map(|finding| finding.health);
        *has_asked = *has_asked
            || [Part::Database, Part::Queue].iter().all(|part| findings.contains_key(part))
                && redis.is_some_and(|redis| redis != Health::Healthy || announcements_at.is_some())
                && instances.to_ask().all(|(_, known)| known.finding.is_some());
        *has_asked
    }

    /// What asking has shown, up to now.
    pub fn findings(&self) -> Findings {
        self.state().summed_up(Instant::now(), &self.0.targets)
    }
}

impl State {
    fn summed_up(&self, now: Instant, targets: &Targets) -> Findings {
        let mut parts: Vec<PartHealth> = Part::ALL.iter().filter_map(|&part| self.part_health(part, now)).collect();
        let fresh = |at: Instant| now.saturating_duration_since(at) <= PATIENCE + GRACE;
        let in_postgres = self.in_postgres.as_ref().filter(|(at, _)| fresh(*at)).map(|(_, seen)| seen);
        let queue_is_readable = self.findings.get(&Part::Queue).map(|finding| finding.health_at(now));
        let in_redis = self.in_redis.as_ref().map(|(_, seen)| seen);
        let in_redis = in_redis.filter(|_| queue_is_readable == Some(Health::Healthy));

        let workers = parts.iter().find(|one| one.part == Part::WorkflowWorker);
        let works = workers.and_then(|one| one.instances).is_some_and(|workers| workers.ready > 0);
        let queue = QueueHealth {
            status: match queue_is_readable {
                Some(Health::Healthy) if works && in_postgres.is_some_and(|seen| is_late(seen, targets)) => {
                    Health::Degraded
                }
                Some(Health::Healthy) if works => Health::Healthy,
                _ => Health::Unhealthy,
            },
            length: in_redis.map_or(0, |seen| seen.waiting.iter().map(|(_, length)| length).sum()),
        };
        if let Some(part) = parts.iter_mut().find(|one| one.part == Part::Queue) {
            part.health = queue.status;
        }
        let instances = self.instances.all().filter_map(|known| {
            let finding = known.finding.as_ref()?;
            let status = if known.is_gone() { Health::Unhealthy } else { finding.health_at(now) };
            let Instance { service, id: instance, version, .. } = known.instance.clone();
            Some(InstanceHealth { service, instance, version, status, gone: known.is_gone() })
        });
        Findings {
            overall: overall(parts.iter().map(|one| (one.part, one.health))),
            parts,
            queue,
            waiting: in_redis.map(|seen| seen.waiting.clone()).unwrap_or_default(),
            delayed: in_redis.map(|seen| seen.delayed),
            dead_letters: in_redis.map(|seen| seen.dead_letters),
            queues: in_postgres.map(|seen| seen.queues.clone()).unwrap_or_default(),
            backlog: in_postgres.map(|seen| seen.backlog),
            instances: instances.collect(),
            certificates: self.certificates.clone().into_iter().collect(),
            backups: self.backups.clone().into_iter().collect(),
            replicas: self.replicas.clone(),
        }
    }

    /// How a part is; nothing when it is not asked, or when nothing can be said.
    fn part_health(&self, part: Part, now: Instant) -> Option<PartHealth> {
        let is_service =
            matches!(part, Part::AuthService | Part::CouncilService | Part::WorkflowWorker | Part::HealthAggregator);
        if !is_service {
            let finding = self.findings.get(&part)?;
            let (health, latency) = (finding.health_at(now), finding.latency);
            return Some(PartHealth { part, health, latency, instances: None });
        }
        let of_service = self.instances.all().filter(|known| known.instance.service == part.as_str());
        let none = ServiceHealth { ready: 0, instances: 0, latency: None };
        // It is this process that answers: it need not have been announced.
        let is_missed = part != Part::HealthAggregator && self.announcements_at.is_some();
        let service = service_health(of_service, now).or_else(|| is_missed.then_some(none))?;
        Some(PartHealth { part, health: service.health(), latency: service.latency, instances: Some(service) })
    }
}

/// Whether work has waited for a worker for too long. What waits for a queue to be resumed does so because somebody wants
/// it to.
fn is_late(seen: &InPostgres, targets: &Targets) -> bool {
    let waited = seen.backlog.oldest_queued.and_then(|since| (Utc::now() - since).to_std().ok());
    waited.is_some_and(|waited| waited > targets.queue_max_age)
        && seen.queues.iter().all(|queue| queue.paused_at.is_none())
}

fn tell_change(what: &str, before: Option<&Finding>, after: &Finding) {
    match (before.map(|before| before.health), after.health) {
        (Some(before), now) if before == now => {}
        (None, Health::Healthy) => {}
        (_, Health::Healthy) => tracing::info!("{what} is healthy again"),
        (_, now) => tracing::warn!("{what} is {now}: {}", after.why),
    }
}
