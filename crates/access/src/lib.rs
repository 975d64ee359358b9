#![doc = include_str!("../README.md")]

mod keys;

pub use keys::KeySettings;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::web;
use chrono::Utc;
use common::revocations::Revocation;
use common::server::Check;
use common::telemetry::chain;
use common::tokens::Ring;
use common::verifier::{FetchKeys, Verifier};
use database::Pool;
use database::identity::revocations::{self, Since};
use queue::{Queue, RevocationStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the database is asked for new revocations.
const POLL: Duration = Duration::from_millis(500);
/// How long a read of the stream waits for something new.
const STREAM_WAIT: Duration = Duration::from_secs(1);
/// After so long without the database, all revocations are loaded again and not only the newest.
const RELOAD_AFTER: Duration = Duration::from_mins(1);
/// How often keys are fetched again without a cause, so that a key that was taken away is forgotten; and how often
/// revocations are forgotten that no token can be meant by any more.
const TIDY: Duration = Duration::from_mins(1);

/// A verifier of tokens and what keeps it current. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    /// Checks tokens.
    pub verifier: web::Data<Verifier>,
    pool: Pool,
    queue: Queue,
    /// The last revocation that this instance has told others of.
    told: Arc<AtomicI64>,
}

impl Access {
    /// Prepares a verifier that starts with these keys and gets newer ones with `fetch`.
    pub fn new(ring: Ring, fetch: FetchKeys, pool: Pool, queue: Queue) -> Self {
        Self { verifier: web::Data::new(Verifier::new(ring, fetch)), pool, queue, told: Arc::default() }
    }

    /// Takes in every revocation, so that the first request finds a verifier that knows. A failure is made good later;
    /// until then nobody is believed.
    pub async fn catch_up(&self) {
        if let Err(reason) = self.load(Since::Ever).await {
            tracing::warn!("no token is believed before revocations are known: {reason}");
        }
    }

    /// Whether tokens can be checked, as one of the checks that make a service ready.
    pub fn readiness(&self) -> Check {
        let verifier = self.verifier.clone();
        Arc::new(move || {
            let known = verifier.revocations.are_known();
            Box::pin(std::future::ready(if known { Ok(()) } else { Err("revocations are not known".to_owned()) }))
        })
    }

    /// Tells everybody of revocations that were just committed, this instance first. What fails here is made good by
    /// every instance's next look into the database.
    pub async fn spread(&self) {
        let telling = async {
            let lately = self.load(Since::Lately).await?;
            let last = lately.last().map_or(0, |revocation| revocation.id);
            // Each is told once. One of a transaction that ended out of turn is left to everybody's next look.
            let told = self.told.fetch_max(last, Ordering::Relaxed);
            let news: Vec<_> = lately.into_iter().filter(|revocation| revocation.id > told).collect();
            self.queue.publish_revocations(&payloads(&news)).await.map_err(|error| error.to_string())
        };
        if let Err(reason) = telling.await {
            tracing::warn!("revocations spread slower now: {reason}");
        }
    }

    /// Keeps the verifier current until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.poll() => {}
            () = self.follow() => {}
            () = self.tidy() => {}
        }
    }

    /// Takes in what the database has, and confirms that nothing is missing.
    async fn load(&self, since: Since) -> Result<Vec<Revocation>, String> {
        let mut connection = self.pool.get().await.map_err(|error| error.to_string())?;
        let found = revocations::load(&mut connection, since).await.map_err(|error| error.to_string())?;
        self.verifier.revocations.add(&found);
        self.verifier.revocations.confirm();
        Ok(found)
    }

    async fn poll(&self) {
        let mut complete_at: Option<Instant> = None;
        loop {
            let since = match complete_at {
                Some(at) if at.elapsed() < RELOAD_AFTER => Since::Lately,
                _ => Since::Ever,
            };
            match self.load(since).await {
                Ok(_) => complete_at = Some(Instant::now()),
                Err(reason) => tracing::warn!("revocations come from the stream alone now: {reason}"),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn follow(&self) {
        loop {
            if let Err(error) = self.follow_once().await {
                tracing::warn!(error = chain(&error), "revocations come from the database alone now");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn follow_once(&self) -> queue::Result<()> {
        let mut stream = RevocationStream::connect(&self.queue, STREAM_WAIT).await?;
        loop {
            let payloads = stream.read(STREAM_WAIT).await?;
            let revocations: Vec<Revocation> =
                payloads.iter().filter_map(|payload| serde_json::from_str(payload).ok()).collect();
            self.verifier.revocations.add(&revocations);
            self.verifier.revocations.confirm();
        }
    }

    async fn tidy(&self) {
        loop {
            tokio::time::sleep(TIDY).await;
            self.verifier.refresh_keys().await;
            self.verifier.revocations.prune(Utc::now());
        }
    }
}

fn payloads(revocations: &[Revocation]) -> Vec<String> {
    revocations.iter().filter_map(|revocation| serde_json::to_string(revocation).ok()).collect()
}

#[cfg(test)]
mod tests {
    use common::claims::{Claims, Identity};
    use common::ids::{SessionId, UserId};
    use common::revocations::Standing;
    use common::roles::Role;
    use database::DatabaseSettings;
    use queue::RedisSettings;

    use super::*;

    /// A service that is cut off from everything, the harder case.
    fn access() -> Access {
        let database = DatabaseSettings { url: "postgres://nobody@127.0.0.1:1/nothing".into(), pool_size: 1 };
        let redis: RedisSettings = "redis://127.0.0.1:1".parse().expect("a URL");
        let (pool, queue) = (Pool::new(&database).expect("a pool"), Queue::new(&redis).expect("a queue"));
        Access::new(Ring::default(), Arc::new(|| Box::pin(async { Err("cut off".to_owned()) })), pool, queue)
    }

    #[tokio::test(start_paused = true)]
    async fn a_revocation_that_no_token_can_be_meant_by_is_forgotten() {
        let access = access();
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        let claims = Claims::new(user, 0, SessionId::new(), Duration::from_hours(1));
        let revocation = Revocation {
            id: 1,
            user_id: claims.user.id,
            session_id: None,
            expires_at: Utc::now() - Duration::from_secs(1),
        };
        access.verifier.revocations.add(&[revocation]);
        assert_eq!(access.verifier.revocations.standing(&claims), Standing::Revoked);
        let stop = CancellationToken::new();
        tokio::spawn(access.clone().run(stop.clone()));
        tokio::time::sleep(TIDY + Duration::from_secs(1)).await;
        assert_eq!(access.verifier.revocations.standing(&claims), Standing::Unknown);
        stop.cancel();
    }
}
