//! Spans of time and how a part was in them. Pure: nothing here asks a clock or a database.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::{DateTime, TimeDelta, Utc};
use common::text_enum;

text_enum! {
    /// How long a span is.
    pub enum Resolution {
        /// Ten seconds.
        Sample = "sample",
        /// A minute.
        Minute = "minute",
        /// An hour.
        Hour = "hour",
        /// A day; not stored, for a page to show.
        Day = "day",
    }
}

impl Resolution {
    /// A span's length.
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::Sample => TimeDelta::seconds(10),
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// For how long spans of it are kept.
    pub const fn kept(self) -> TimeDelta {
        match self {
            Self::Sample => TimeDelta::days(1),
            Self::Minute => TimeDelta::days(7),
            // One more than the days that are shown: the first of them is whole.
            Self::Hour | Self::Day => TimeDelta::days(91),
        }
    }

    /// The beginning of the span that a moment is in. Spans of any resolution begin where those of a finer one do.
    pub fn start_of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let length = self.length().num_milliseconds();
        let start = at.timestamp_millis().div_euclid(length) * length;
        // Rounding a time down by less than a day leaves it in range, but for the first day of all.
        DateTime::from_timestamp_millis(start).unwrap_or(at)
    }
}

/// For how long a part was how; what is missing to the length of a span was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Milliseconds in which it was well.
    pub healthy_ms: i64,
    /// Milliseconds in which it worked, but not as it should.
    pub degraded_ms: i64,
    /// Milliseconds in which it did not work.
    pub unhealthy_ms: i64,
}

impl Tally {
    /// Milliseconds in which anybody looked.
    pub const fn measured_ms(&self) -> i64 {
        self.healthy_ms + self.degraded_ms + self.unhealthy_ms
    }

    /// The share of the measured time in which it worked, well or not: 0 to 1. None when nobody looked.
    #[expect(clippy::cast_precision_loss, reason = "90 days of milliseconds are far below 2^52")]
    pub fn uptime(&self) -> Option<f64> {
        let measured = self.measured_ms();
        (measured > 0).then(|| (self.healthy_ms + self.degraded_ms) as f64 / measured as f64)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.healthy_ms += other.healthy_ms;
        self.degraded_ms += other.degraded_ms;
        self.unhealthy_ms += other.unhealthy_ms;
    }
}

/// How a part was in one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Which part.
    pub check: String,
    /// When the span begins.
    pub starts_at: DateTime<Utc>,
    /// How it was.
    pub tally: Tally,
}

/// The same, in longer spans: in the order of time, then of parts.
pub fn downsample(buckets: &[Bucket], to: Resolution) -> Vec<Bucket> {
    let mut sums: BTreeMap<(DateTime<Utc>, &str), Tally> = BTreeMap::new();
    for bucket in buckets {
        *sums.entry((to.start_of(bucket.starts_at), &bucket.check)).or_default() += bucket.tally;
    }
    sums.into_iter().map(|((starts_at, check), tally)| Bucket { check: check.to_owned(), starts_at, tally }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum<'a>(buckets: impl IntoIterator<Item = &'a Bucket>) -> Tally {
        let mut all = Tally::default();
        buckets.into_iter().for_each(|bucket| all += bucket.tally);
        all
    }

    prop_compose! {
        /// A tally that fits into a sample's length; often nobody looked for a part of it, or for all.
        fn tally()(mut cuts in prop::array::uniform3(0..=10_000_i64)) -> Tally {
            cuts.sort_unstable();
            let [first, second, third] = cuts;
            Tally { healthy_ms: first, degraded_ms: second - first, unhealthy_ms: third - second }
        }
    }

    prop_compose! {
        /// Samples of some days, in any order, each span of a part at most once.
        fn samples()(
            samples in prop::collection::btree_map((0..40_000_i64, 0..3_u8), tally(), 0..200)
        ) -> Vec<Bucket> {
            samples
                .into_iter()
                .map(|((slot, part), tally)| Bucket {
                    check: format!("part-{part}"),
                    starts_at: DateTime::from_timestamp(1_780_000_000 + slot * 10, 0).expect("a time"),
                    tally,
                })
                .collect()
        }
    }

    proptest! {
        #[test]
        fn no_time_is_lost_or_made_up(samples in samples()) {
            for to in [Resolution::Minute, Resolution::Hour, Resolution::Day] {
                let coarse = downsample(&samples, to);
                prop_assert_eq!(sum(&coarse), sum(&samples));
                for part in ["part-0", "part-1", "part-2"] {
                    let of = |buckets: &[Bucket]| sum(buckets.iter().filter(|bucket| bucket.check == part));
                    prop_assert_eq!(of(&coarse), of(&samples));
                }
                for bucket in &coarse {
                    prop_assert_eq!(to.start_of(bucket.starts_at), bucket.starts_at);
                    prop_assert!(bucket.tally.measured_ms() <= to.length().num_milliseconds());
                }
            }
        }

        #[test]
        fn by_steps_or_at_once_is_the_same(samples in samples()) {
            let by_steps = downsample(&downsample(&samples, Resolution::Minute), Resolution::Hour);
            prop_assert_eq!(&by_steps, &downsample(&samples, Resolution::Hour));
            prop_assert_eq!(downsample(&by_steps, Resolution::Hour), by_steps);
        }

        #[test]
        fn an_uptime_is_a_share_of_what_was_measured(tally in tally(), unmeasured in 0..1_000_i64) {
            match tally.uptime() {
                None => prop_assert_eq!(tally.measured_ms(), 0),
                Some(uptime) => {
                    prop_assert!((0.0..=1.0).contains(&uptime));
                    // Time in which nobody looked, before or after, counts for nothing.
                    let mut longer = Tally::default();
                    for _ in 0..=unmeasured % 3 {
                        longer += Tally::default();
                    }
                    longer += tally;
                    prop_assert_eq!(longer.uptime(), Some(uptime));
                    // The better it was, the higher: up to all of it, and down to nothing.
                    let up = tally.healthy_ms + tally.degraded_ms;
                    prop_assert_eq!(uptime >= 1.0, tally.unhealthy_ms == 0);
                    prop_assert_eq!(uptime <= 0.0, up == 0);
                }
            }
        }

        #[test]
        fn a_moment_is_in_the_span_that_it_is_said_to_be_in(millis in 0..4_000_000_000_000_i64) {
            let at = DateTime::from_timestamp_millis(millis).expect("a time");
            for resolution in Resolution::ALL {
                let start = resolution.start_of(at);
                prop_assert!(start <= at && at < start + resolution.length());
            }
        }
    }
}
