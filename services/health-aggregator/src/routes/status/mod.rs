//! `/api/status`: public, and says nothing of where things run.

pub mod badge;
pub mod incidents;
pub mod read;

use std::time::Duration;

/// A length of time in milliseconds, to the microsecond.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// A share as a percentage, rounded down to a thousandth: only what never failed is 100.
pub fn percent(share: f64) -> f64 {
    (share * 100_000.0).floor() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_flatter() {
        assert!((milliseconds(Duration::from_nanos(1_234_567)) - 1.235).abs() < f64::EPSILON);
        assert!((percent(0.999_999_9) - 99.999).abs() < f64::EPSILON);
        assert!((percent(1.0) - 100.0).abs() < f64::EPSILON);
        assert!(percent(0.0).abs() < f64::EPSILON);
    }
}
