//! Settings from the environment: typed, read once in `main`, every fault reported at once.

use std::collections::HashMap;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::telemetry::LogLevel;
use crate::telemetry::traces::TraceSettings;
use crate::text_enum;

text_enum! {
    /// Where a service runs, and so how strict it is.
    pub enum Environment {
        /// A developer's machine: readable logs, placeholder secrets are fine.
        Development = "development",
        /// As production, with its own data.
        Staging = "staging",
        /// For real.
        Production = "production",
    }
}

text_enum! {
    /// How log lines look.
    pub enum LogFormat {
        /// For people.
        Pretty = "pretty",
        /// One JSON object a line.
        Json = "json",
    }
}

/// Everything that is wrong with the environment.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} fault(s):\n  {}", .0.len(), .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

/// Reads variables and remembers every fault, so that one start tells all of them.
///
/// A reader calls the methods for all its variables first and uses `?` only then:
///
/// ```
/// use common::config::Env;
///
/// let error = Env::of([("PORT", "many")])
///     .read(|env| {
///         let (host, port) = (env.required::<String>("HOST"), env.or("PORT", 80_u16));
///         Some((host?, port?))
///     })
///     .unwrap_err();
/// assert_eq!(error.0, ["HOST is missing", "PORT is invalid: invalid digit found in string"]);
/// ```
pub struct Env {
    variables: HashMap<String, String>,
    environment: Environment,
    faults: Vec<String>,
}

impl Env {
    /// Takes the process's environment.
    pub fn of_process() -> Self {
        Self::of(std::env::vars())
    }

    /// Takes these variables.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut env = Self { variables, environment: Environment::Development, faults: Vec::new() };
        // Without a word about it, the strictest.
        env.environment = env.or("APP_ENV", Environment::Production).unwrap_or(Environment::Production);
        env
    }

    /// Where the service runs: `APP_ENV`, production when not said.
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Reads settings, or tells every fault that the reading met.
    pub fn read<T>(mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, ConfigError> {
        let value = read(&mut self);
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(ConfigError(self.faults)),
        }
    }

    /// Reads a variable that must be there.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        match self.optional(name) {
            Some(None) => self.fault(format!("{name} is missing")),
            Some(value) => value,
            None => None,
        }
    }

    /// Reads a variable, or takes the default.
    pub fn or<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> Option<T> {
        self.optional(name).map(|value| value.unwrap_or(default))
    }

    /// Reads a variable that may be absent; an empty one is absent. The outer `None` is a fault.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<Option<T>> {
        match self.text(name)? {
            None => Some(None),
            Some(text) => match text.parse() {
                Ok(value) => Some(Some(value)),
                Err(reason) => self.fault(format!("{name} is invalid: {reason}")),
            },
        }
    }

    /// Reads a number of seconds.
    pub fn seconds(&mut self, name: &str, default: u64) -> Option<Duration> {
        match self.or(name, default)? {
            0 => self.fault(format!("{name} is invalid: must be at least 1 second")),
            seconds => Some(Duration::from_secs(seconds)),
        }
    }

    /// Reads a list separated by commas; absent means empty.
    pub fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<Vec<T>> {
        let text = self.text(name)?.unwrap_or_default();
        let mut values = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match item.parse() {
                Ok(value) => values.push(value),
                Err(reason) => return self.fault(format!("{name} is invalid: {item}: {reason}")),
            }
        }
        Some(values)
    }

    /// Reads a secret of at least `min_length` characters. Outside development a placeholder is refused.
    pub fn secret(&mut self, name: &str, min_length: usize) -> Option<SecretString> {
        let Some(text) = self.text(name)? else {
            return self.fault(format!("{name} is missing"));
        };
        if self.environment != Environment::Development && is_placeholder(&text) {
            return self.fault(format!("{name} is a placeholder: set a real secret"));
        }
        if text.chars().count() < min_length {
            return self.fault(format!("{name} is too short: it needs at least {min_length} characters"));
        }
        Some(text.into())
    }

    /// Reads where a secret comes from: a variable, or the file that `<NAME>_FILE` names, which may change while the
    /// process runs. What it holds now must be a secret that [`Self::secret`] would take and `parse` understands.
    pub fn secret_source<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<SecretSource>> {
        if self.text(name)?.is_none() {
            return Some(None);
        }
        let text = self.secret(name, 1)?;
        if let Err(reason) = parse(text.expose_secret()) {
            return self.fault(format!("{name} is invalid: {reason}"));
        }
        let file = self.variables.get(&format!("{name}_FILE")).filter(|path| !path.is_empty());
        Some(Some(file.map_or_else(|| SecretSource::Text(text), |path| SecretSource::File(path.into()))))
    }

    /// A variable's text, taken from the file that `<NAME>_FILE` names when that is set (secrets as files).
    #[expect(clippy::option_option, reason = "a fault is not an absence")]
    fn text(&mut self, name: &str) -> Option<Option<String>> {
        if let Some(path) = self.variables.get(&format!("{name}_FILE")).filter(|path| !path.is_empty()) {
            return match std::fs::read_to_string(path) {
                Ok(text) => Some(Some(text.trim_end().to_owned())),
                Err(error) => self.fault(format!("{name}_FILE can't be read: {error}")),
            };
        }
        Some(self.variables.get(name).filter(|text| !text.is_empty()).cloned())
    }

    /// Remembers a fault that only the reader of several variables can see.
    pub fn fault<T>(&mut self, fault: impl Into<String>) -> Option<T> {
        self.faults.push(fault.into());
        None
    }
}

