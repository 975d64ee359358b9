//! Waits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use crate::definition::Fault;

/// The longest wait.
const LONGEST: Duration = Duration::from_hours(90 * 24);

/// How long a `delay` step waits: one of these.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// So many seconds.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// So many minutes.
    #[serde(default)]
    pub minutes: Option<u64>,
    /// So many hours.
    #[serde(default)]
    pub hours: Option<u64>,
    /// Until this time (RFC 3339); not at all when it has passed.
    #[serde(default)]
    pub until: Option<String>,
}

impl Delay {
    /// How long to wait from now on. Refused when it would be more than 90 days.
    pub fn wait(&self, now: DateTime<Utc>) -> Result<Duration, String> {
        let wait = match &self.until {
            Some(until) => (time(until)? - now).to_std().unwrap_or_default(),
            None => self.amount().map(|(_, wait)| wait).unwrap_or_default(),
        };
        if wait > LONGEST { Err("is more than 90 days from now".to_owned()) } else { Ok(wait) }
    }

    fn amount(&self) -> Option<(&'static str, Duration)> {
        let units = [("/seconds", self.seconds, 1), ("/minutes", self.minutes, 60), ("/hours", self.hours, 3600)];
        units
            .into_iter()
            .find_map(|(at, amount, unit)| amount.map(|amount| (at, Duration::from_secs(amount.saturating_mul(unit)))))
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    time.map_err(|_| "must be a time such as 2026-12-01T08:00:00Z (RFC 3339)".to_owned())
}

impl Kind for Delay {
    fn output_schema() -> Value {
        let resumed_at = json!({"type": "string", "format": "date-time"});
        json!({"type": "object", "additionalProperties": false, "properties": {"resumed_at": resumed_at}})
    }

    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let said = [self.seconds.is_some(), self.minutes.is_some(), self.hours.is_some(), self.until.is_some()];
        if said.into_iter().filter(|said| *said).count() != 1 {
            return vec![(String::new(), "must say one of seconds, minutes, hours and until".to_owned())];
        }
        if let Some((at, wait)) = self.amount()
            && (wait.is_zero() || wait > LONGEST)
        {
            return vec![(at.to_owned(), "must be at least 1, and at most 90 days".to_owned())];
        }
        match &self.until {
            Some(until) if is_final(until) => {
                time(until).err().map(|fault| ("/until".to_owned(), fault)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(with: Value) -> Result<Duration, String> {
        let delay: Delay = serde_json::from_value(with).map_err(|error| error.to_string())?;
        if let Some((at, fault)) = delay.faults(&|_| true).into_iter().next() {
            return Err(format!("{at} {fault}"));
        }
        delay.wait(DateTime::from_timestamp(1_800_000_000, 0).expect("a time"))
    }

    #[test]
    fn a_wait_is_said_in_one_way_and_is_at_most_ninety_days() {
        assert_eq!(read(json!({"seconds": 90})), Ok(Duration::from_secs(90)));
        assert_eq!(read(json!({"minutes": 2})), Ok(Duration::from_mins(2)));
        assert_eq!(read(json!({"hours": 2160})), Ok(LONGEST));
        // 1 800 000 000 is 2027-01-15T08:00:00Z.
        assert_eq!(read(json!({"until": "2027-01-15T10:00:00+01:00"})), Ok(Duration::from_hours(1)));
        assert_eq!(read(json!({"until": "2027-01-14T00:00:00Z"})), Ok(Duration::ZERO));
        for (bad, at) in [
            (json!({}), " must say one"),
            (json!({"seconds": 1, "hours": 1}), " must say one"),
            (json!({"seconds": 0}), "/seconds "),
            (json!({"hours": 2161}), "/hours "),
            (json!({"hours": u64::MAX}), "/hours "),
            (json!({"until": "tomorrow"}), "/until "),
            (json!({"until": "2027-04-16T00:00:00Z"}), "is more than 90 days"),
            (json!({"seconds": -1}), "invalid value"),
            (json!({"days": 1}), "unknown field"),
        ] {
            let fault = read(bad.clone()).expect_err("is refused");
            assert!(fault.starts_with(at), "{bad}: {fault}");
        }
    }
}
