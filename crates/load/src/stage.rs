//! One rate, kept for a while, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::footprint::{self, Footprint};
use crate::mix::{End, Kind, Mix};

/// How quick reads must be for a rate to be held, at the 99th percentile.
const QUICK_READ: Duration = Duration::from_millis(500);
/// The same of proposals and votes.
const QUICK_WRITE: Duration = Duration::from_secs(1);
/// Which share of requests may fail or be turned away for a rate to be held.
const LOST: f64 = 0.001;
/// How many may be on their way at once: beyond, the generator would measure itself.
const IN_FLIGHT: usize = 20_000;
/// For so many seconds on end answers must be quick for the product to have recovered.
const STEADY: usize = 5;
/// Answers this quick are quick, whatever they were before.
const ALWAYS_QUICK: Duration = Duration::from_millis(100);
/// How often the footprint is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// One request.
struct Sample {
    /// When it was due, since the stage began.
    due: Duration,
    kind: Kind,
    end: End,
    /// From when it was due until it was answered.
    took: Duration,
}

/// What came of one rate.
#[derive(Serialize)]
pub struct Stage {
    /// What it was for.
    pub name: &'static str,
    /// Requests per second that came.
    pub rate: f64,
    /// For how long, in seconds.
    pub seconds: f64,
    /// Each kind.
    pub kinds: BTreeMap<Kind, Figures>,
    /// How often each answer came.
    pub answers: BTreeMap<String, usize>,
    /// How long events took to whoever listened, in milliseconds.
    pub events: Percentiles,
    /// What the product held of the machine, from time to time.
    pub footprints: Vec<Footprint>,
    #[serde(skip)]
    samples: Vec<Sample>,
}

/// What came of one kind of request.
#[derive(Serialize)]
pub struct Figures {
    /// How many came.
    pub count: usize,
    /// How many were turned away with 429 or 503.
    pub shed: usize,
    /// How many failed otherwise.
    pub failed: usize,
    /// How long those took that were done, from when they were due, in milliseconds.
    pub took: Percentiles,
}

/// Of a distribution, in milliseconds.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Percentiles {
    /// How many there are.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// The 95th.
    pub p95: f64,
    /// The 99th.
    pub p99: f64,
    /// The most.
    pub max: f64,
}

impl Percentiles {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        // In microseconds, to three digits, up to an hour.
        #[expect(clippy::expect_used, reason = "these are bounds that it takes")]
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).expect("bounds");
        for time in times {
            histogram.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
        #[expect(clippy::cast_precision_loss, reason = "of three digits")]
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Self { count: histogram.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }
}

/// Whether a rate is held.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All was quick and done.
    Held,
    /// Why not.
    NotHeld(String),
}

/// Sends requests at a rate for a while, and waits for the last answer.
pub async fn run(mix: &Arc<Mix>, name: &'static str, rate: f64, duration: Duration) -> anyhow::Result<Stage> {
    mix.take_heard();
    let watching = footprint::watch(&mix.runtime, LOOK);
    let began = Instant::now();
    let (mut requests, mut samples) = (JoinSet::new(), Vec::new());
    let mut due = Duration::ZERO;
    loop {
        let (gap, kind) = mix.next(rate);
        due += gap;
        if due >= duration {
            break;
        }
        tokio::time::sleep_until(began + due).await;
        anyhow::ensure!(requests.len() < IN_FLIGHT, "{IN_FLIGHT} requests are on their way: nothing is answered");
        let mix = mix.clone();
        requests.spawn(async move {
            let (kind, end) = mix.perform(kind).await;
            Sample { due, kind, end, took: began.elapsed().saturating_sub(due) }
        });
        while let Some(sample) = requests.try_join_next() {
            samples.push(sample?);
        }
    }
    while let Some(sample) = requests.join_next().await {
        samples.push(sample?);
    }
    let footprints = watching.stop().await?;
    let stage = Stage::of(name, rate, duration, samples, mix.take_heard(), footprints);
    crate::report::tell(&stage);
    Ok(stage)
}

