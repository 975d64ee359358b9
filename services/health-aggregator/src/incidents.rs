//! When a part that is not well becomes an incident, and when that is over. Pure: time is given.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use database::health::incidents::Impact;

use crate::probe::{Health, Part};

/// A part that is not well for so long has an incident. Shorter ones are in the history, and wake nobody.
const OPENS_AFTER: TimeDelta = TimeDelta::seconds(5);
/// An incident is over when the part was well for so long; until then, what comes back belongs to it.
const CLOSES_AFTER: TimeDelta = TimeDelta::seconds(30);
/// What was never well since this process started has so long to start, too.
const STARTS_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// What is to be written of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It began at a time, or became worse.
    Opened(Impact, DateTime<Utc>),
    /// It was over at a time.
    Closed(DateTime<Utc>),
}

/// Follows how the parts are.
#[derive(Debug)]
pub struct Tracker {
    started_at: DateTime<Utc>,
    parts: BTreeMap<Part, Course>,
}

/// How a part has been lately.
#[derive(Clone, Copy, Debug)]
struct Course {
    incident: Standing,
    was_well: bool,
    /// When that incident began.
    opened_at: DateTime<Utc>,
    /// Since when it is well, or is not.
    since: DateTime<Utc>,
    is_well: bool,
    /// How bad it was since then.
    worst: Health,
}

/// Whether a part has an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// An earlier process may have opened one.
    Unknown,
    /// It has none.
    Closed,
    /// It has one, this bad.
    Open(Impact),
}

impl Tracker {
    /// Begins to follow.
    pub const fn new(started_at: DateTime<Utc>) -> Self {
        Self { started_at, parts: BTreeMap::new() }
    }

    /// Takes in how a part is now; returns what follows from it, if anything does.
    pub fn observe(&mut self, part: Part, health: Health, now: DateTime<Utc>) -> Option<Change> {
        let is_well = health == Health::Healthy;
        let fresh =
            Course { incident: Standing::Unknown, was_well: false, opened_at: now, since: now, is_well, worst: health };
        let course = self.parts.entry(part).or_insert(fresh);
        course.was_well |= is_well;
        if course.is_well == is_well {
            course.worst = course.worst.max(health);
        } else {
            (course.is_well, course.since, course.worst) = (is_well, now, health);
        }
        let lasts = now - course.since;
        if is_well {
            let is_over = lasts >= CLOSES_AFTER && course.incident != Standing::Closed;
            return is_over.then(|| {
                course.incident = Standing::Closed;
                Change::Closed(course.since)
            });
        }
        let impact = if course.worst == Health::Unhealthy { Impact::Unhealthy } else { Impact::Degraded };
        let is_starting = !course.was_well && now - self.started_at < STARTS_WITHIN;
        let is_known = matches!(course.incident, Standing::Open(known) if known >= impact);
        (lasts >= OPENS_AFTER && !is_starting && !is_known).then(|| {
            if !matches!(course.incident, Standing::Open(_)) {
                course.opened_at = course.since;
            }
            course.incident = Standing::Open(impact);
            Change::Opened(impact, course.since)
        })
    }

    /// The incidents that are open as far as this process has seen, and since when their parts are not well.
    pub fn open(&self) -> impl Iterator<Item = (Part, Impact, DateTime<Utc>)> {
        self.parts.iter().filter_map(|(&part, course)| match course.incident {
            Standing::Open(impact) => Some((part, impact, course.opened_at)),
            Standing::Unknown | Standing::Closed => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).expect("a time")
    }

    /// What follows from a second each of these, after the part was well for a while.
    fn changes(course: impl IntoIterator<Item = Health>) -> Vec<(i64, Change)> {
        let mut tracker = Tracker::new(start() - TimeDelta::minutes(10));
        for second in -60..0 {
            tracker.observe(Part::Redis, Health::Healthy, start() + TimeDelta::seconds(second));
        }
        let seconds = (0..).zip(course);
        seconds
            .filter_map(|(second, health)| {
                let change = tracker.observe(Part::Redis, health, start() + TimeDelta::seconds(second))?;
                Some((second, change))
            })
            .collect()
    }

    fn times(health: Health, seconds: usize) -> impl Iterator<Item = Health> + Clone {
        std::iter::repeat_n(health, seconds)
    }

    const WELL: Health = Health::Healthy;
    const ILL: Health = Health::Unhealthy;

    #[test]
    fn an_incident_begins_when_the_part_became_ill_and_ends_when_it_became_well() {
        let found = changes(times(ILL, 20).chain(times(WELL, 60)));
        let at = |second| start() + TimeDelta::seconds(second);
        assert_eq!(found, [(5, Change::Opened(Impact::Unhealthy, at(0))), (50, Change::Closed(at(20)))]);
    }

    #[test]
    fn a_short_fault_is_no_incident() {
        assert_eq!(changes(times(ILL, 4).chain(times(WELL, 60))), []);
    }

    #[test]
    fn a_part_that_comes_and_goes_has_one_incident() {
        let flapping = times(ILL, 10).chain(times(WELL, 10)).cycle().take(600);
        let found = changes(flapping.chain(times(WELL, 60)));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn an_incident_that_becomes_worse_says_so_once() {
        let found = changes(times(Health::Degraded, 20).chain(times(ILL, 20)).chain(times(Health::Degraded, 20)));
        let impacts: Vec<_> = found.iter().map(|(_, change)| change).collect();
        assert!(
            matches!(impacts[..], [Change::Opened(Impact::Degraded, _), Change::Opened(Impact::Unhealthy, _)]),
            "{found:?}"
        );
    }

    #[test]
    fn what_starts_together_with_this_process_has_time_to_do_so() {
        let mut tracker = Tracker::new(start());
        let mut seen =
            |second: i64, health| tracker.observe(Part::Console, health, start() + TimeDelta::seconds(second));
        assert!((0..30).all(|second| seen(second, ILL).is_none()));
        // An earlier process may have left an incident open: it is closed in any case.
        assert!((30..60).all(|second| seen(second, WELL).is_none()));
        assert_eq!(seen(60, WELL), Some(Change::Closed(start() + TimeDelta::seconds(30))));
        assert_eq!(seen(61, WELL), None);
    }

    #[test]
    fn what_never_starts_is_an_incident() {
        let mut tracker = Tracker::new(start());
        let found: Vec<_> = (0..120)
            .filter_map(|second| tracker.observe(Part::Edge, ILL, start() + TimeDelta::seconds(second)))
            .collect();
        assert_eq!(found, [Change::Opened(Impact::Unhealthy, start())]);
    }

    proptest! {
        #[test]
        fn incidents_alternate_and_never_overlap(course in prop::collection::vec(0..3_usize, 0..400)) {
            let found = changes(course.iter().map(|&index| Health::ALL[index]));
            let mut open: Option<DateTime<Utc>> = None;
            let mut last_end = start() - TimeDelta::hours(1);
            for (_, change) in found {
                match change {
                    Change::Opened(impact, at) => {
                        prop_assert!(at >= last_end);
                        // A second opening only makes it worse.
                        prop_assert!(open.is_none() || impact == Impact::Unhealthy);
                        open = open.or(Some(at));
                    }
                    Change::Closed(at) => {
                        prop_assert!(open.take().is_some_and(|since| since <= at));
                        last_end = at;
                    }
                }
            }
        }
    }
}
