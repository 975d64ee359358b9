//! A cron pattern and, on the second line, a time zone: what is accepted is due again and again, each time later.

#![no_main]

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use governance::schedule::{MOST_AT_ONCE, Missed, Timetable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (cron, zone) = fuzz::first_line(text);
    let zone = if zone.is_empty() { "Europe/Berlin" } else { zone };
    let timetable = match Timetable::read(cron, zone) {
        Ok(timetable) => timetable,
        Err(faults) => return fuzz::are_told(&faults),
    };
    // The night before the clocks go forward in Europe, so that most patterns cross the gap.
    let start: DateTime<Utc> = "2026-03-28T12:00:00Z".parse().expect("a time");
    let times = timetable.upcoming(start, 20);
    let mut last = start;
    for time in &times {
        assert!(time.utc > last, "{} does not come after {last}", time.utc);
        assert_eq!((time.utc, time.utc.second()), (time.local.to_utc(), 0));
        last = time.utc;
    }
    let Some(first) = times.first() else { return };
    let now = first.utc + TimeDelta::days(2);
    for missed in Missed::ALL {
        let plan = timetable.plan(*missed, first.utc, now);
        assert!(plan.fire.len() <= MOST_AT_ONCE && plan.fire.is_sorted());
        assert!(plan.fire.iter().all(|time| (first.utc..=now).contains(time)), "{plan:?}");
        assert!(plan.next.is_none_or(|next| next > now), "{plan:?}");
    }
});
