//! Reports what was proposed and done in a week.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use common::text::Email;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use super::recipients::{MAX_RECIPIENTS, Recipients};
use crate::definition::Fault;

/// The longest time that a report is about, in days.
const MAX_DAYS: i64 = 366;

/// What a `report.weekly` step reports, and to whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportWeekly {
    /// Where days begin, such as `Europe/Berlin`; UTC when not said.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// The first day; that of the last full ISO week when not said.
    #[serde(default)]
    pub from: Option<String>,
    /// The day after the last.
    #[serde(default)]
    pub to: Option<String>,
    /// Who gets it as a mail.
    #[serde(default)]
    pub recipients: Recipients,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The time that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first_day: NaiveDate,
    /// The day after its last.
    pub next_day: NaiveDate,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it has ended.
    pub to: DateTime<Utc>,
}

impl ReportWeekly {
    /// The time that is reported: what was said, or the last week, Monday to Sunday (ISO 8601), that is over.
    pub fn period(&self, now: DateTime<Utc>) -> Result<Period, String> {
        let zone = zone(&self.time_zone)?;
        let (first_day, next_day) = if let (Some(from), Some(to)) = (&self.from, &self.to) {
            (day(from)?, day(to)?)
        } else {
            let today = now.with_timezone(&zone).date_naive();
            let monday = today - TimeDelta::days(today.weekday().num_days_from_monday().into());
            (monday - TimeDelta::weeks(1), monday)
        };
        let days = (next_day - first_day).num_days();
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(format!("must be 1 to {MAX_DAYS} days after from"));
        }
        let (from, to) = (midnight(first_day, zone), midnight(next_day, zone));
        from.zip(to)
            .map(|(from, to)| Period { first_day, next_day, from, to })
            .ok_or_else(|| "is no such day".to_owned())
    }

    /// Who gets it as a mail.
    pub fn readers(&self) -> Vec<Email> {
        self.recipients.addresses()
    }
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "must be a time zone such as Europe/Berlin or UTC".to_owned())
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|day| (2000..3000).contains(&day.year()));
    day.ok_or_else(|| "must be a day such as 2026-11-23".to_owned())
}

/// When a day begins. Where clocks go forward at midnight, it begins an hour late.
fn midnight(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let quarters = (0..=8).map(|quarter| midnight + TimeDelta::minutes(15 * quarter));
    let mut begins = quarters.filter_map(|time| match zone.from_local_datetime(&time) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.to_utc()),
        LocalResult::None => None,
    });
    // A zone that crosses the date line leaves out a whole day.
    begins.next().or_else(|| midnight.checked_add_days(Days::new(1)).map(|next| zone.from_utc_datetime(&next).to_utc()))
}

impl Kind for ReportWeekly {
    const HAS_KEY: bool = true;