impl Stage {
    fn of(
        name: &'static str,
        rate: f64,
        duration: Duration,
        samples: Vec<Sample>,
        heard: Vec<Duration>,
        footprints: Vec<Footprint>,
    ) -> Self {
        let mut answers = BTreeMap::new();
        let mut by_kind = BTreeMap::<_, Vec<&Sample>>::new();
        for sample in &samples {
            *answers.entry(sample.end.name()).or_default() += 1;
            by_kind.entry(sample.kind).or_default().push(sample);
        }
        let kinds = by_kind.into_iter().map(|(kind, samples)| {
            let done = samples.iter().filter(|sample| sample.end.is_done());
            let shed = samples.iter().filter(|sample| sample.end.is_shed()).count();
            let took = Percentiles::of(done.clone().map(|sample| sample.took));
            (kind, Figures { count: samples.len(), shed, failed: samples.len() - shed - done.count(), took })
        });
        let (kinds, events) = (kinds.collect(), Percentiles::of(heard.into_iter()));
        Self { name, rate, seconds: duration.as_secs_f64(), kinds, answers, events, footprints, samples }
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// How many were turned away.
    pub fn shed(&self) -> usize {
        self.kinds.values().map(|figures| figures.shed).sum()
    }

    /// How many failed otherwise.
    pub fn failed(&self) -> usize {
        self.kinds.values().map(|figures| figures.failed).sum()
    }

    /// Whether the rate is held.
    pub fn verdict(&self) -> Verdict {
        let lost = self.shed() + self.failed();
        #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
        if lost as f64 > LOST * self.count() as f64 {
            return Verdict::NotHeld(format!("{lost} of {} were not done", self.count()));
        }
        for (kind, figures) in &self.kinds {
            let limit = match kind {
                // A password is to take its time.
                Kind::LogIn => continue,
                kind if kind.is_read() => QUICK_READ,
                _ => QUICK_WRITE,
            };
            if figures.took.p99 > limit.as_secs_f64() * 1000.0 {
                return Verdict::NotHeld(format!("{}: {:.0} ms at the 99th percentile", kind.name(), figures.took.p99));
            }
        }
        Verdict::Held
    }

    /// The 99th percentile of all reads.
    pub fn p99_of_reads(&self) -> Duration {
        let reads = self.samples.iter().filter(|sample| sample.kind.is_read() && sample.end.is_done());
        Duration::from_secs_f64(Percentiles::of(reads.map(|sample| sample.took)).p99 / 1000.0)
    }

    /// How many seconds after the last request was due the last one was answered.
    pub fn answered_after(&self) -> usize {
        let last = self.samples.iter().map(|sample| sample.due + sample.took).max().unwrap_or_default();
        let beyond = last.saturating_sub(Duration::from_secs_f64(self.seconds));
        usize::try_from(beyond.as_secs()).unwrap_or(usize::MAX) + usize::from(beyond.subsec_nanos() > 0)
    }

    /// After how many seconds answers are as quick as usual again (to a factor of two) and stay so; none when they don't
    /// become so.
    pub fn quick_again_after(&self, usual: Duration) -> Option<usize> {
        let limit = (2 * usual).max(ALWAYS_QUICK);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a stage")]
        let seconds = self.seconds as usize;
        let is_good: Vec<bool> = (0..seconds)
            .map(|second| {
                let of = |sample: &&Sample| usize::try_from(sample.due.as_secs()) == Ok(second);
                let of: Vec<&Sample> = self.samples.iter().filter(of).collect();
                let reads = of.iter().filter(|sample| sample.kind.is_read());
                of.iter().all(|sample| sample.end.is_done())
                    && Percentiles::of(reads.map(|sample| sample.took)).p95 <= limit.as_secs_f64() * 1000.0
            })
            .collect();
        is_good.windows(STEADY).position(|window| window.iter().all(|good| *good))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn sample(due: u64, end: u16, took: u64) -> Sample {
        let end = StatusCode::from_u16(end).map_or(End::Unanswered, End::Answered);
        Sample { due: Duration::from_secs(due), kind: Kind::List, end, took: Duration::from_millis(took) }
    }

    fn stage(samples: Vec<Sample>) -> Stage {
        Stage::of("test", 1.0, Duration::from_secs(20), samples, Vec::new(), Vec::new())
    }

    #[test]
    fn a_rate_is_held_when_all_is_quick_and_done() {
        assert_eq!(stage(vec![sample(0, 200, 499)]).verdict(), Verdict::Held);
        assert!(matches!(stage(vec![sample(0, 200, 501)]).verdict(), Verdict::NotHeld(_)));
        assert!(matches!(stage(vec![sample(0, 200, 1), sample(0, 429, 1)]).verdict(), Verdict::NotHeld(_)));
        assert!(matches!(stage(vec![sample(0, 200, 1), sample(0, 0, 1)]).verdict(), Verdict::NotHeld(_)));
    }

    #[test]
    fn recovery_is_when_answers_stay_quick() {
        let slow_until =
            |end: u64| (0..20).map(move |at| sample(at, 200, if at < end || at == end + 2 { 900 } else { 20 }));
        assert_eq!(stage(slow_until(4).collect()).quick_again_after(Duration::from_millis(30)), Some(7));
        assert_eq!(stage(slow_until(20).collect()).quick_again_after(Duration::from_millis(30)), None);
        let refused = (0..20).map(|at| sample(at, if at == 3 { 503 } else { 200 }, 20));
        assert_eq!(stage(refused.collect()).quick_again_after(Duration::from_millis(30)), Some(4));
    }

    #[test]
    fn who_waits_longest_says_when_all_are_answered() {
        assert_eq!(stage(vec![sample(19, 200, 900), sample(3, 200, 40)]).answered_after(), 0);
        assert_eq!(stage(vec![sample(19, 200, 900), sample(18, 503, 4500)]).answered_after(), 3);
    }

    #[test]
    fn what_is_turned_away_is_not_what_fails() {
        let stage =
            stage(vec![sample(0, 429, 1), sample(0, 503, 1), sample(0, 500, 1), sample(0, 0, 1), sample(0, 201, 1)]);
        assert_eq!((stage.count(), stage.shed(), stage.failed()), (5, 2, 2));
        assert_eq!(stage.answers["no answer"], 1);
    }
}
