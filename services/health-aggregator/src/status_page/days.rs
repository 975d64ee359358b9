//! How a part was on each of the last 90 days, as a row of bars.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use database::health::buckets::Tally;
use maud::{Markup, html};

use crate::history::{DAYS, first_day};
use crate::pages::parts::{Tone, length};

/// A day on which a part did not work for longer is a bad one: about a quarter of an hour.
const BAD_DAY: f64 = 0.01;
/// So much of a day may be lost without a word: about ten seconds, less than anybody notices.
const UNNOTICED: f64 = 0.000_12;
/// A day on which a part was degraded for longer than this share is not a good one.
const DEGRADED_DAY: f64 = 0.05;

/// The bars, the oldest first. Each says in words what it stands for to who points at it; the sum of it all is said to who
/// hears the page.
pub fn bar(title: &str, days: Option<&BTreeMap<DateTime<Utc>, Tally>>, now: DateTime<Utc>) -> Markup {
    let first = first_day(now);
    let day = |index: usize| {
        let day = first + TimeDelta::days(i64::try_from(index).unwrap_or(0));
        (day, days.and_then(|days| days.get(&day)).copied().unwrap_or_default())
    };
    let tones: Vec<Tone> = (0..DAYS).map(|index| tone(day(index).1)).collect();
    html! {
        svg.days viewBox={ "0 0 " (DAYS * 4 - 1) " 32" } preserveAspectRatio="none" role="img" aria-label=(spoken(title, &tones)) {
            @for (index, tone) in tones.iter().enumerate() {
                @let (day, tally) = day(index);
                // Each state has a height of its own: nobody has to see colours.
                @let height = match tone { Tone::Bad => 32, Tone::Warn => 18, Tone::Quiet => 6, _ => 26 };
                rect class={ "fill " (tone.class()) } x=(index * 4) y=(32 - height) width="3" height=(height) rx="1" {
                    title { (words(day, tally)) }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a day of milliseconds is far below 2^52")]
fn tone(tally: Tally) -> Tone {
    let Some(uptime) = tally.uptime() else { return Tone::Quiet };
    let degraded = tally.degraded_ms as f64 / tally.measured_ms() as f64;
    if uptime < 1.0 - BAD_DAY {
        Tone::Bad
    } else if uptime < 1.0 - UNNOTICED || degraded > DEGRADED_DAY {
        Tone::Warn
    } else {
        Tone::Good
    }
}

fn words(day: DateTime<Utc>, tally: Tally) -> String {
    let day = day.format("%Y-%m-%d");
    if tally.measured_ms() == 0 {
        return format!("{day}: nobody looked");
    }
    let mut words: Vec<String> = Vec::new();
    for (time, state) in [(tally.unhealthy_ms, "down"), (tally.degraded_ms, "degraded")] {
        if time >= 1000 {
            words.push(format!("{} {state}", length(TimeDelta::milliseconds(time))));
        }
    }
    if words.is_empty() { format!("{day}: up") } else { format!("{day}: {}", words.join(", ")) }
}

fn spoken(title: &str, tones: &[Tone]) -> String {
    let count = |tone: Tone| tones.iter().filter(|one| **one == tone).count();
    format!(
        "{title}, the last {DAYS} days: {} up, {} in part, {} down, {} not known",
        count(Tone::Good),
        count(Tone::Warn),
        count(Tone::Bad),
        count(Tone::Quiet)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_day_is_as_good_as_what_was_seen_of_it() {
        let tally = |healthy_ms, degraded_ms, unhealthy_ms| Tally { healthy_ms, degraded_ms, unhealthy_ms };
        assert_eq!(tone(Tally::default()), Tone::Quiet);
        assert_eq!(tone(tally(HOUR, 0, 0)), Tone::Good);
        assert_eq!(tone(tally(24 * HOUR, 0, 5_000)), Tone::Good);
        assert_eq!(tone(tally(24 * HOUR, 0, 60_000)), Tone::Warn);
        assert_eq!(tone(tally(20 * HOUR, 4 * HOUR, 0)), Tone::Warn);
        assert_eq!(tone(tally(23 * HOUR, 0, HOUR)), Tone::Bad);
        let day = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        assert_eq!(words(day, Tally::default()), "2026-05-28: nobody looked");
        assert_eq!(words(day, tally(HOUR, 120_000, 60_000)), "2026-05-28: 1 min down, 2 min degraded");
    }
}
