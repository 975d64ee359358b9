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

/// The pauses between the attempts at a webhook: those that Standard Webhooks suggests, three days in all.
const WEBHOOK_PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The pause after the attempt of this number (from 1) at a webhook, or none when it was the last. Up to a tenth is put
/// on top at random; what the receiver asked for is obeyed when it is longer, up to the longest pause.
pub fn webhook_delay(attempt: u32, random: f64, asked: Option<Duration>) -> Option<Duration> {
    let last = WEBHOOK_PAUSES.len() - 1;
    let pause = WEBHOOK_PAUSES.get(usize::try_from(attempt.saturating_sub(1)).ok()?)?;
    let jittered = pause.mul_f64(1.0 + random.clamp(0.0, 1.0) / 10.0);
    Some(jittered.max(asked.unwrap_or_default().min(WEBHOOK_PAUSES[last])))
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

    #[test]
    fn a_webhook_is_tried_ten_times_in_three_days() {
        let pauses: Vec<_> = (1..=11).map(|attempt| webhook_delay(attempt, 0.0, None)).collect();
        let seconds: Vec<_> = pauses.iter().flatten().map(Duration::as_secs).collect();
        assert_eq!(seconds, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(pauses[9..], [None, None]);
        assert_eq!(webhook_delay(1, 1.0, None), Some(Duration::from_millis(5500)));
        assert_eq!(webhook_delay(1, 0.0, Some(Duration::from_mins(1))), Some(Duration::from_mins(1)));
        assert_eq!(webhook_delay(1, 0.0, Some(Duration::MAX)), Some(Duration::from_hours(24)));
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
