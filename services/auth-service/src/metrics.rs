//! What this service counts beyond requests.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// What came of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// A session began.
    Succeeded,
    /// The password was right, and a code was asked for.
    SecondFactorNeeded,
    /// The credentials were wrong, or the account may not be used.
    Refused,
    /// The account or the address is locked for some time.
    Locked,
}

impl LoginOutcome {
    const ALL: [Self; 4] = [Self::Succeeded, Self::SecondFactorNeeded, Self::Refused, Self::Locked];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::SecondFactorNeeded => "second_factor_needed",
            Self::Refused => "refused",
            Self::Locked => "locked",
        }
    }
}

/// Counts logins.
pub struct LoginMetrics(Counter<u64>);

impl LoginMetrics {
    /// Makes the instrument.
    pub fn new(meter: &Meter) -> Self {
        let metrics = Self(meter.u64_counter("logins_total").with_description("Attempts to log in").build());
        // So that they are shown before there is anything to count.
        for outcome in LoginOutcome::ALL {
            metrics.add(outcome, 0);
        }
        metrics
    }

    /// Counts a login by what came of it.
    pub fn ended(&self, outcome: LoginOutcome) {
        self.add(outcome, 1);
    }

    fn add(&self, outcome: LoginOutcome, count: u64) {
        self.0.add(count, &[KeyValue::new("outcome", outcome.as_str())]);
    }
}

/// How the record's chain is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditState {
    /// Rows that wait for the sealer, and since when the oldest of them does.
    pub unsealed: Option<(u64, Option<DateTime<Utc>>)>,
    /// Whether something was found that is not as it was sealed.
    pub is_broken: bool,
    /// When the chain was last found to hold up to its end.
    pub verified_at: Option<DateTime<Utc>>,
    /// When it was last found to hold from its first link on.
    pub verified_whole_at: Option<DateTime<Utc>>,
}

/// What a gauge shows, if there is anything to show.
type Reading = fn(&AuditState) -> Option<f64>;

/// The gauges: what they are called, what they say, and where that is read.
const AUDIT_GAUGES: [(&str, &str, Reading); 5] = [
    ("audit_unsealed_rows", "Rows of the audit log that wait for the sealer", |state| {
        Some(number(i64::try_from(state.unsealed?.0).ok()?))
    }),
    (
        "audit_unsealed_age_seconds",
        "How long the oldest row of the audit log has waited for the sealer, in seconds",
        |state| {
            Some(state.unsealed?.1.map_or(0.0, |since| number((Utc::now() - since).num_milliseconds().max(0)) / 1e3))
        },
    ),
    ("audit_chain_broken", "Whether the audit log is not as it was sealed; never 1", |state| {
        Some(if state.is_broken { 1.0 } else { 0.0 })
    }),
    ("audit_verified_timestamp_seconds", "When the audit log's chain was last found to hold up to its end", |state| {
        state.verified_at.map(|at| number(at.timestamp()))
    }),
    (
        "audit_whole_verified_timestamp_seconds",
        "When the audit log's chain was last found to hold from its first link on",
        |state| state.verified_whole_at.map(|at| number(at.timestamp())),
    ),
];

/// Shows how the record's chain is. Cheap to clone.
#[derive(Clone, Default)]
pub struct AuditMetrics(Arc<Mutex<AuditState>>);

impl AuditMetrics {
    /// Makes the gauges.
    pub fn new(meter: &Meter) -> Self {
        let metrics = Self::default();
        for (name, description, read) in AUDIT_GAUGES {
            let shown = metrics.clone();
            meter
                .f64_observable_gauge(name)
                .with_description(description)
                .with_callback(move |gauge| {
                    if let Some(value) = read(&shown.0.lock().unwrap_or_else(PoisonError::into_inner)) {
                        gauge.observe(value, &[]);
                    }
                })
                .build();
        }
        metrics
    }

    /// Shows this from now on.
    pub fn set(&self, state: AuditState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

#[expect(clippy::cast_precision_loss, reason = "times and counts")]
const fn number(value: i64) -> f64 {
    value as f64
}