    fn output_schema() -> Value {
        let (text, number) = (json!({"type": "string"}), json!({"type": ["number", "null"]}));
        let figures = json!({
            "proposed": {"type": "integer"}, "completed": {"type": "integer"}, "failed": {"type": "integer"},
            "rejected": {"type": "integer"}, "expired": {"type": "integer"}, "cancelled": {"type": "integer"},
            "completion_rate": number, "weekly_savings": text, "mean_seconds": number, "p95_seconds": number,
        });
        let group = |name: &str| {
            let mut properties = figures.clone();
            properties[name] = json!({"type": ["string", "null"]});
            json!({"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": properties}})
        };
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "from": text, "to": text, "time_zone": text,
                "totals": {"type": "object", "additionalProperties": false, "properties": figures},
                "councils": group("council"), "types": group("workflow_type"), "message_id": {"type": ["string", "null"]},
            },
        })
    }

    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = self.recipients.faults("/recipients", is_final);
        if self.recipients.len() > MAX_RECIPIENTS {
            faults.push(("/recipients".to_owned(), format!("must have at most {MAX_RECIPIENTS} addresses")));
        }
        if let Err(fault) = zone(&self.time_zone)
            && is_final(&self.time_zone)
        {
            faults.push(("/time_zone".to_owned(), fault));
        }
        if self.from.is_some() != self.to.is_some() {
            faults.push((String::new(), "must say both from and to, or neither".to_owned()));
        }
        for (at, said) in [("/from", &self.from), ("/to", &self.to)] {
            if let Some(Err(fault)) = said.as_ref().filter(|said| is_final(said)).map(|said| day(said)) {
                faults.push((at.to_owned(), fault));
            }
        }
        let said = [Some(&self.time_zone), self.from.as_ref(), self.to.as_ref()];
        if faults.is_empty()
            && said.into_iter().flatten().all(|text| is_final(text))
            && let Err(fault) = self.period(DateTime::UNIX_EPOCH)
        {
            faults.push(("/to".to_owned(), fault));
        }
        faults
    }

    fn shown(&self, mut with: Value) -> Value {
        with["time_zone"] = json!(self.time_zone);
        with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(with: Value, now: &str) -> Result<(String, String), String> {
        let report: ReportWeekly = serde_json::from_value(with).expect("a report");
        if let Some((at, fault)) = report.faults(&|_| true).into_iter().next() {
            return Err(format!("{at} {fault}"));
        }
        let period = report.period(now.parse().expect("a time"))?;
        Ok((period.from.to_rfc3339(), period.to.to_rfc3339()))
    }

    fn of(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn the_last_full_week_is_from_monday_to_monday_where_it_is_asked_for() {
        // A Wednesday.
        let now = "2026-11-25T00:30:00Z";
        assert_eq!(period(json!({}), now), Ok(of("2026-11-16T00:00:00+00:00", "2026-11-23T00:00:00+00:00")));
        let berlin = json!({"time_zone": "Europe/Berlin"});
        assert_eq!(period(berlin.clone(), now), Ok(of("2026-11-15T23:00:00+00:00", "2026-11-22T23:00:00+00:00")));
        // It is Monday in Berlin already; and the week in which clocks went back had an hour more.
        assert_eq!(
            period(berlin, "2026-10-25T23:30:00Z"),
            Ok(of("2026-10-18T22:00:00+00:00", "2026-10-25T23:00:00+00:00"))
        );
        assert_eq!(
            period(json!({"time_zone": "America/New_York"}), "2026-11-23T03:00:00Z"),
            Ok(of("2026-11-09T05:00:00+00:00", "2026-11-16T05:00:00+00:00"))
        );
    }

    #[test]
    fn a_time_of_its_own_is_said_by_its_days() {
        let now = "2026-11-25T00:30:00Z";
        let with = |from: &str, to: &str| json!({"from": from, "to": to, "time_zone": "Europe/Berlin"});
        assert_eq!(
            period(with("2026-01-01", "2027-01-01"), now),
            Ok(of("2025-12-31T23:00:00+00:00", "2026-12-31T23:00:00+00:00"))
        );
        // Clocks went forward at midnight.
        let beirut = json!({"from": "2026-03-29", "to": "2026-03-30", "time_zone": "Asia/Beirut"});
        assert_eq!(period(beirut, now), Ok(of("2026-03-28T22:00:00+00:00", "2026-03-29T21:00:00+00:00")));
        for (bad, at) in [
            (with("2026-01-02", "2026-01-02"), "/to "),
            (with("2026-01-02", "2027-01-04"), "/to "),
            (with("yesterday", "2026-01-02"), "/from "),
            (with("2026-02-30", "2026-03-02"), "/from "),
            (json!({"from": "2026-01-01"}), " must say both"),
            (json!({"time_zone": "Mars/Olympus"}), "/time_zone "),
            (json!({"recipients": ["a@example.com", "b"]}), "/recipients/1 "),
        ] {
            let fault = period(bad.clone(), now).expect_err("is refused");
            assert!(fault.starts_with(at), "{bad}: {fault}");
        }
    }
}
