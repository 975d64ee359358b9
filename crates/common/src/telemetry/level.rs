//! What is logged, and changing it while the service runs.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::{EnvFilter, Registry, reload};
use utoipa::ToSchema;

/// The longest text that is taken for a level.
const MAX_LENGTH: usize = 200;
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
/// The MCP library tells the start and end of every request, which our own spans do.
const QUIETER: &str = "rmcp=warn";
/// Our own code. It knows what may be told; libraries tell, at debug and trace, whatever they carry: statements with
/// their parameters, headers with their credentials.
const OURS: [&str; 10] = [
    "access",
    "auth_service",
    "common",
    "council_service",
    "database",
    "governance",
    "health_aggregator",
    "mailer",
    "queue",
    "workflow_worker",
];

/// What is logged: a level such as `info`, or levels for parts of the program such as `info,database=debug`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    value_type = String, max_length = 200, example = "info,database=debug",
    pattern = "^([a-z0-9_]+(::[a-z0-9_]+)*=)?(error|warn|info|debug|trace)(,([a-z0-9_]+(::[a-z0-9_]+)*=)?(error|warn|info|debug|trace))*$",
)]
pub struct LogLevel(String);

impl LogLevel {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The filter that lets through what it says; a later directive overrides an earlier one.
    pub(super) fn filter(&self) -> Result<EnvFilter, ParseError> {
        EnvFilter::try_new(format!("{QUIETER},{}", self.0))
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_target = |target: &str| {
            target.split("::").all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            })
        };
        let text = text.to_ascii_lowercase();
        let directives: Vec<_> = text.split(',').map(str::trim).collect();
        let fault = directives.iter().find(|directive| match directive.rsplit_once('=') {
            Some((target, level)) => !is_target(target) || !LEVELS.contains(&level),
            None => !LEVELS.contains(directive),
        });
        match fault {
            _ if text.len() > MAX_LENGTH => Err(format!("must be at most {MAX_LENGTH} characters")),
            None => Ok(Self(directives.join(","))),
            Some(fault) => Err(format!(
                "must be one of {}, or levels for parts of the program such as info,database=debug; {fault:?} is neither",
                LEVELS.join(", ")
            )),
        }
    }
}

impl TryFrom<String> for LogLevel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether something may be logged at all, whatever the level: from libraries, nothing below `info`.
pub(super) fn may_be_told(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || is_ours(metadata.target())
}

/// Whether this is our own code.
pub(super) fn is_ours(target: &str) -> bool {
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

/// Changes what is logged for a time. Cheap to clone.
#[derive(Clone)]
pub struct LevelControl(Arc<Control>);

struct Control {
    usual: LogLevel,
    handle: reload::Handle<EnvFilter, Registry>,
    changed: Mutex<Option<Changed>>,
}

/// A level that holds for a time.
struct Changed {
    level: LogLevel,
    until: Instant,
}

impl LevelControl {
    /// Makes the filter for the usual level, and what changes it.
    pub(super) fn new(usual: LogLevel) -> Result<(reload::Layer<EnvFilter, Registry>, Self), ParseError> {
        let (filter, handle) = reload::Layer::new(usual.filter()?);
        Ok((filter, Self(Arc::new(Control { usual, handle, changed: Mutex::new(None) }))))
    }

    /// Logs this much for as long; without it, as usual.
    pub fn set(&self, wanted: Option<(LogLevel, Duration)>) {
        let wanted = wanted.map(|(level, time)| Changed { level, until: Instant::now() + time });
        let mut changed = self.0.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = changed.as_ref().map_or(&self.0.usual, |changed| &changed.level);
        let level = wanted.as_ref().map_or(&self.0.usual, |changed| &changed.level).clone();
        if *before != level {
            self.reload(&level);
        }
        *changed = wanted;
    }

    /// Goes back to the usual level when the time of another is over: to be called while nobody can say what holds.
    pub fn expire(&self) {
        let mut changed = self.0.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if changed.as_ref().is_some_and(|changed| changed.until <= Instant::now()) {
            self.reload(&self.0.usual);
            *changed = None;
        }
    }

    fn reload(&self, level: &LogLevel) {
        let Ok(filter) = level.filter() else { return };
        // It fails only when the subscriber is gone: then nothing is logged anyway.
        if self.0.handle.reload(filter).is_ok() {
            tracing::warn!("what is logged has changed: {level}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::Captured;

    #[test]
    fn a_level_is_a_word_or_words_for_parts_of_the_program() {
        for (text, level) in [
            ("INFO", "info"),
            ("info, database=debug", "info,database=debug"),
            ("database::audit=trace", "database::audit=trace"),
        ] {
            assert_eq!(text.parse::<LogLevel>().map(|level| level.to_string()).as_deref(), Ok(level));
        }
        for text in ["", "debgu", "off", "info,", "=debug", "database=", "[request{user_id=1}]=debug", "a b=info"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
        assert!("info,".repeat(60).parse::<LogLevel>().is_err());
    }

    #[test]
    fn a_changed_level_ends_by_itself() {
        let log = Captured::default();
        let (filter, control) = LevelControl::new("info".parse().expect("a level")).expect("a filter");
        let subscriber = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_told)).with(log.layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!("one");
            control.set(Some(("debug".parse().expect("a level"), Duration::ZERO)));
            tracing::debug!("two");
            tracing::debug!(target: "tokio_postgres", "a statement");
            control.expire();
            tracing::debug!("three");
            control.set(Some(("trace".parse().expect("a level"), Duration::from_mins(1))));
            control.expire();
            tracing::trace!("four");
            control.set(None);
            tracing::debug!("five");
        });
        let lines = log.lines();
        let mut said: Vec<_> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
        said.retain(|line| !line.starts_with("what is logged"));
        assert_eq!(said, ["two", "four"]);
        assert_eq!(lines.len(), 6, "each change is told: {lines:#?}");
    }
}
