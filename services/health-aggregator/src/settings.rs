//! What the service is started with.

use std::net::SocketAddr;

use common::config::{ConfigError, Env, HttpSettings, TelemetrySettings};
use database::DatabaseSettings;
use queue::RedisSettings;

/// Where it listens when nothing is said.
pub const DEFAULT_PORT: u16 = 8004;

/// The service's settings.
#[derive(Clone)]
pub struct Settings {
    /// How it listens.
    pub http: HttpSettings,
    /// Where the job monitor listens.
    pub job_monitor_address: SocketAddr,
    /// Where PostgreSQL is.
    pub database: DatabaseSettings,
    /// Where Redis is.
    pub redis: RedisSettings,
    /// How it is watched.
    pub telemetry: TelemetrySettings,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: Env) -> Result<Self, ConfigError> {
        env.read(|env| {
            let (http, database) = (HttpSettings::read(env, DEFAULT_PORT), DatabaseSettings::read(env));
            let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
            let job_monitor = env.or("JOB_MONITOR_BIND_ADDRESS", SocketAddr::from(([127, 0, 0, 1], 9181)));
            Some(Self {
                http: http?,
                job_monitor_address: job_monitor?,
                database: database?,
                redis: redis?,
                telemetry: telemetry?,
            })
        })
    }
}
