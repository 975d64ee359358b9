#![doc = include_str!("../README.md")]

pub mod announcer;
pub mod backoff;
pub mod consumer;
pub mod delayed;
pub mod executor;
pub mod journal;
pub mod leases;
pub mod maintenance;
pub mod mask;
pub mod metrics;
pub mod outbound;
pub mod relay;
pub mod schedules;
pub mod secrets;
pub mod settings;
pub mod steps;
pub mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::config::HttpSettings;
use common::encryption::Encryption;
use common::metrics::Metrics;
use common::server::{Check, Service};
use consumer::Worker;
use database::{DatabaseSettings, Pool};
use executor::Executor;
use journal::Journal;
use mailer::Mailer;
use maintenance::Maintenance;
use metrics::{RunMetrics, WebhookMetrics};
use outbound::Outbound;
use queue::Queue;
use schedules::Firing;
use secrecy::ExposeSecret;
use secrets::SecretStore;
use settings::EngineSettings;
use steps::Tools;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_actix_web::service_config::ServiceConfig;
use webhooks::Sender;

/// Everything a worker does but serve its health; wait on the tracker for its end after `stop`.
pub struct Engine {
    /// Whether it can take entries.
    pub consuming: Arc<AtomicBool>,
    /// Its tasks.
    pub tasks: TaskTracker,
}

impl Engine {
    /// Starts relaying, announcing, consuming and maintaining, under a name that no other running worker has.
    pub fn start(
        name: String,
        database: DatabaseSettings,
        pool: Pool,
        queue: Queue,
        settings: EngineSettings,
        metrics: &Metrics,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let run_metrics = RunMetrics::new(&metrics.meter());
        let encryption = Encryption::new(settings.encryption_key.expose_secret()).map_err(anyhow::Error::msg)?;
        let outbound = Outbound::new(&settings.outbound_allowlist)?;
        let encryption = Arc::new(encryption);
        let secrets = SecretStore::new(pool.clone(), encryption.clone());
        let sender = Sender::new(pool.clone(), outbound.clone(), encryption, WebhookMetrics::new(&metrics.meter()));
        let (consuming, news, tasks) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()), TaskTracker::new());
        tasks.spawn(relay::listen(database, news.clone(), stop.clone()));
        tasks.spawn(relay::run(pool.clone(), queue.clone(), settings.queue_limit, news, stop.clone()));
        tasks.spawn(delayed::run(queue.clone(), stop.clone()));
        tasks.spawn(announcer::run(pool.clone(), settings.api_origin.clone(), stop.clone()));
        tasks.spawn(sender.run(stop.clone()));
        tasks.spawn(Firing::new(pool.clone(), &metrics.meter()).run(stop.clone()));
        let ((paused, is_paused), places) = (watch::channel(Vec::new()), Arc::new(Notify::new()));
        let maintenance = Maintenance {
            pool: pool.clone(),
            queue: queue.clone(),
            silence: settings.reconcile_after,
            metrics: run_metrics.clone(),
            paused,
            places: places.clone(),
        };
        tasks.spawn(maintenance.run(stop.clone()));
        let (journal, writers) = Journal::new(&pool);
        for writer in writers {
            tasks.spawn(writer);
        }
        let mailer = settings.mail.as_ref().map(Mailer::new).transpose()?;
        let tools = Tools { outbound, mailer, pool: pool.clone(), secrets };
        let executor = Executor::new(pool.clone(), journal, tools, settings.clone(), run_metrics);
        let worker =
            Worker { name, pool, queue, executor, settings, consuming: consuming.clone(), paused: is_paused, places };
        tasks.spawn(worker.run(stop.clone()));
        tasks.close();
        Ok(Self { consuming, tasks })
    }
}

/// The service's health and metrics, ready to serve.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    pool: Pool,
    consuming: Arc<AtomicBool>,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    let database = pool.readiness();
    metrics.watch_connections(move || pool.connections());
    // A worker that can't take entries says so: it never idles silently.
    let consumer: Check = Arc::new(move || {
        let consuming = consuming.load(Ordering::Relaxed);
        Box::pin(async move { if consuming { Ok(()) } else { Err("can't read the stream".to_owned()) } })
    });
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("database", database), ("consumer", consumer)]),
        routes: |_: &mut ServiceConfig<'_>| {},
    }
}
