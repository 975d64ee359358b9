//! Writes what runs did, as many at a time as have something to write: a commit costs the same for one as for hundreds.

use std::sync::Arc;
use std::time::Duration;

use common::telemetry::chain;
use database::execution::{Change, write};
use database::{Error, Pool, Result};
use tokio::sync::{Mutex, mpsc, oneshot};

/// How many are written at a time.
const BATCH: usize = 256;
/// How many batches are written at a time: while one waits for the disk, the next is on its way.
const WRITERS: usize = 2;
/// How many may wait to be written; runs beyond that wait.
const WAITING: usize = 1024;
/// When a write is given up: the database may hang.
const LIMIT: Duration = Duration::from_secs(15);
/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(200);

type Job = (Change, oneshot::Sender<Result<bool>>);

/// Where runs write. Cheap to clone.
#[derive(Clone)]
pub struct Journal(mpsc::Sender<Job>);

impl Journal {
    /// Makes one, with the tasks that write; they end with the last copy of it.
    pub fn new(pool: &Pool) -> (Self, [impl Future<Output = ()> + use<>; WRITERS]) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        (Self(sender), std::array::from_fn(|_| run(pool.clone(), receiver.clone())))
    }

    /// Writes a change; returns when it is committed. Fails with `LeaseLost` when the fence is no longer in force.
    pub async fn write(&self, change: Change) -> Result<()> {
        let stopped = || Error::Unavailable("the journal is closed".to_owned());
        let (reply, written) = oneshot::channel();
        self.0.send((change, reply)).await.map_err(|_| stopped())?;
        if written.await.map_err(|_| stopped())?? { Ok(()) } else { Err(Error::LeaseLost) }
    }
}

async fn run(pool: Pool, receiver: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut jobs = Vec::with_capacity(BATCH);
    while receiver.lock().await.recv_many(&mut jobs, BATCH).await > 0 {
        let (changes, replies): (Vec<Change>, Vec<_>) = jobs.drain(..).unzip();
        match write_in_time(&pool, &changes).await {
            Ok(written) => {
                for (reply, written) in replies.into_iter().zip(written) {
                    // Nobody waits any more: the run has lost its lease.
                    let _ = reply.send(Ok(written));
                }
            }
            // One of them may be what can't be written: it shall not keep the others from it.
            Err(Error::Query(_)) if changes.len() > 1 => {
                for (change, reply) in changes.into_iter().zip(replies) {
                    let written = write_in_time(&pool, &[change]).await;
                    let _ = reply.send(written.map(|written| written == [true]));
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(Error::Unavailable(error.to_string())));
                }
            }
        }
    }
}

/// Writes. Waits for a connection as long as it takes, for until then nothing has been sent: whoever loses its lease
/// meanwhile waits no longer.
async fn write_in_time(pool: &Pool, changes: &[Change]) -> Result<Vec<bool>> {
    let mut connection = loop {
        match pool.get().await {
            Ok(connection) => break connection,
            Err(error) => tracing::warn!(error = chain(&error), "what runs did can't be written now"),
        }
        tokio::time::sleep(PAUSE).await;
    };
    let hangs = |_| Error::Unavailable(format!("no answer in {} s", LIMIT.as_secs()));
    tokio::time::timeout(LIMIT, write(&mut connection, changes)).await.map_err(hangs)?
}
