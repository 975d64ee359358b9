//! Settings from the environment: typed, read once in `main`, every fault reported at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::Url;
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
    asked: BTreeMap<String, Asked>,
}

/// How a variable is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it holds a secret.
    pub is_secret: bool,
    /// What it is taken for when it is absent.
    pub default: Option<String>,
}

impl Env {
    /// Takes the process's environment.
    pub fn of_process() -> Self {
        Self::of(std::env::vars())
    }

    /// Takes these variables.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut env =
            Self { variables, environment: Environment::Development, faults: Vec::new(), asked: BTreeMap::new() };
        // Without a word about it, the strictest.
        env.environment = env.or("APP_ENV", Environment::Production).unwrap_or(Environment::Production);
        env
    }

    /// Where the service runs: `APP_ENV`, production when not said.
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Every variable that was read so far, and how: `docs/configuration.md` is checked against it.
    pub const fn asked(&self) -> &BTreeMap<String, Asked> {
        &self.asked
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
    pub fn or<T: FromStr<Err: Display> + Display>(&mut self, name: &str, default: T) -> Option<T> {
        self.asked.entry(name.to_owned()).or_default().default = Some(default.to_string());
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

    /// Reads a secret of at least `min_length` characters. Outside development a placeholder is refused, and what is
    /// easily guessed: a key or the password of a URL that is short or repeats itself.
    pub fn secret(&mut self, name: &str, min_length: usize) -> Option<SecretString> {
        match self.secret_if_set(name, min_length)? {
            None => self.fault(format!("{name} is missing")),
            secret => secret,
        }
    }

    /// The same for a secret that may be absent. The outer `None` is a fault.
    pub fn secret_if_set(&mut self, name: &str, min_length: usize) -> Option<Option<SecretString>> {
        self.asked.entry(name.to_owned()).or_default().is_secret = true;
        let Some(text) = self.text(name)? else { return Some(None) };
        if self.environment != Environment::Development
            && let Some(weakness) = weakness(&text)
        {
            return self.fault(format!("{name} {weakness}"));
        }
        if text.chars().count() < min_length {
            return self.fault(format!("{name} is too short: it needs at least {min_length} characters"));
        }
        Some(Some(text.into()))
    }

    /// Reads where a secret comes from: a variable, or the file that `<NAME>_FILE` names, which may change while the
    /// process runs. What it holds now must be a secret that [`Self::secret`] would take and `parse` understands.
    pub fn secret_source<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<SecretSource>> {
        let Some(text) = self.secret_if_set(name, 1)? else { return Some(None) };
        if let Err(reason) = parse(text.expose_secret()) {
            return self.fault(format!("{name} is invalid: {reason}"));
        }
        let file = self.variables.get(&format!("{name}_FILE")).filter(|path| !path.is_empty());
        Some(Some(file.map_or_else(|| SecretSource::Text(text), |path| SecretSource::File(path.into()))))
    }

    /// A variable's text, taken from the file that `<NAME>_FILE` names when that is set (secrets as files).
    #[expect(clippy::option_option, reason = "a fault is not an absence")]
    fn text(&mut self, name: &str) -> Option<Option<String>> {
        self.asked.entry(name.to_owned()).or_default();
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

/// What stands in the place of secrets in the committed `.env.*` files, and in many a manual.
const PLACEHOLDERS: [&str; 8] =
    ["change_me", "change-me", "changeme", "replace_me", "replace-me", "placeholder", "development-only", "your_"];
/// The fewest characters of a password in a URL.
const MIN_PASSWORD: usize = 12;
/// From this length on a line is a key.
const KEY_LENGTH: usize = 32;

/// Why a secret is none, if so.
fn weakness(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|mark| lower.contains(mark)) {
        return Some("is a placeholder: set a real secret");
    }
    let mut keys = text.lines().map(str::trim).filter(|line| line.chars().count() >= KEY_LENGTH);
    if keys.any(|key| repeats_itself(key, 8)) {
        return Some("is easily guessed, it repeats itself: set a random secret");
    }
    // One address, or several: those of a cluster.
    let urls = text.split([',', ' ']).filter_map(|part| Url::parse(part).ok());
    urls.into_iter().find_map(|url| password_weakness(url.username(), url.password()?))
}

/// Why the password of a URL is none, if so.
fn password_weakness(user: &str, password: &str) -> Option<&'static str> {
    let lower = password.to_ascii_lowercase();
    if ["password", "secret"].iter().any(|word| lower.contains(word)) || password == user {
        Some("has a placeholder for a password: set a real one")
    } else if password.chars().count() < MIN_PASSWORD {
        Some("has a password that is too short: it needs at least 12 characters")
    } else if repeats_itself(password, 5) {
        Some("has a password that is easily guessed, it repeats itself: set a random one")
    } else {
        None
    }
}

/// Whether a text is a shorter one over and over, or made of fewer different characters than that.
fn repeats_itself(text: &str, fewest: usize) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let different: BTreeSet<_> = characters.iter().collect();
    let length = characters.len();
    different.len() < fewest
        || (1..=length.div_ceil(2)).any(|shift| characters[shift..] == characters[..length - shift])
}

