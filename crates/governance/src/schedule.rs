//! When a schedule is due: cron patterns on the clocks of a place, whose days may have 23 or 25 hours.
//!
//! A pattern of one fixed minute and hour (`30 2 * * *`) is due once a day, whatever the clocks do: when they skip its time,
//! at the first moment after the gap; when they show it twice, at the first. Any other pattern (`*/15 * * * *`, `0 2,14 * * *`)
//! follows the clocks: what they skip is not due, what they show twice is due twice.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use common::text_enum;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::Serialize;
use utoipa::ToSchema;

use crate::definition::Fault;

/// How late a time may be looked at and still count as on time.
pub const GRACE: Duration = Duration::from_mins(1);
/// The most times that are made up for at once: of more, the latest.
pub const MOST_AT_ONCE: usize = 100;
const MAX_CRON: usize = 100;

text_enum! {
    /// What becomes of times that passed while nobody could propose.
    pub enum Missed {
        /// Nothing.
        Skip = "skip",
        /// One proposal is made for all of them.
        Once = "once",
        /// A proposal is made for each, for the latest hundred.
        All = "all",
    }
}

/// The times of a schedule.
#[derive(Clone, Debug)]
pub struct Timetable {
    cron: Cron,
    zone: Tz,
}

/// A time of a schedule, as the world and as its place tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DueTime {
    /// In UTC.
    pub utc: DateTime<Utc>,
    /// On the clocks of the time zone, with how far they are ahead of UTC then.
    pub local: DateTime<FixedOffset>,
}

/// What is to be done about a schedule that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The times that a proposal is made for, in their order.
    pub fire: Vec<DateTime<Utc>>,
    /// Whether times before these passed and are let go.
    pub passes_over: bool,
    /// When it is due again; never, when its pattern has an end.
    pub next: Option<DateTime<Utc>>,
}

