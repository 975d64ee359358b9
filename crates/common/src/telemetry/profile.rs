//! CPU profiles of the running process, in the format of pprof.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::ProfilerGuardBuilder;
use pprof::protos::Message;

/// How often a second of CPU time the stacks are looked at. Not a round number: nothing else keeps step with it.
const FREQUENCY: i32 = 99;
/// Unwinding stacks inside of these may deadlock.
const NOT_LOOKED_INTO: [&str; 4] = ["libc", "libgcc", "pthread", "vdso"];

/// The library's profiler is one for the whole process.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// One is being taken.
    #[error("a profile of this process is being taken already")]
    Busy,
    /// The library failed.
    #[error("the profiler failed: {0}")]
    Profiler(#[from] pprof::Error),
    /// It can't be written down.
    #[error("the profile can't be encoded: {0}")]
    Encoding(Box<dyn std::error::Error + Send + Sync>),
}

/// Watches for this time what the process does, and tells it as a gzipped `profile.proto`, as `go tool pprof` reads it.
///
/// A process that only waits gives a profile without samples: CPU time is what is looked at.
pub async fn take(time: Duration) -> Result<Vec<u8>, ProfileError> {
    if BUSY.swap(true, Ordering::AcqRel) {
        return Err(ProfileError::Busy);
    }
    let _busy = Busy;
    let profiler = ProfilerGuardBuilder::default().frequency(FREQUENCY).blocklist(&NOT_LOOKED_INTO).build()?;
    tokio::time::sleep(time).await;
    // To find the names of functions takes a while.
    let encoded = tokio::task::spawn_blocking(move || {
        let profile = profiler.report().build()?.pprof()?;
        drop(profiler);
        let bytes = profile.write_to_bytes().map_err(|error| ProfileError::Encoding(error.into()))?;
        let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
        zipped.write_all(&bytes).and_then(|()| zipped.finish()).map_err(|error| ProfileError::Encoding(error.into()))
    });
    encoded.await.map_err(|error| ProfileError::Encoding(error.into()))?
}

struct Busy;

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use pprof::protos::Profile;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_profile_shows_what_a_busy_process_does_and_there_is_one_at_a_time() {
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let work = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let mut sum = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    sum = std::hint::black_box((0..1000_u64).fold(sum, u64::wrapping_add));
                }
            }
        });
        let first = tokio::spawn(take(Duration::from_secs(2)));
        while !BUSY.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        assert!(matches!(take(Duration::from_secs(1)).await, Err(ProfileError::Busy)));
        let zipped = first.await.expect("runs").expect("a profile");
        stop.store(true, Ordering::Relaxed);
        work.join().expect("ends");

        let mut bytes = Vec::new();
        GzDecoder::new(zipped.as_slice()).read_to_end(&mut bytes).expect("gzip");
        let profile = Profile::parse_from_bytes(&bytes).expect("a profile");
        assert!(!profile.sample.is_empty());
        assert!(profile.string_table.iter().any(|name| name.contains("a_profile_shows")), "no name of ours");
        assert!(take(Duration::from_millis(10)).await.is_ok(), "the next one may be taken");
    }
}
