//! How many runs ended in each minute of the last hour.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use common::priority::Priority;
use database::execution::monitor::{Ended, ended_since};
use maud::{Markup, html};
use tokio::sync::Mutex;

use super::Monitor;
use crate::pages::parts::count;

/// The minutes that are shown.
const SHOWN: i64 = 60;
/// A run that ends may be committed so many minutes later: so long its minute is read again.
const UNSETTLED: i64 = 2;
/// The full minutes that are averaged.
const AVERAGED: usize = 5;

/// What is known already: minutes that are over do not change, and an hour of a busy system is a lot to count again every
/// two seconds.
#[derive(Default)]
pub struct Throughput(Mutex<Known>);

#[derive(Default)]
struct Known {
    read_at: Option<DateTime<Utc>>,
    minutes: BTreeMap<(DateTime<Utc>, Priority), (i64, i64)>,
}

impl Known {
    /// The first minute that has to be read.
    fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let first = minute(now) - TimeDelta::minutes(SHOWN);
        self.read_at.map_or(first, |read| first.max(minute(read) - TimeDelta::minutes(UNSETTLED)))
    }

    fn take(&mut self, since: DateTime<Utc>, now: DateTime<Utc>, ended: &[Ended]) {
        let first = minute(now) - TimeDelta::minutes(SHOWN);
        self.minutes.retain(|(at, _), _| *at >= first && *at < since);
        self.minutes.extend(ended.iter().map(|one| ((one.minute, one.priority), (one.completed, one.failed))));
        self.read_at = Some(now);
    }

    fn of(&self, priority: Priority, now: DateTime<Utc>) -> Hour {
        let first = minute(now) - TimeDelta::minutes(SHOWN - 1);
        let each = |n| self.minutes.get(&(first + TimeDelta::minutes(n), priority)).copied().unwrap_or_default();
        Hour((0..SHOWN).map(each).collect())
    }
}

fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}

/// An hour of a queue: how many completed and failed in each minute, the running one last.
#[derive(Debug, PartialEq, Eq)]
pub struct Hour(Vec<(i64, i64)>);

impl Monitor {
    /// The last hour of each queue; none when PostgreSQL does not answer.
    pub async fn last_hour(&self, now: DateTime<Utc>) -> Option<BTreeMap<Priority, Hour>> {
        // Whoever asks meanwhile waits for the answer instead of asking, too.
        self.postgres(async |connection| {
            let mut known = self.throughput.0.lock().await;
            let since = known.since(now);
            let ended = ended_since(connection, since).await?;
            known.take(since, now, &ended);
            Ok(Priority::ALL.iter().map(|&priority| (priority, known.of(priority, now))).collect())
        })
        .await
    }
}

impl Hour {
    /// How many completed and failed a minute, in the last five full ones.
    pub fn lately(&self) -> (String, String) {
        let full = self.0.iter().rev().skip(1).take(AVERAGED);
        let (completed, failed) = full.fold((0, 0), |sum, minute| (sum.0 + minute.0, sum.1 + minute.1));
        (a_minute(completed), a_minute(failed))
    }

    /// The hour as a drawing, with what it shows in words.
    pub fn draw(&self) -> Markup {
        const HEIGHT: f64 = 24.0;
        let peak = self.0.iter().map(|&(completed, failed)| completed.max(failed)).max().unwrap_or(0);
        let all = |of: fn(&(i64, i64)) -> i64| self.0.iter().map(of).sum::<i64>();
        let (completed, failed) = (all(|minute| minute.0), all(|minute| minute.1));
        #[expect(clippy::cast_precision_loss, reason = "a drawing")]
        let line = |of: fn(&(i64, i64)) -> i64| {
            let height = |n: i64| HEIGHT - n as f64 / peak.max(1) as f64 * (HEIGHT - 1.0);
            let points = self.0.iter().enumerate().map(|(x, minute)| format!("{x},{:.1}", height(of(minute))));
            points.collect::<Vec<_>>().join(" ")
        };
        let done = line(|minute| minute.0);
        let last = self.0.len().saturating_sub(1);
        html! {
            svg.spark viewBox={ "0 0 " (last) " 24" } preserveAspectRatio="none" role="img"
                aria-label={ "In the last hour " (count(completed)) " completed and " (count(failed)) " failed" } {
                line.base x1="0" y1="24" x2=(last) y2="24" {}
                polygon.area points={ "0,24 " (done) " " (last) ",24" } {}
                polyline.line points=(done) {}
                @if failed > 0 { polyline.failed points=(line(|minute| minute.1)) {} }
            }
            p."soft small" {
                (count(completed)) " completed, " (count(failed)) " failed in the last hour; peak " (count(peak)) " a minute"
            }
        }
    }
}

fn a_minute(sum: i64) -> String {
    let averaged = AVERAGED.cast_signed() as i64;
    match sum {
        0 => "0".to_owned(),
        _ if sum < 10 * averaged => format!("{}.{}", sum / averaged, sum % averaged * 10 / averaged),
        _ => count(sum / averaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_read_once_and_what_is_recent_again() {
        let at = |minutes: i64, seconds: i64| {
            DateTime::from_timestamp(1_800_000_000 + minutes * 60 + seconds, 0).expect("a time")
        };
        let ended = |minute, completed| Ended { minute, priority: Priority::High, completed, failed: 1 };
        let mut known = Known::default();
        assert_eq!(known.since(at(100, 30)), at(40, 0));
        known.take(at(40, 0), at(100, 30), &[ended(at(90, 0), 5), ended(at(100, 0), 7)]);
        assert_eq!(known.since(at(101, 0)), at(98, 0));
        known.take(at(98, 0), at(101, 0), &[ended(at(100, 0), 9)]);
        let hour = known.of(Priority::High, at(101, 0));
        assert_eq!((hour.0[48], hour.0[58], hour.0[59]), ((5, 1), (9, 1), (0, 0)));
        assert_eq!(hour.lately(), ("1.8".to_owned(), "0.2".to_owned()));
        assert_eq!(known.of(Priority::Low, at(101, 0)), Hour(vec![(0, 0); 60]));
        known.take(at(150, 0), at(200, 0), &[]);
        assert!(known.minutes.is_empty(), "what is no longer shown is forgotten");
    }
}