impl Timetable {
    /// Reads a cron pattern of five fields and the name of an IANA time zone, or tells what is wrong with them.
    pub fn read(cron: &str, zone: &str) -> Result<Self, Vec<Fault>> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = if cron.len() > MAX_CRON {
            Err(format!("must have at most {MAX_CRON} characters"))
        } else {
            parser.parse(cron).map_err(|error| format!("is not a cron pattern of five fields: {error}"))
        };
        let zone =
            zone.parse::<Tz>().map_err(|_| "is not the name of an IANA time zone, such as Europe/Berlin".to_owned());
        match (cron, zone) {
            (Ok(cron), Ok(zone)) => {
                let timetable = Self { cron, zone };
                if timetable.next(Utc::now()).is_some() {
                    Ok(timetable)
                } else {
                    Err(vec![("/cron".to_owned(), "is never due".to_owned())])
                }
            }
            (cron, zone) => {
                let cron = cron.err().map(|fault| ("/cron".to_owned(), fault));
                let zone = zone.err().map(|fault| ("/time_zone".to_owned(), fault));
                Err(cron.into_iter().chain(zone).collect())
            }
        }
    }

    /// The first time after this one.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // It is said of the clocks after this second: a start within one would lose the time at its beginning.
        self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false).ok().map(|time| time.to_utc())
    }

    /// The first so many times after this one.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DueTime> {
        let times = std::iter::successors(self.next(after), |time| self.next(*time)).take(count);
        times.map(|utc| DueTime { utc, local: self.local(utc) }).collect()
    }

    fn local(&self, utc: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = self.zone.offset_from_utc_datetime(&utc.naive_utc()).fix();
        utc.with_timezone(&offset)
    }

    /// The latest so many times from `first` to `last`.
    fn latest(&self, first: DateTime<Utc>, last: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
        // From the end backwards in growing spans, so that a year of missed minutes is not counted through.
        let minutes = i64::try_from(most).unwrap_or(i64::MAX);
        let spans = [TimeDelta::minutes(minutes), TimeDelta::days(1), TimeDelta::days(32), TimeDelta::days(400)];
        for span in spans.into_iter().map(Some).chain([None]) {
            let start = span.and_then(|span| last.checked_sub_signed(span)).filter(|start| *start > first);
            let before = start.unwrap_or(first) - TimeDelta::seconds(1);
            let times = std::iter::successors(self.next(before), |time| self.next(*time));
            let mut times: Vec<_> = times.take_while(|time| *time <= last).collect();
            if times.len() >= most || start.is_none() {
                times.drain(..times.len().saturating_sub(most));
                return times;
            }
        }
        Vec::new()
    }

    /// What is to be done when it is `now` about a schedule that was due at `due`.
    pub fn plan(&self, missed: Missed, due: DateTime<Utc>, now: DateTime<Utc>) -> Plan {
        let times = self.latest(due, now, MOST_AT_ONCE);
        let on_time = times.partition_point(|time| *time < now - GRACE);
        let from = match missed {
            Missed::All => 0,
            Missed::Skip => on_time,
            Missed::Once => on_time.min(times.len().saturating_sub(1)),
        };
        let fire = times[from..].to_vec();
        Plan { passes_over: fire.first() != Some(&due), fire, next: self.next(now) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    /// The times of a pattern from a time on, as the clocks there tell them.
    fn local(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let timetable = Timetable::read(cron, zone).expect("a timetable");
        let times = timetable.upcoming(utc(after), count).into_iter();
        times.map(|time| time.local.format("%d. %H:%M %:z").to_string()).collect()
    }

    #[test]
    fn in_spring_a_fixed_time_that_is_skipped_is_due_right_after_the_gap_and_other_patterns_go_on() {
        // 2026-03-29: 02:00 becomes 03:00.
        let berlin = |cron, count| local(cron, "Europe/Berlin", "2026-03-28T12:00:00Z", count);
        assert_eq!(berlin("30 2 * * *", 3), ["29. 03:00 +02:00", "30. 02:30 +02:00", "31. 02:30 +02:00"]);
        assert_eq!(berlin("0 2,14 * * *", 3), ["28. 14:00 +01:00", "29. 14:00 +02:00", "30. 02:00 +02:00"]);
        // 2026-03-08: 02:00 becomes 03:00.
        let new_york = |cron, after, count| local(cron, "America/New_York", after, count);
        assert_eq!(new_york("30 2 * * *", "2026-03-07T12:00:00Z", 2), ["08. 03:00 -04:00", "09. 02:30 -04:00"]);
        let quarters = ["08. 01:30 -05:00", "08. 01:45 -05:00", "08. 03:00 -04:00", "08. 03:15 -04:00"];
        assert_eq!(new_york("*/15 * * * *", "2026-03-08T06:15:00Z", 4), quarters);
        // 2026-10-04: half an hour only, 02:00 becomes 02:30.
        let lord_howe = |cron, count| local(cron, "Australia/Lord_Howe", "2026-10-03T12:00:00Z", count);
        assert_eq!(lord_howe("15 2 * * *", 2), ["04. 02:30 +11:00", "05. 02:15 +11:00"]);
        assert_eq!(lord_howe("*/15 2 * * *", 3), ["04. 02:30 +11:00", "04. 02:45 +11:00", "05. 02:00 +11:00"]);
    }

    #[test]
    fn in_autumn_a_fixed_time_that_comes_twice_is_due_once_and_other_patterns_twice() {
        // 2026-10-25: 03:00 becomes 02:00.
        let berlin = |cron, after, count| local(cron, "Europe/Berlin", after, count);
        assert_eq!(berlin("30 2 * * *", "2026-10-24T12:00:00Z", 2), ["25. 02:30 +02:00", "26. 02:30 +01:00"]);
        assert_eq!(
            berlin("*/30 2 * * *", "2026-10-24T12:00:00Z", 5),
            ["25. 02:00 +02:00", "25. 02:30 +02:00", "25. 02:00 +01:00", "25. 02:30 +01:00", "26. 02:00 +01:00"]
        );
        // Between the two, a fixed time is past.
        assert_eq!(berlin("30 2 * * *", "2026-10-25T00:45:00Z", 1), ["26. 02:30 +01:00"]);
        // 2026-11-01: 02:00 becomes 01:00.
        let new_york = |cron, count| local(cron, "America/New_York", "2026-10-31T12:00:00Z", count);
        assert_eq!(new_york("30 1 * * *", 2), ["01. 01:30 -04:00", "02. 01:30 -05:00"]);
        assert_eq!(
            new_york("30 1,13 * * *", 4),
            ["31. 13:30 -04:00", "01. 01:30 -04:00", "01. 01:30 -05:00", "01. 13:30 -05:00"]
        );
        // 2026-04-05: 02:00 becomes 01:30.
        let lord_howe = |cron, count| local(cron, "Australia/Lord_Howe", "2026-04-04T12:00:00Z", count);
        assert_eq!(lord_howe("45 1 * * *", 2), ["05. 01:45 +11:00", "06. 01:45 +10:30"]);
        assert_eq!(lord_howe("*/15 1 * * *", 7)[4..], ["05. 01:30 +10:30", "05. 01:45 +10:30", "06. 01:00 +10:30"]);
    }

    #[test]
    fn a_place_whose_clocks_never_change_has_days_of_24_hours_whatever_its_offset() {
        let kathmandu = local("0 9 * * MON", "Asia/Kathmandu", "2026-03-27T00:00:00Z", 3);
        assert_eq!(kathmandu, ["30. 09:00 +05:45", "06. 09:00 +05:45", "13. 09:00 +05:45"]);
        let timetable = Timetable::read("0 9 * * *", "Asia/Kathmandu").expect("a timetable");
        assert_eq!(timetable.next(utc("2026-03-27T03:14:59Z")), Some(utc("2026-03-27T03:15:00Z")));
        assert_eq!(timetable.next(utc("2026-03-27T03:15:00Z")), Some(utc("2026-03-28T03:15:00Z")));
        let utc_times = local("0 0 29 2 *", "Etc/UTC", "2026-01-01T00:00:00Z", 2);
        assert_eq!(utc_times, ["29. 00:00 +00:00", "29. 00:00 +00:00"]);
    }

    #[test]
    fn what_is_no_timetable_is_told_by_its_place() {
        let places = |cron: &str, zone: &str| {
            let faults = Timetable::read(cron, zone).expect_err(cron);
            faults.into_iter().map(|(place, _)| place).collect::<Vec<_>>()
        };
        let long = "0,".repeat(60);
        for bad in
            ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "x * * * *", "@reboot", "0 0 30 2 *", &long]
        {
            assert_eq!(places(bad, "Europe/Berlin"), ["/cron"], "{bad}");
        }
        assert_eq!(places("* * * * *", "Europe/Bielefeld"), ["/time_zone"]);
        assert_eq!(places("x", "CEST"), ["/cron", "/time_zone"]);
        assert!(Timetable::read("@daily", "UTC").is_ok());
    }

    #[test]
    fn missed_times_are_let_go_made_up_for_once_or_each() {
        let timetable = Timetable::read("0 * * * *", "Etc/UTC").expect("a timetable");
        let (due, on_time, late) =
            (utc("2026-05-01T07:00:00Z"), utc("2026-05-01T09:00:30Z"), utc("2026-05-01T09:30:00Z"));
        let hours =
            |hours: &[u32]| hours.iter().map(|hour| utc(&format!("2026-05-01T{hour:02}:00:00Z"))).collect::<Vec<_>>();
        let plan = |missed, now| timetable.plan(missed, due, now);
        let next = Some(utc("2026-05-01T10:00:00Z"));
        let expected = |fire: &[u32], passes_over| Plan { fire: hours(fire), passes_over, next };
        assert_eq!(plan(Missed::Skip, on_time), expected(&[9], true));
        assert_eq!(plan(Missed::Once, on_time), expected(&[9], true));
        assert_eq!(plan(Missed::All, on_time), expected(&[7, 8, 9], false));
        assert_eq!(plan(Missed::Skip, late), expected(&[], true));
        assert_eq!(plan(Missed::Once, late), expected(&[9], true));
        assert_eq!(plan(Missed::All, late), expected(&[7, 8, 9], false));
        for missed in Missed::ALL {
            let plan = timetable.plan(*missed, due, utc("2026-05-01T07:00:01.5Z"));
            assert_eq!(plan, Plan { fire: hours(&[7]), passes_over: false, next: Some(utc("2026-05-01T08:00:00Z")) });
        }
    }

    #[test]
    fn of_a_year_of_missed_minutes_the_latest_hundred_are_made_up_for() {
        let timetable = Timetable::read("* * * * *", "America/New_York").expect("a timetable");
        let now = utc("2026-11-20T12:00:30Z");
        let plan = timetable.plan(Missed::All, utc("2025-11-20T12:00:00Z"), now);
        assert_eq!(plan.fire.len(), MOST_AT_ONCE);
        assert_eq!(plan.fire.last(), Some(&utc("2026-11-20T12:00:00Z")));
        assert!(plan.passes_over && plan.fire.windows(2).all(|pair| pair[1] - pair[0] == TimeDelta::minutes(1)));
        let yearly = Timetable::read("0 12 20 11 *", "Etc/UTC").expect("a timetable");
        let due = utc("2018-11-20T12:00:00Z");
        assert_eq!(yearly.plan(Missed::All, due, now).fire.len(), 9);
        assert_eq!(yearly.plan(Missed::Once, due, now).fire, [utc("2026-11-20T12:00:00Z")]);
    }

    proptest! {
        /// However often and late it is looked at, with `all` each time is fired once, and none that is not in the pattern.
        #[test]
        fn each_time_is_planned_once(
            start in 1_750_000_000_i64..1_800_000_000, pauses in proptest::collection::vec(1_i64..20_000, 1..12),
            cron in prop_oneof![Just("30 2 * * *"), Just("*/15 * * * *"), Just("0 1-3 * * *"), Just("45 1 * * SUN")],
            zone in prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe")],
        ) {
            let timetable = Timetable::read(cron, zone).expect("a timetable");
            let start = DateTime::from_timestamp(start, 0).expect("a time");
            let (mut now, mut due, mut fired) = (start, timetable.next(start).expect("a time"), Vec::new());
            for pause in pauses {
                now += TimeDelta::seconds(pause);
                if due <= now {
                    let plan = timetable.plan(Missed::All, due, now);
                    prop_assert!(!plan.passes_over);
                    fired.extend(plan.fire);
                    due = plan.next.expect("a time");
                }
                prop_assert!(due > now);
            }
            let all = std::iter::successors(timetable.next(start), |time| timetable.next(*time));
            prop_assert_eq!(fired, all.take_while(|time| *time <= now).collect::<Vec<_>>());
        }

        #[test]
        fn what_is_shown_to_people_is_the_same_moment(after in 1_700_000_000_i64..1_900_000_000) {
            let timetable = Timetable::read("*/20 * * * *", "Australia/Lord_Howe").expect("a timetable");
            for time in timetable.upcoming(DateTime::from_timestamp(after, 0).expect("a time"), 5) {
                prop_assert_eq!(time.utc, time.local.to_utc());
                let shown: NaiveDateTime = time.local.naive_local();
                prop_assert_eq!(shown.format("%M").to_string().parse::<i64>().expect("minutes") % 20, 0);
            }
        }
    }
}