/// Where a secret is found.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// In a variable: it never changes.
    Text(SecretString),
    /// In a file, which may be replaced while the process runs.
    File(PathBuf),
}

impl SecretSource {
    /// What it holds now.
    pub fn read(&self) -> std::io::Result<SecretString> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => Ok(std::fs::read_to_string(path)?.trim_end().into()),
        }
    }

    /// For how long it has held what it holds now; `None` for always.
    pub fn age(&self) -> Option<Duration> {
        match self {
            Self::Text(_) => None,
            Self::File(path) => std::fs::metadata(path).ok()?.modified().ok()?.elapsed().ok(),
        }
    }
}

/// What the committed `.env.*` files hold in the place of secrets.
fn is_placeholder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["change_me", "changeme", "development-only", "placeholder"].iter().any(|mark| text.contains(mark))
}

/// How a service listens and whom it believes.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where it listens.
    pub bind_address: SocketAddr,
    /// The console's origin: the only one that browsers may call from.
    pub console_origin: Option<String>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve requests.
    pub workers: usize,
}

impl HttpSettings {
    /// Reads `BIND_ADDRESS`, `CONSOLE_ORIGIN`, `TRUSTED_PROXIES` and `HTTP_WORKERS`.
    pub fn read(env: &mut Env, default_port: u16) -> Option<Self> {
        let (bind_address, console_origin) =
            (env.or("BIND_ADDRESS", SocketAddr::from(([127, 0, 0, 1], default_port))), env.optional("CONSOLE_ORIGIN"));
        let (trusted_proxies, workers) = (env.list("TRUSTED_PROXIES"), env.or("HTTP_WORKERS", 2));
        Some(Self {
            bind_address: bind_address?,
            console_origin: console_origin?,
            trusted_proxies: trusted_proxies?,
            workers: workers?,
        })
    }

    /// Whether what this peer forwards is believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// How a service is watched.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// Where it runs.
    pub environment: Environment,
    /// What is logged.
    pub log_level: LogLevel,
    /// How log lines look on standard output.
    pub log_format: LogFormat,
    /// Where log files are written, as JSON; without it, there are none.
    pub log_dir: Option<PathBuf>,
    /// Where errors are reported.
    pub sentry_dsn: Option<SecretString>,
    /// The share of traces that is reported, 0 to 1.
    pub sentry_traces_sample_rate: f32,
    /// Where traces are sent.
    pub traces: TraceSettings,
}

impl TelemetrySettings {
    /// Reads `LOG_LEVEL`, `LOG_FORMAT`, `LOG_DIR`, `SENTRY_DSN`, `SENTRY_TRACES_SAMPLE_RATE`, and what [`TraceSettings`]
    /// does.
    pub fn read(env: &mut Env) -> Option<Self> {
        let environment = env.environment();
        let default_format = if environment == Environment::Development { LogFormat::Pretty } else { LogFormat::Json };
        let log_level = env.optional("LOG_LEVEL");
        let log_dir = env.optional("LOG_DIR");
        let log_format = env.or("LOG_FORMAT", default_format);
        let sentry_dsn = env.optional::<String>("SENTRY_DSN");
        let rate = env.or("SENTRY_TRACES_SAMPLE_RATE", 0.1).and_then(|rate| {
            let share = (0.0..=1.0).contains(&rate);
            if share {
                Some(rate)
            } else {
                env.fault("SENTRY_TRACES_SAMPLE_RATE is invalid: must be 0 to 1".to_owned())
            }
        });
        let traces = TraceSettings::read(env);
        Some(Self {
            environment,
            traces: traces?,
            log_level: log_level?.unwrap_or_default(),
            log_format: log_format?,
            log_dir: log_dir?,
            sentry_dsn: sentry_dsn?.filter(|dsn| !is_placeholder(dsn)).map(Into::into),
            sentry_traces_sample_rate: rate?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholder_and_short_secrets_are_refused_in_production() {
        let read = |environment: &str, secret: &str| {
            Env::of([("APP_ENV", environment), ("JWT_SECRET", secret)]).read(|env| env.secret("JWT_SECRET", 32))
        };
        let placeholder = "CHANGE_ME_to_64_random_characters_of_your_own";
        assert_eq!(
            read("production", placeholder).expect_err("refused").0,
            ["JWT_SECRET is a placeholder: set a real secret"]
        );
        assert!(read("staging", placeholder).is_err());
        assert!(read("development", placeholder).is_ok());
        assert_eq!(
            read("development", "short").expect_err("refused").0,
            ["JWT_SECRET is too short: it needs at least 32 characters"]
        );
    }

    #[test]
    fn without_a_word_about_it_the_environment_is_production() {
        assert_eq!(Env::of::<String, String>([]).environment(), Environment::Production);
        let unknown = Env::of([("APP_ENV", "prod")]);
        assert!(unknown.read(|_| Some(())).is_err());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let error =
            Env::of([("APP_ENV", "development"), ("BIND_ADDRESS", "nowhere"), ("TRUSTED_PROXIES", "10.0.0.0/8,x")])
                .read(|env| {
                    let (http, secret) = (HttpSettings::read(env, 8001), env.secret("JWT_SECRET", 32));
                    Some((http?, secret?))
                })
                .expect_err("faults");
        assert_eq!(
            error.0,
            [
                "BIND_ADDRESS is invalid: invalid socket address syntax",
                "TRUSTED_PROXIES is invalid: x: invalid IP address syntax",
                "JWT_SECRET is missing",
            ]
        );
    }
}