/// How many requests one process answers at the same time, when nobody says: at some hundred a second, the last of them waits for
/// less than a second (Little's law).
pub const DEFAULT_CONCURRENCY: usize = 200;

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
    /// Requests that are answered at the same time; more are turned away.
    pub concurrency: usize,
}

impl HttpSettings {
    /// Reads `BIND_ADDRESS`, `CONSOLE_ORIGIN`, `TRUSTED_PROXIES`, `HTTP_WORKERS` and `HTTP_CONCURRENCY`.
    pub fn read(env: &mut Env, default_port: u16) -> Option<Self> {
        let (bind_address, console_origin) =
            (env.or("BIND_ADDRESS", SocketAddr::from(([127, 0, 0, 1], default_port))), env.optional("CONSOLE_ORIGIN"));
        let (trusted_proxies, workers) = (env.list("TRUSTED_PROXIES"), env.or("HTTP_WORKERS", 2));
        let concurrency = env.or("HTTP_CONCURRENCY", DEFAULT_CONCURRENCY);
        Some(Self {
            bind_address: bind_address?,
            console_origin: console_origin?,
            trusted_proxies: trusted_proxies?,
            workers: workers?,
            concurrency: concurrency?,
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
        let log_level = env.or("LOG_LEVEL", LogLevel::default());
        let log_dir = env.optional("LOG_DIR");
        let log_format = env.or("LOG_FORMAT", default_format);
        let sentry_dsn = env.secret_if_set("SENTRY_DSN", 1);
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
            log_level: log_level?,
            log_format: log_format?,
            log_dir: log_dir?,
            sentry_dsn: sentry_dsn?,
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
    fn what_is_easily_guessed_is_refused_outside_development() {
        let read = |environment: &str, secret: &str| {
            let env = Env::of([("APP_ENV", environment), ("SECRET", secret)]);
            env.read(|env| env.secret("SECRET", 1)).map(drop).map_err(|error| error.0.join("; "))
        };
        let good = "b3d9f0a64c7e18b25fd0937ac4e6182d";
        for (secret, reason) in [
            (&*"a".repeat(64), "is easily guessed"),
            (&"0123456789".repeat(7), "is easily guessed"),
            (&"correct horse battery ".repeat(2), "is easily guessed"),
            (&format!("{good}\n{}", "ab".repeat(20)), "is easily guessed"),
            ("your_secret_key_of_64_characters", "is a placeholder"),
            ("postgres://codex:CHANGE_ME_database_password@postgres/codex", "is a placeholder"),
            ("postgres://codex:password1234@postgres/codex", "has a placeholder"),
            ("postgres://codexdominion:codexdominion@postgres/codex", "has a placeholder"),
            ("redis://:redis@redis:6379/0", "has a password that is too short"),
            ("redis://:aaaaaaaaaaaaaaaa@redis:6379/0", "has a password that is easily guessed"),
            (&format!("redis://:{good}@one:6379,redis://:short@two:6379"), "has a password that is too short"),
            ("smtps://user:my-mail-password@mail.example.com", "has a placeholder"),
        ] {
            let refused = read("production", secret).expect_err(secret);
            assert!(refused.starts_with(&format!("SECRET {reason}")), "{secret}: {refused}");
            assert_eq!(read("staging", secret), Err(refused), "{secret}");
            assert_eq!(read("development", secret), Ok(()), "{secret}");
        }
        for secret in [
            good,
            &format!("{good}\n{}", "9a0c5e7713bd42f8a6e1c0b94d2f5387"),
            &format!("postgres://codex:{good}@postgres/codex"),
            "postgres://auth_service@127.0.0.1/codex",
            &format!("redis://:{good}@one:6379,redis://:{good}@two:6379"),
            "https://0123456789abcdef0123456789abcdea@o1.ingest.example.com/1",
        ] {
            assert_eq!(read("production", secret), Ok(()), "{secret}");
        }
    }

    #[test]
    fn how_each_variable_is_read_is_known() {
        let mut env = Env::of([("APP_ENV", "development")]);
        let (_, _) = (HttpSettings::read(&mut env, 8001), env.secret("JWT_SECRET", 32));
        let asked = |is_secret: bool, default: Option<&str>| Asked { is_secret, default: default.map(str::to_owned) };
        let known = env.asked();
        assert_eq!(known["BIND_ADDRESS"], asked(false, Some("127.0.0.1:8001")));
        assert_eq!(known["CONSOLE_ORIGIN"], asked(false, None));
        assert_eq!(known["JWT_SECRET"], asked(true, None));
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
