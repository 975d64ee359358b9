//! How long to wait before another attempt.

use std::time::Duration;

/// No pause is longer.
const LONGEST: Duration = Duration::from_mins(5);

/// The pause after the attempt of this number (from 1): `base`, doubled each time, of which a random half is taken off so that
/// failures that came together do not come back together. What the other side asked for is obeyed when it is longer.
pub fn delay(base: Duration, attempt: u32, random: f64, asked: Option<Duration>) -> Duration {
    let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST);
    let jittered = doubled.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0);
    jittered.max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_pause_is_twice_the_last_up_to_five_minutes() {
        let base = Duration::from_secs(1);
        let pauses: Vec<_> = (1..=11).map(|attempt| delay(base, attempt, 0.0, None).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(delay(base, 1, 0.0, Some(Duration::from_secs(7))).as_secs(), 7);
    }

    proptest! {
        #[test]
        fn a_pause_is_between_half_and_whole(attempt in 1_u32..100, random in 0.0..=1.0_f64) {
            let whole = delay(Duration::from_secs(1), attempt, 0.0, None);
            let pause = delay(Duration::from_secs(1), attempt, random, None);
            prop_assert!(whole / 2 <= pause && pause <= whole);
        }
    }
}
