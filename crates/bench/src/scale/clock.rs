//! How long things take.

use std::fmt;
use std::time::{Duration, Instant};

use database::{Connection, connect};

/// Each thing is done for so long, or so often, and at least three times.
const TIME: Duration = Duration::from_secs(4);
const TIMES: usize = 200;
const WARM_UP: usize = 3;

/// What came of a measurement.
pub struct Found {
    /// What was measured.
    pub name: String,
    /// What came out, for people.
    pub shown: String,
    /// The same as a number, which the limit is for.
    pub value: f64,
    /// What it should be.
    pub limit: Option<Limit>,
}

/// What something should be.
#[derive(Clone, Copy)]
pub enum Limit {
    /// So many milliseconds or fewer, at the 99th percentile.
    Milliseconds(f64),
    /// So many a second or more.
    PerSecond(f64),
}

impl Limit {
    /// Whether it is.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::Milliseconds(most) => value <= most,
            Self::PerSecond(least) => value >= least,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Milliseconds(most) => write!(f, "≤ {most} ms"),
            Self::PerSecond(least) => write!(f, "≥ {least}/s"),
        }
    }
}

/// Times what a role does.
pub struct Clock {
    connection: Connection,
    /// What was found so far.
    pub found: Vec<Found>,
}

impl Clock {
    /// Connects.
    pub async fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self { connection: connect(&url.to_owned().into()).await?, found: Vec::new() })
    }

    /// Does something again and again, with the number of the time, and keeps the median and the 99th percentile.
    pub async fn time<T>(
        &mut self,
        name: &str,
        limit: Limit,
        mut act: impl AsyncFnMut(&mut Connection, usize) -> database::Result<T>,
    ) -> anyhow::Result<()> {
        let (began, mut times) = (Instant::now(), Vec::new());
        for round in 0..TIMES {
            let this = Instant::now();
            act(&mut self.connection, round).await?;
            let took = this.elapsed().as_secs_f64() * 1e3;
            let is_slow = began.elapsed() > TIME;
            if round >= WARM_UP || is_slow {
                times.push(took);
            }
            if is_slow && times.len() >= 3 {
                break;
            }
        }
        self.found.push(found_in(name, times, limit));
        Ok(())
    }
}

/// The median and the 99th percentile of times in milliseconds, of which the second is what the limit is for.
pub fn found_in(name: &str, mut times: Vec<f64>, limit: Limit) -> Found {
    times.sort_by(f64::total_cmp);
    let (median, slowest) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let digits = |value: f64| usize::from(value < 10.0);
    found(name, format!("{median:.0$}, {slowest:.1$} ms", digits(median), digits(slowest)), slowest, Some(limit))
}

/// Seconds since then.
pub fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

/// A duration or a rate as a figure of its own.
pub fn found(name: impl Into<String>, shown: String, value: f64, limit: Option<Limit>) -> Found {
    let name = name.into();
    eprintln!("  {name}: {shown}");
    Found { name, shown, value, limit }
}

/// As a number that can be divided.
#[expect(clippy::cast_precision_loss, reason = "bytes and rows of one machine")]
pub const fn number(value: i64) -> f64 {
    value as f64
}

/// Bytes in 10^9.
pub fn gigabytes(bytes: i64) -> f64 {
    number(bytes) / 1e9
}
