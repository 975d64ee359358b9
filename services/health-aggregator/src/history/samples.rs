//! Looking every second, and what has been seen and not been written yet.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use database::health::buckets::{Bucket, Resolution, Tally};

use super::{History, OVERALL, lock};
use crate::incidents::Change;
use crate::probe::{Findings, Health, Part};

/// How often the parts are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// A look counts for the time since the last one, but not for longer: nobody looked while this process was stopped.
const COUNTS_FOR: Duration = Duration::from_secs(3);
/// What waits at most: six hours of twenty parts. The oldest goes first.
const MOST_SAMPLES: usize = 6 * 360 * 20;
/// How many changes of incidents wait at most.
const MOST_CHANGES: usize = 1000;

/// What has been seen and not been written yet, the oldest first.
#[derive(Default)]
pub struct Waiting {
    pub samples: VecDeque<Bucket>,
    pub changes: VecDeque<(Part, Change)>,
}

impl Waiting {
    fn add(&mut self, samples: impl IntoIterator<Item = Bucket>) {
        self.samples.extend(samples);
        let too_many = self.samples.len().saturating_sub(MOST_SAMPLES);
        self.samples.drain(..too_many);
    }

    fn change(&mut self, part: Part, change: Change) {
        self.changes.push_back((part, change));
        let too_many = self.changes.len().saturating_sub(MOST_CHANGES);
        self.changes.drain(..too_many);
    }

    /// Drops what another has written.
    pub fn leave_to_another(&mut self, since: DateTime<Utc>) {
        self.samples.retain(|sample| sample.starts_at >= since);
        self.changes.retain(|(_, change)| match change {
            Change::Opened(_, at) | Change::Closed(at) => *at >= since,
        });
    }
}

/// Adds up the time that was looked at, span by span.
struct Sampler {
    starts_at: DateTime<Utc>,
    tallies: BTreeMap<String, Tally>,
}

impl Sampler {
    fn new(now: DateTime<Utc>) -> Self {
        Self { starts_at: Resolution::Sample.start_of(now), tallies: BTreeMap::new() }
    }

    /// Takes in how the parts were for some time up to now; returns the spans that are over.
    fn look(&mut self, now: DateTime<Utc>, lasted: Duration, parts: &[(String, Health)]) -> Vec<Bucket> {
        let starts_at = Resolution::Sample.start_of(now);
        let over = if starts_at == self.starts_at { Vec::new() } else { self.finish(starts_at) };
        let lasted = i64::try_from(lasted.min(COUNTS_FOR).as_millis()).unwrap_or(0);
        for (part, health) in parts {
            let tally = self.tallies.entry(part.clone()).or_default();
            // A span holds no more than its own length, whatever the clock does.
            let lasted = lasted.min(Resolution::Sample.length().num_milliseconds() - tally.measured_ms());
            match health {
                Health::Healthy => tally.healthy_ms += lasted,
                Health::Degraded => tally.degraded_ms += lasted,
                Health::Unhealthy => tally.unhealthy_ms += lasted,
            }
        }
        over
    }

    fn finish(&mut self, next: DateTime<Utc>) -> Vec<Bucket> {
        let starts_at = std::mem::replace(&mut self.starts_at, next);
        let tallies = std::mem::take(&mut self.tallies);
        tallies.into_iter().map(|(check, tally)| Bucket { check, starts_at, tally }).collect()
    }
}

/// Looks at the parts every second, for ever.
pub async fn take(history: &History) {
    while !history.prober.has_asked() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (mut sampler, mut before) = (Sampler::new(Utc::now()), Instant::now());
    loop {
        tokio::time::sleep(EVERY).await;
        let (now, lasted) = (Utc::now(), before.elapsed());
        before = Instant::now();
        let findings = history.prober.findings();
        let over = sampler.look(now, lasted, &names(&findings));
        let mut tracker = lock(&history.tracker);
        let mut waiting = lock(&history.waiting);
        waiting.add(over);
        for one in &findings.parts {
            if let Some(change) = tracker.observe(one.part, one.health, now) {
                waiting.change(one.part, change);
            }
        }
    }
}

fn names(findings: &Findings) -> Vec<(String, Health)> {
    let parts = findings.parts.iter().map(|one| (one.part.to_string(), one.health));
    parts.chain([(OVERALL.to_owned(), findings.overall)]).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn part(health: Health) -> Vec<(String, Health)> {
        vec![("redis".to_owned(), health)]
    }

    #[test]
    fn a_span_holds_the_time_that_was_looked_at_and_no_more() {
        let start = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let second = Duration::from_secs(1);
        let mut sampler = Sampler::new(start);
        for seconds in 1..6 {
            assert_eq!(sampler.look(at(seconds), second, &part(Health::Healthy)), []);
        }
        for seconds in 6..10 {
            assert_eq!(sampler.look(at(seconds), second, &part(Health::Unhealthy)), []);
        }
        // The process was stopped for a minute: nobody looked.
        let over = sampler.look(at(70), second * 60, &part(Health::Healthy));
        let tally = Tally { healthy_ms: 5000, degraded_ms: 0, unhealthy_ms: 4000 };
        assert_eq!(over, [Bucket { check: "redis".to_owned(), starts_at: start, tally }]);
        let over = sampler.look(at(80), second, &part(Health::Healthy));
        assert_eq!(over[0].starts_at, at(70));
        assert_eq!(over[0].tally, Tally { healthy_ms: 3000, ..Tally::default() });
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        let bucket = |second: i64| Bucket {
            check: "redis".to_owned(),
            starts_at: DateTime::from_timestamp(second, 0).expect("a time"),
            tally: Tally::default(),
        };
        waiting.add((0..100_000).map(bucket));
        assert_eq!(waiting.samples.len(), MOST_SAMPLES);
        assert_eq!(waiting.samples.back().map(|last| last.starts_at.timestamp()), Some(99_999));
    }
}
