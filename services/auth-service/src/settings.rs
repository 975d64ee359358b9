//! What the service is started with.

use std::time::Duration;

use common::claims::MAX_LIFETIME;
use common::config::{Env, Environment, HttpSettings, SecretSource, TelemetrySettings};
use common::encryption;
use common::tokens::SigningKey;
use database::audit::CheckpointKey;
use database::identity::sessions::Lifetimes;
use database::{DatabaseSettings, ReplicaSettings};
use lettre::message::Mailbox;
pub use mailer::MailTransport;
use queue::RedisSettings;
use secrecy::SecretString;

/// Where it listens when nothing is said.
pub const DEFAULT_PORT: u16 = 8001;

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
    /// How tokens and passwords are made.
    pub identity: IdentitySettings,
    /// How mail is sent.
    pub mail: MailSettings,
    /// What signs checkpoints of the record, in PEM; without it there are none.
    pub audit_key: Option<SecretString>,
}

/// How tokens, sessions and passwords are made.
#[derive(Clone)]
pub struct IdentitySettings {
    /// What tokens are signed with.
    pub signing: SigningSettings,
    /// How long an access token holds.
    pub token_lifetime: Duration,
    /// How long sessions last.
    pub sessions: Lifetimes,
    /// The cost of a bcrypt hash: each step doubles it.
    pub bcrypt_cost: u32,
    /// What encrypts the secrets of authenticators.
    pub encryption_key: SecretString,
}

/// What tokens are signed with: the private keys if there are any, else the secrets.
#[derive(Clone, Debug)]
pub struct SigningSettings {
    /// Secrets for HS256, one a line.
    pub secrets: Option<SecretSource>,
    /// Private keys for EdDSA, in PEM.
    pub private_keys: Option<SecretSource>,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Who it is from.
    pub from: Mailbox,
    /// Where the console is, for links.
    pub console_url: String,
    /// What takes it.
    pub transport: MailTransport,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (http, database) = (HttpSettings::read(env, DEFAULT_PORT), DatabaseSettings::read(env));
        let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
        let replica = ReplicaSettings::read(env);
        let (identity, mail, audit_key) = (IdentitySettings::read(env), MailSettings::read(env), audit_key(env));
        Some(Self {
            http: http?,
            database: database?,
            replica: replica?,
            redis: redis?,
            telemetry: telemetry?,
            identity: identity?,
            mail: mail?,
            audit_key: audit_key?,
        })
    }
}

/// Reads `AUDIT_SIGNING_KEY`, which only development does without. The outer `None` is a fault.
pub fn audit_key(env: &mut Env) -> Option<Option<SecretString>> {
    if env.secret_source("AUDIT_SIGNING_KEY", CheckpointKey::of_pem)?.is_some() {
        return env.secret("AUDIT_SIGNING_KEY", 1).map(Some);
    }
    match env.environment() {
        Environment::Development => Some(None),
        _ => env.fault("AUDIT_SIGNING_KEY is missing: make one with auth-service audit new-key"),
    }
}

impl IdentitySettings {
    /// Reads `JWT_SECRET`, `JWT_PRIVATE_KEY`, `JWT_LIFETIME_SECONDS`, `SESSION_LIFETIME_SECONDS`,
    /// `SESSION_IDLE_SECONDS`, `BCRYPT_COST` and `ENCRYPTION_KEY`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let signing = SigningSettings::read(env);
        let token_lifetime = env.seconds("JWT_LIFETIME_SECONDS", 24 * 3600);
        let session = env.seconds("SESSION_LIFETIME_SECONDS", 30 * 24 * 3600);
        let idle = env.seconds("SESSION_IDLE_SECONDS", 7 * 24 * 3600);
        let bcrypt_cost = bcrypt_cost(env);
        let encryption_key = encryption::read_key(env);
        let token_lifetime = token_lifetime?;
        if token_lifetime > MAX_LIFETIME {
            return env.fault(format!("JWT_LIFETIME_SECONDS is invalid: must be at most {}", MAX_LIFETIME.as_secs()));
        }
        Some(Self {
            signing: signing?,
            token_lifetime,
            sessions: Lifetimes { session: session?, idle: idle? },
            bcrypt_cost: bcrypt_cost?,
            encryption_key: encryption_key?,
        })
    }
}

/// Reads `BCRYPT_COST`.
pub fn bcrypt_cost(env: &mut Env) -> Option<u32> {
    let cost = env.or("BCRYPT_COST", 12)?;
    // Neither a joke nor a denial of service.
    if (10..=16).contains(&cost) { Some(cost) } else { env.fault("BCRYPT_COST is invalid: must be 10 to 16") }
}

impl SigningSettings {
    /// Reads `JWT_SECRET` and `JWT_PRIVATE_KEY`; at least one must be there.
    pub fn read(env: &mut Env) -> Option<Self> {
        let secrets = env.secret_source("JWT_SECRET", SigningKey::of_secrets);
        let private_keys = env.secret_source("JWT_PRIVATE_KEY", SigningKey::of_pem);
        let (secrets, private_keys) = (secrets?, private_keys?);
        if secrets.is_none() && private_keys.is_none() {
            return env.fault("JWT_SECRET is missing (or set JWT_PRIVATE_KEY)");
        }
        Some(Self { secrets, private_keys })
    }

    /// Takes secrets that never change.
    pub fn of_secret(secret: &str) -> Self {
        Self { secrets: Some(SecretSource::Text(secret.into())), private_keys: None }
    }
}

impl MailSettings {
    /// Reads `MAIL_FROM`, `CONSOLE_ORIGIN`, `SMTP_URL` and `MAIL_DIR`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (mail, console_url) = (mailer::MailSettings::read(env), env.required("CONSOLE_ORIGIN"));
        let mailer::MailSettings { from, transport } = mail?;
        Some(Self { from, console_url: console_url?, transport })
    }
}
