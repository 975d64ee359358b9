//! When requests are due.

use std::time::Duration;

use rand::{Rng, RngExt};

/// The gap to the next arrival of a Poisson process: exponentially distributed around `1 / rate`, by inversion.
pub fn gap(random: &mut impl Rng, rate: f64) -> Duration {
    // 1 - u is in (0, 1]: its logarithm is finite.
    let u: f64 = random.random();
    Duration::from_secs_f64(-(1.0 - u).ln() / rate)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn arrivals_come_at_their_rate_and_without_memory() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        let gaps: Vec<f64> = (0..100_000).map(|_| gap(&mut random, 50.0).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / 100_000.0;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / 100_000.0;
        assert!((mean - 0.02).abs() < 0.000_5, "{mean}");
        // Of an exponential distribution, the deviation is the mean.
        assert!((variance.sqrt() - 0.02).abs() < 0.001, "{variance}");
    }
}
