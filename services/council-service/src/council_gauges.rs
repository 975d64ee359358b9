//! How councils are doing, as metrics.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::metrics::MOST_VALUES;
use common::telemetry::chain;
use database::Pool;
use database::governance::health::{self, Figures};
use governance::council_health::{Days, Spread};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tokio_util::sync::CancellationToken;

/// How often the figures are renewed: a scrape shows the last ones and asks nothing.
const RENEW: Duration = Duration::from_mins(1);
/// How far back they look, in days; the endpoint looks further.
const DAYS: i64 = 30;
/// How many of each council's newest reviews they are made of, so that they cost the same however many there are.
const NEWEST: usize = 500;

/// What a gauge shows of a council, if there is anything to show.
type Reading = fn(&Figures) -> Option<f64>;

/// The gauges: what they are called, what they say, and where that is read.
const GAUGES: [(&str, &str, Reading); 5] = [
    (
        "council_time_to_quorum_seconds",
        "Time from a review's opening to the vote that could decide it, in seconds: the median of 30 days",
        |figures| figures.health.seconds_to_quorum.map(|Spread { median, .. }| number(median)),
    ),
    ("council_participation_ratio", "Votes of seats as a share of the seats that could vote, in 30 days", |figures| {
        figures.health.participation
    }),
    (
        "council_rubber_stamp_ratio",
        "Approvals within ten seconds of a review's opening as a share of all, in 30 days",
        |figures| figures.health.rubber_stamp_ratio,
    ),
    ("council_open_reviews", "Reviews that are open", |figures| Some(number(figures.open))),
    (
        "council_absent_operators",
        "Operators who voted in none of the last five reviews in which they could",
        |figures| i64::try_from(figures.absent).ok().map(number),
    ),
];

/// The last figures of every council. Cheap to clone.
#[derive(Clone, Default)]
pub struct CouncilGauges(Arc<Mutex<Vec<Figures>>>);

impl CouncilGauges {
    /// Makes the gauges. Of more councils than a label may have values, the first by name are shown.
    pub fn new(meter: &Meter) -> Self {
        let gauges = Self::default();
        for (name, description, read) in GAUGES {
            let shown = gauges.clone();
            meter
                .f64_observable_gauge(name)
                .with_description(description)
                .with_callback(move |gauge| {
                    for figures in shown.0.lock().unwrap_or_else(PoisonError::into_inner).iter().take(MOST_VALUES) {
                        if let Some(value) = read(figures) {
                            gauge.observe(value, &[KeyValue::new("council", figures.council_id.to_string())]);
                        }
                    }
                })
                .build();
        }
        gauges
    }

    /// Renews the figures until it is stopped.
    pub async fn run(self, pool: Pool, stop: CancellationToken) {
        let renewing = async {
            loop {
                if let Err(error) = self.renew(&pool).await {
                    tracing::warn!(error = chain(&error), "the figures of councils are older than a minute now");
                }
                tokio::time::sleep(RENEW).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = renewing => {}
        }
    }

    async fn renew(&self, pool: &Pool) -> database::Result<()> {
        let days = Days::try_from(DAYS).unwrap_or_default();
        let figures = health::figures(&mut *pool.get().await?, days, NEWEST).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = figures;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a month, and counts")]
const fn number(value: i64) -> f64 {
    value as f64
}
