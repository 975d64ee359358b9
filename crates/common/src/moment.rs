//! Times that come from outside: of the years 1 to 9999, which RFC 3339 can write and PostgreSQL knows as well as we do.
//!
//! A time beyond them fails in a query, or in the reckoning before it: both would be faults of ours.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Deserializer, Serialize};

/// A time from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "DateTime<Utc>")]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The time.
    pub const fn get(self) -> DateTime<Utc> {
        self.0
    }

    /// A time that comes from the database.
    pub const fn of_row(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl TryFrom<DateTime<Utc>> for Moment {
    type Error = &'static str;

    fn try_from(at: DateTime<Utc>) -> Result<Self, Self::Error> {
        if (1..=9999).contains(&at.year()) { Ok(Self(at)) } else { Err("must be of the years 1 to 9999") }
    }
}

/// Reads a time; for `#[serde(deserialize_with)]`.
pub fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    Moment::deserialize(deserializer).map(Moment::get)
}

/// Reads a time that may be left out; for `#[serde(default, deserialize_with)]`.
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(Option::<Moment>::deserialize(deserializer)?.map(Moment::get))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Cursor;

    #[derive(Deserialize)]
    struct Asked {
        #[serde(default, deserialize_with = "optional")]
        from: Option<DateTime<Utc>>,
        #[serde(deserialize_with = "required")]
        to: DateTime<Utc>,
    }

    const UNKNOWN: [&str; 3] = ["-262142-01-01T00:00:00Z", "-4714-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"];

    #[test]
    fn a_time_that_postgresql_may_not_know_is_refused() {
        let read = |from: &str, to: &str| {
            serde_json::from_value::<Asked>(serde_json::json!({"from": from, "to": to}))
                .map_err(|error| error.to_string())
        };
        let good = "2026-11-27T12:00:00+01:00";
        assert_eq!(read(good, good).expect("times").from, Some(good.parse().expect("a time")));
        let without: Asked = serde_json::from_value(serde_json::json!({"to": good})).expect("a time");
        assert_eq!((without.from, without.to), (None, good.parse().expect("a time")));
        for bad in UNKNOWN {
            for error in [read(bad, good).err(), read(good, bad).err()] {
                assert_eq!(error.as_deref(), Some("must be of the years 1 to 9999"), "{bad}");
            }
        }
    }

    #[test]
    fn a_cursor_of_such_a_time_is_none() {
        let read = |time: &str| {
            let time: DateTime<Utc> = time.parse().expect("a time");
            Cursor::<Moment>::try_from(String::from(Cursor(time)))
        };
        assert!(read("2026-11-27T12:00:00Z").is_ok());
        for bad in UNKNOWN {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
