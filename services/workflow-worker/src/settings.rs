//! What the service is started with.

use std::time::Duration;

use common::config::{Env, HttpSettings, TelemetrySettings};
use common::encryption;
use database::DatabaseSettings;
use ipnet::IpNet;
use mailer::MailSettings;
use queue::RedisSettings;
use secrecy::SecretString;

/// Where it listens when nothing is said.
pub const DEFAULT_PORT: u16 = 8003;

/// The service's settings.
#[derive(Clone)]
pub struct Settings {
    /// How it listens.
    pub http: HttpSettings,
    /// Where PostgreSQL is.
    pub database: DatabaseSettings,
    /// Where Redis is.
    pub redis: RedisSettings,
    /// How it is watched.
    pub telemetry: TelemetrySettings,
    /// How it runs workflows.
    pub engine: EngineSettings,
}

/// How workflows are run.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// How many workflows run at a time.
    pub concurrency: usize,
    /// How many entries the queues in Redis may hold together; what is more waits in PostgreSQL.
    pub queue_limit: u64,
    /// How long a claim holds without being renewed.
    pub lease: Duration,
    /// How long a workflow may be untouched before it is sent to the workers again.
    pub reconcile_after: Duration,
    /// The pause before a step's second attempt; each further one is twice as long.
    pub retry_base: Duration,
    /// Private networks that steps and webhooks may call all the same.
    pub outbound_allowlist: Vec<IpNet>,
    /// Where programs that are told of events can read what they are told of.
    pub api_origin: String,
    /// How steps send mail; not at all without.
    pub mail: Option<MailSettings>,
    /// What encrypts the secrets of webhooks and of steps.
    pub encryption_key: SecretString,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (http, database) = (HttpSettings::read(env, DEFAULT_PORT), DatabaseSettings::read(env));
        let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
        let engine = EngineSettings::read(env);
        Some(Self { http: http?, database: database?, redis: redis?, telemetry: telemetry?, engine: engine? })
    }
}

impl EngineSettings {
    /// Reads `WORKER_CONCURRENCY`, `QUEUE_LIMIT`, `LEASE_SECONDS`, `RECONCILE_AFTER_SECONDS`, `RETRY_BASE_SECONDS`,
    /// `OUTBOUND_ALLOWLIST`, `API_ORIGIN`, `ENCRYPTION_KEY` and, for mail, `SMTP_URL`, `MAIL_DIR` and `MAIL_FROM`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let concurrency = env.or("WORKER_CONCURRENCY", std::num::NonZeroUsize::MIN.saturating_add(63));
        let queue_limit = env.or("QUEUE_LIMIT", 100_000);
        let lease = env.seconds("LEASE_SECONDS", 30);
        let reconcile_after = env.seconds("RECONCILE_AFTER_SECONDS", 60);
        let retry_base = env.seconds("RETRY_BASE_SECONDS", 1);
        let outbound_allowlist = env.list("OUTBOUND_ALLOWLIST");
        let (api_origin, encryption_key) = (env.required::<String>("API_ORIGIN"), encryption::read_key(env));
        let mail = MailSettings::read_if_set(env);
        Some(Self {
            concurrency: concurrency?.get(),
            queue_limit: queue_limit?,
            lease: lease?,
            reconcile_after: reconcile_after?,
            retry_base: retry_base?,
            outbound_allowlist: outbound_allowlist?,
            api_origin: api_origin?.trim_end_matches('/').to_owned(),
            mail: mail?,
            encryption_key: encryption_key?,
        })
    }
}
