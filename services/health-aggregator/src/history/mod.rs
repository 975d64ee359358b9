//! How the parts have been: samples every second, written every few seconds by one aggregator of all, and read back for who
//! asks.
//!
//! While PostgreSQL is down, what was measured waits in memory, and is written with its true times afterwards.

mod recorder;
mod samples;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use database::Pool;
use database::health::buckets::{Bucket, Resolution, Tally};
use database::health::history;
use database::health::incidents::{self, Impact, Incident};
use secrecy::SecretString;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::incidents::Tracker;
use crate::probe::{Part, Prober};
use samples::Waiting;

/// The name of the whole among the parts.
pub const OVERALL: &str = "overall";
/// How many days are shown.
pub const DAYS: usize = 90;
/// How often incidents are read.
const INCIDENTS: Duration = Duration::from_secs(2);
/// How often sums over time are read.
const SUMS: Duration = Duration::from_secs(15);
/// How long reading may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The share of time in which a part worked, of the time in which somebody looked; none when nobody did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Uptime {
    /// In the last 24 hours.
    pub day: Option<f64>,
    /// In the last 7 days.
    pub week: Option<f64>,
    /// In the last 30 days.
    pub month: Option<f64>,
    /// In the last 90 days.
    pub quarter: Option<f64>,
}

/// What is known of the time before now.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// How much each part worked, by its name.
    pub uptimes: BTreeMap<String, Uptime>,
    /// How each part was on each day, by its name.
    pub days: BTreeMap<String, BTreeMap<DateTime<Utc>, Tally>>,
    /// The incidents that are open, and those of the last 30 days; the newest first.
    pub incidents: Vec<Incident>,
    /// When all of this was read; none when it never was.
    pub read_at: Option<DateTime<Utc>>,
}

/// A time in which a part is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenIncident {
    /// Which part.
    pub check: String,
    /// How bad it became.
    pub impact: Impact,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// What an operator says about it.
    pub note: Option<String>,
}

impl From<Incident> for OpenIncident {
    fn from(incident: Incident) -> Self {
        let Incident { check, impact, opened_at, note, .. } = incident;
        Self { check, impact, opened_at, note }
    }
}

/// How the parts have been. Cheap to clone.
#[derive(Clone)]
pub struct History {
    pool: Pool,
    url: SecretString,
    prober: Prober,
    record: Arc<Mutex<Arc<Record>>>,
    waiting: Arc<Mutex<Waiting>>,
    tracker: Arc<Mutex<Tracker>>,
}

impl History {
    /// Prepares to sample; [`Self::run`] does it. Writing takes a connection of its own to the database at `url`.
    pub fn new(pool: Pool, url: SecretString, prober: Prober) -> Self {
        Self {
            pool,
            url,
            prober,
            record: Arc::default(),
            waiting: Arc::default(),
            tracker: Arc::new(Mutex::new(Tracker::new(Utc::now()))),
        }
    }

    /// Samples, writes and reads until it is told to stop; then writes what is left, if it can at once.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(
            stop.run_until_cancelled(samples::take(&self)),
            recorder::run(&self, &stop),
            stop.run_until_cancelled(self.keep_reading_incidents()),
            stop.run_until_cancelled(self.keep_reading_sums()),
        );
    }

    /// What is known of the time before now: read some seconds ago, and older while PostgreSQL is down.
    pub fn record(&self) -> Arc<Record> {
        lock(&self.record).clone()
    }

    /// The incidents that are open now: those on record, and those that could not be written yet.
    pub fn open_incidents(&self) -> Vec<OpenIncident> {
        let record = self.record();
        let on_record = record.incidents.iter().filter(|incident| incident.closed_at.is_none()).cloned();
        let mut open: Vec<OpenIncident> = on_record.map(OpenIncident::from).collect();
        for (part, impact, opened_at) in lock(&self.tracker).open() {
            if open.iter().all(|incident| incident.check != part.as_str()) {
                open.push(OpenIncident { check: part.to_string(), impact, opened_at, note: None });
            }
        }
        open
    }

    async fn keep_reading_incidents(&self) {
        loop {
            if let Ok(Ok(incidents)) = tokio::time::timeout(PATIENCE, self.read_incidents()).await {
                self.keep(|record| record.incidents = incidents);
            }
            tokio::time::sleep(INCIDENTS).await;
        }
    }

    async fn read_incidents(&self) -> database::Result<Vec<Incident>> {
        incidents::recent(&mut *self.pool.get().await?, Utc::now() - TimeDelta::days(30)).await
    }

    async fn keep_reading_sums(&self) {
        loop {
            let read = tokio::time::timeout(PATIENCE, self.read_sums(Utc::now())).await;
            match read {
                Ok(Ok(Sums { uptimes, days, read_at })) => self.keep(|record| {
                    (record.uptimes, record.days, record.read_at) = (uptimes, days, Some(read_at));
                }),
                Ok(Err(error)) => tracing::debug!("the history can't be read now: {error}"),
                Err(_) => tracing::debug!("the history can't be read now: no answer"),
            }
            // Who has just started knows nothing yet.
            let pause = if self.record().read_at.is_some() { SUMS } else { Duration::from_secs(1) };
            tokio::time::sleep(pause).await;
        }
    }

    async fn read_sums(&self, now: DateTime<Utc>) -> database::Result<Sums> {
        let mut connection = self.pool.get().await?;
        let mut uptimes: BTreeMap<String, Uptime> = BTreeMap::new();
        for days in [1, 7, 30, 90] {
            for (check, tally) in history::since(&mut connection, now, TimeDelta::days(days)).await? {
                let uptime = uptimes.entry(check).or_default();
                let span = match days {
                    1 => &mut uptime.day,
                    7 => &mut uptime.week,
                    30 => &mut uptime.month,
                    _ => &mut uptime.quarter,
                };
                *span = tally.uptime();
            }
        }
        let mut days: BTreeMap<String, BTreeMap<DateTime<Utc>, Tally>> = BTreeMap::new();
        for Bucket { check, starts_at, tally } in history::days(&mut connection, first_day(now)).await? {
            days.entry(check).or_default().insert(starts_at, tally);
        }
        Ok(Sums { uptimes, days, read_at: now })
    }

    fn keep(&self, change: impl FnOnce(&mut Record)) {
        change(Arc::make_mut(&mut *lock(&self.record)));
    }
}

/// What was read of the spans of time.
struct Sums {
    uptimes: BTreeMap<String, Uptime>,
    days: BTreeMap<String, BTreeMap<DateTime<Utc>, Tally>>,
    read_at: DateTime<Utc>,
}

/// The first of the days that are shown.
pub fn first_day(now: DateTime<Utc>) -> DateTime<Utc> {
    let before_today = TimeDelta::days(i64::try_from(DAYS - 1).unwrap_or(0));
    Resolution::Day.start_of(now) - before_today
}

/// What a part is called in the history.
pub fn title(check: &str) -> &str {
    match check.parse::<Part>() {
        Ok(part) => part.title(),
        Err(_) => check,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds it leaves a half-written value behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
