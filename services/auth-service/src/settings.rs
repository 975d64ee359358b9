//! What the service is started with.

use std::time::Duration;

use common::config::{ConfigError, Env, HttpSettings, TelemetrySettings};
use database::DatabaseSettings;
use queue::RedisSettings;
use secrecy::SecretString;

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
    /// How tokens and passwords are made.
    pub identity: IdentitySettings,
}

/// How tokens and passwords are made.
#[derive(Clone)]
pub struct IdentitySettings {
    /// What tokens are signed with.
    pub jwt_secret: SecretString,
    /// How long a token holds.
    pub token_lifetime: Duration,
    /// The cost of a bcrypt hash: each step doubles it.
    pub bcrypt_cost: u32,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: Env) -> Result<Self, ConfigError> {
        env.read(|env| {
            let (http, database) = (HttpSettings::read(env, 8001), DatabaseSettings::read(env));
            let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
            let identity = IdentitySettings::read(env);
            Some(Self { http: http?, database: database?, redis: redis?, telemetry: telemetry?, identity: identity? })
        })
    }
}

impl IdentitySettings {
    /// Reads `JWT_SECRET`, `JWT_LIFETIME_SECONDS` and `BCRYPT_COST`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let jwt_secret = env.secret("JWT_SECRET", 32);
        let token_lifetime = env.seconds("JWT_LIFETIME_SECONDS", 24 * 3600);
        let bcrypt_cost = env.or("BCRYPT_COST", Cost(12));
        Some(Self { jwt_secret: jwt_secret?, token_lifetime: token_lifetime?, bcrypt_cost: bcrypt_cost?.0 })
    }
}

/// A bcrypt cost that is neither a joke nor a denial of service.
struct Cost(u32);

impl std::str::FromStr for Cost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|cost| (10..=16).contains(cost)).map(Self).ok_or("must be 10 to 16")
    }
}
