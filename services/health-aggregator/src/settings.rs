//! What the service is started with.

use std::net::SocketAddr;
use std::time::Duration;

use access::KeySettings;
use common::config::{Env, HttpSettings, TelemetrySettings};
use database::DatabaseSettings;
use queue::RedisSettings;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::monitor::Addresses;
use crate::probe::CertificateHost;

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
    /// What is asked how it is, beside what announces itself.
    pub targets: Targets,
    /// How it is watched.
    pub telemetry: TelemetrySettings,
    /// What admins' tokens are checked with.
    pub keys: KeySettings,
    /// Where the job monitor asks the other services, if not where they announce themselves.
    pub addresses: Addresses,
}

impl Settings {
    /// Reads them from the environment.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (http, database) = (HttpSettings::read(env, DEFAULT_PORT), DatabaseSettings::read(env));
        let (redis, telemetry) = (RedisSettings::read(env), TelemetrySettings::read(env));
        let job_monitor = env.or("JOB_MONITOR_BIND_ADDRESS", SocketAddr::from(([127, 0, 0, 1], 9181)));
        let targets = Targets::read(env);
        let (keys, addresses) = (KeySettings::read(env), Addresses::read(env));
        Some(Self {
            http: http?,
            job_monitor_address: job_monitor?,
            database: database?,
            redis: redis?,
            targets: targets?,
            telemetry: telemetry?,
            keys: keys?,
            addresses: addresses?,
        })
    }
}

/// What is asked how it is, beside PostgreSQL, Redis, the queue and what announces itself. What is absent is not asked.
#[derive(Clone, Debug)]
pub struct Targets {
    /// A page of the front end.
    pub console: Option<Url>,
    /// Where NGINX answers.
    pub edge: Option<Url>,
    /// The mail server; a password in it is not used.
    pub smtp: Option<SecretString>,
    /// The hosts whose certificates are looked at.
    pub certificates: Vec<CertificateHost>,
    /// How old the last backup that succeeded may be.
    pub backup_max_age: Option<Duration>,
    /// How old the last restore drill that succeeded may be.
    pub restore_drill_max_age: Option<Duration>,
    /// How many replicas of PostgreSQL there should be.
    pub replicas: u16,
    /// How far a replica may be behind.
    pub replication_max_lag: Duration,
    /// How long approved work may wait for a worker.
    pub queue_max_age: Duration,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            console: None,
            edge: None,
            smtp: None,
            certificates: Vec::new(),
            backup_max_age: None,
            restore_drill_max_age: None,
            replicas: 0,
            replication_max_lag: Duration::from_secs(30),
            queue_max_age: Duration::from_mins(5),
        }
    }
}

impl Targets {
    /// Reads `CONSOLE_HEALTH_URL`, `EDGE_URL`, `SMTP_URL`, `CERTIFICATE_HOSTS`, `BACKUP_MAX_AGE_SECONDS`,
    /// `RESTORE_DRILL_MAX_AGE_SECONDS`, `EXPECTED_REPLICAS`, `REPLICATION_MAX_LAG_SECONDS` and `QUEUE_MAX_AGE_SECONDS`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let standard = Self::default();
        let (console, edge) = (page(env, "CONSOLE_HEALTH_URL"), page(env, "EDGE_URL"));
        let (smtp, certificates) = (smtp(env), env.list("CERTIFICATE_HOSTS"));
        let backup = env.optional("BACKUP_MAX_AGE_SECONDS");
        let drill = env.optional("RESTORE_DRILL_MAX_AGE_SECONDS");
        let replicas = env.or("EXPECTED_REPLICAS", standard.replicas);
        let lag = env.seconds("REPLICATION_MAX_LAG_SECONDS", standard.replication_max_lag.as_secs());
        let waiting = env.seconds("QUEUE_MAX_AGE_SECONDS", standard.queue_max_age.as_secs());
        Some(Self {
            console: console?,
            edge: edge?,
            smtp: smtp?,
            certificates: certificates?,
            backup_max_age: backup?.map(Duration::from_secs),
            restore_drill_max_age: drill?.map(Duration::from_secs),
            replicas: replicas?,
            replication_max_lag: lag?,
            queue_max_age: waiting?,
        })
    }
}

#[expect(clippy::option_option, reason = "a fault is not an absence")]
fn page(env: &mut Env, name: &str) -> Option<Option<Url>> {
    let url: Option<Url> = env.optional(name)?;
    match url {
        Some(url) if !matches!(url.scheme(), "http" | "https") => {
            env.fault(format!("{name} is invalid: must begin with http:// or https://"))
        }
        url => Some(url),
    }
}

/// The mail server without the name and password that others log in with: who only greets it needs none.
#[expect(clippy::option_option, reason = "a fault is not an absence")]
fn smtp(env: &mut Env) -> Option<Option<SecretString>> {
    // What is wrong with it may not be told in full: it holds a password.
    let Some(text) = env.secret_if_set("SMTP_URL", 1)? else { return Some(None) };
    let Ok(mut url) = Url::parse(text.expose_secret()) else { return env.fault("SMTP_URL is invalid: must be a URL") };
    // A scheme that takes neither is none that mail goes by: the question itself will say so.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    Some(Some(String::from(url).into()))
}

#[cfg(test)]
mod tests {
    use common::config::ConfigError;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Targets, ConfigError> {
        Env::of(variables.iter().copied().chain([("APP_ENV", "development")])).read(Targets::read)
    }

    #[test]
    fn what_is_absent_is_not_asked() {
        let targets = read(&[]).expect("reads");
        assert!(targets.console.is_none() && targets.edge.is_none() && targets.smtp.is_none());
        assert!(targets.certificates.is_empty() && targets.backup_max_age.is_none() && targets.replicas == 0);
    }

    #[test]
    fn the_password_of_the_mail_server_is_not_kept() {
        let targets = read(&[("SMTP_URL", "smtp://user:secret@mail.example.com:587?tls=required")]).expect("reads");
        let url = targets.smtp.expect("a server");
        assert_eq!(url.expose_secret(), "smtp://mail.example.com:587?tls=required");
    }

    #[test]
    fn hosts_have_a_name_and_perhaps_a_port() {
        let targets = read(&[("CERTIFICATE_HOSTS", "example.com, api.localhost:8443")]).expect("reads");
        let hosts: Vec<String> = targets.certificates.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["example.com:443", "api.localhost:8443"]);
        for bad in ["example.com:many", "https://example.com", "exa mple.com"] {
            assert!(read(&[("CERTIFICATE_HOSTS", bad)]).is_err(), "{bad}");
        }
        assert!(read(&[("EDGE_URL", "ftp://example.com")]).is_err());
    }
}
