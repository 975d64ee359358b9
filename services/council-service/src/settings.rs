//! What the service is started with.

use access::KeySettings;
use common::config::{Env, HttpSettings, TelemetrySettings};
use common::encryption;
use database::{DatabaseSettings, ReplicaSettings};
use queue::RedisSettings;
use secrecy::SecretString;

use crate::events::EventSettings;

/// Where it listens when nothing is said.
pub const DEFAULT_PORT: u16 = 8002;

/// The service's settings.
#[derive(Clone)]
pub struct Settings {
    /// How it listens.
    pub http: HttpSettings,
    /// Where PostgreSQL is.
    pub database: DatabaseSettings,
    /// Where a replica of it is, if it is to be read from.
    pub replica: Option<ReplicaSettings>,
    /// Where Redis is.
    pub redis: RedisSettings,
    /// How it is watched.
    pub telemetry: TelemetrySettings,
    /// What tokens are checked with.
    pub keys: KeySettings,
    /// What encrypts the secrets of webhooks and of steps.
    pub encryption_key: SecretString,
    /// How much is listened to events.
    pub events: EventSettings,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (http, database) = (HttpSettings::read(env, DEFAULT_PORT), DatabaseSettings::read(env));
        let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
        let encryption_key = encryption::read_key(env);
        let (keys, events) = (KeySettings::read(env), EventSettings::read(env));
        let replica = ReplicaSettings::read(env);
        Some(Self {
            http: http?,
            database: database?,
            replica: replica?,
            redis: redis?,
            telemetry: telemetry?,
            keys: keys?,
            encryption_key: encryption_key?,
            events: events?,
        })
    }
}
