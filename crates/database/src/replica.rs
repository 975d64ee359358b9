//! Reads that may be a little stale, from a replica.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::config::Env;
use common::metrics::Metrics;
use diesel::sql_types::{Bool, Double, Text};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::pool::{DatabaseSettings, Pool};

/// How often the replica is looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it may take to answer then, and how long a request waits for a connection to it before it asks the primary.
const WAIT: Duration = Duration::from_secs(1);

/// Where a replica is, and how far it may be behind.
#[derive(Clone, Debug)]
pub struct ReplicaSettings {
    /// A `postgres://` URL with the service's own role.
    pub url: SecretString,
    /// The most connections that one process holds, beside those to the primary.
    pub pool_size: usize,
    /// How far it may be behind and still be read from; a second is the least that can be told.
    pub max_lag: Duration,
}

impl ReplicaSettings {
    /// Reads `DATABASE_REPLICA_URL`, `DATABASE_REPLICA_MAX_LAG_SECONDS` and `DATABASE_POOL_SIZE`. The outer `None` is a
    /// fault, the inner one says that there is no replica.
    pub fn read(env: &mut Env) -> Option<Option<Self>> {
        let url = env.secret_if_set("DATABASE_REPLICA_URL", 1);
        let max_lag = env.seconds("DATABASE_REPLICA_MAX_LAG_SECONDS", 10);
        let (url, max_lag, pool_size) = (url?, max_lag?, env.or("DATABASE_POOL_SIZE", 10)?);
        Some(url.map(|url| Self { url, pool_size, max_lag }))
    }
}

/// Connections for reads that may be stale: to the replica while it follows closely, else to the primary. Cheap to clone.
///
/// Never for a read whose answer is the base of a write, and never for what people look at to see what they have just done.
#[derive(Clone)]
pub struct ReadPool {
    primary: Pool,
    replica: Option<Arc<Replica>>,
}

struct Replica {
    pool: Pool,
    max_lag: Duration,
    is_read_from: AtomicBool,
    /// Where the primary was when it was first asked, and when it was last asked: positions in its log.
    seen: Mutex<Option<(String, String)>>,
}

impl From<Pool> for ReadPool {
    /// Reads from the primary alone.
    fn from(primary: Pool) -> Self {
        Self { primary, replica: None }
    }
}

impl ReadPool {
    /// Reads from the primary until [`Self::run`] has found that the replica follows.
    pub fn new(primary: Pool, replica: Option<&ReplicaSettings>) -> anyhow::Result<Self> {
        let Some(settings) = replica else { return Ok(primary.into()) };
        let database = DatabaseSettings { url: settings.url.clone(), pool_size: settings.pool_size };
        let replica = Replica {
            pool: Pool::waiting(&database, WAIT)?,
            max_lag: settings.max_lag,
            is_read_from: AtomicBool::new(false),
            seen: Mutex::new(None),
        };
        Ok(Self { primary, replica: Some(Arc::new(replica)) })
    }

    /// The primary's connections, for everything else.
    pub fn primary(&self) -> &Pool {
        &self.primary
    }

    /// A connection for one read. When none to the replica can be had, it and those that come after it ask the primary.
    pub async fn get(&self) -> Result<Object<AsyncPgConnection>> {
        if let Some(replica) = self.replica.as_ref().filter(|replica| replica.is_read_from()) {
            match replica.pool.get().await {
                Ok(connection) => return Ok(connection),
                Err(error) => replica.turn_away(&error.to_string()),
            }
        }
        self.primary.get().await
    }

    /// Looks after the replica until it is stopped, if there is one.
    pub async fn run(self, stop: CancellationToken) {
        let Some(replica) = self.replica else { return };
        while !stop.is_cancelled() {
            match tokio::time::timeout(WAIT, replica.fault(&self.primary)).await {
                Ok(Ok(None)) => replica.turn_to(),
                Ok(Ok(Some(fault))) => replica.turn_away(fault),
                Ok(Err(error)) => replica.turn_away(&error.to_string()),
                Err(_) => replica.turn_away("it does not answer"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Shows how the replica's pool stands, if there is one, and whether it is read from.
    pub fn watch(&self, metrics: &Metrics) {
        type Reading = fn(&Replica) -> u64;
        let Some(replica) = &self.replica else { return };
        let gauges: [(&str, &str, Reading); 3] = [
            ("db_replica_used", "Whether reads that may be stale go to the replica", |one| one.is_read_from().into()),
            ("db_replica_connections_active", "Connections to the replica in use", |one| one.pool.connections().active),
            ("db_replica_connections_max", "The most connections to the replica that this process holds", |one| {
                one.pool.connections().max
            }),
        ];
        for (name, description, read) in gauges {
            let replica = replica.clone();
            metrics
                .meter()
                .u64_observable_gauge(name)
                .with_description(description)
                .with_callback(move |gauge| gauge.observe(read(&replica), &[]))
                .build();
        }
    }
}

/// How the replica stands.
#[derive(diesel::QueryableByName)]
struct Standing {
    #[diesel(sql_type = Bool)]
    follows: bool,
    #[diesel(sql_type = Bool)]
    has_first: bool,
    #[diesel(sql_type = Bool)]
    has_last: bool,
    #[diesel(sql_type = Double)]
    age: f64,
}

impl Replica {
    fn is_read_from(&self) -> bool {
        self.is_read_from.load(Ordering::Relaxed)
    }

    fn turn_to(&self) {
        if !self.is_read_from.swap(true, Ordering::Relaxed) {
            tracing::info!("the replica is read from");
        }
    }

    fn turn_away(&self, reason: &str) {
        if self.is_read_from.swap(false, Ordering::Relaxed) {
            tracing::warn!("the primary is asked in the replica's place: {reason}");
        }
    }

    /// Why it can't be read from, if so.
    ///
    /// The time of the last commit that it has replayed says nothing when nobody writes, and that it has replayed all that
    /// it received says nothing when it receives nothing. So it is also good when it has come to where the primary was at
    /// the last look. And it must have come to where the primary was at the first one: the migrations that this program
    /// needs are before that.
    async fn fault(&self, primary: &Pool) -> Result<Option<&'static str>> {
        // Not for the whole file: it would hide AtomicBool::load.
        use diesel_async::RunQueryDsl;
        // When the primary is down, what is known of it stays true.
        let now = position(primary).await.ok();
        let (first, last) = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let before = seen.clone().or_else(|| now.clone().map(|now| (now.clone(), now)));
            let Some((first, last)) = before else { return Ok(Some("the primary has not said where it is")) };
            *seen = Some((first.clone(), now.unwrap_or_else(|| last.clone())));
            (first, last)
        };
        let standing: Standing = diesel::sql_query(
            "SELECT pg_is_in_recovery() AS follows,
                 coalesce(pg_last_wal_replay_lsn() >= CAST($1 AS pg_lsn), false) AS has_first,
                 coalesce(pg_last_wal_replay_lsn() >= CAST($2 AS pg_lsn), false) AS has_last,
                 CAST(coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity')
                     AS double precision) AS age",
        )
        .bind::<Text, _>(first)
        .bind::<Text, _>(last)
        .get_result(&mut *self.pool.get().await?)
        .await?;
        Ok(match standing {
            Standing { follows: false, .. } => Some("it is no replica"),
            Standing { has_first: false, .. } => Some("it has not come to where this program began"),
            Standing { has_last: false, age, .. } if age > self.max_lag.as_secs_f64() => Some("it is too far behind"),
            _ => None,
        })
    }
}

/// Where the primary is in its log.
async fn position(primary: &Pool) -> Result<String> {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Position {
        #[diesel(sql_type = Text)]
        position: String,
    }
    let query = diesel::sql_query("SELECT CAST(pg_current_wal_lsn() AS text) AS position");
    let Position { position } = query.get_result(&mut *primary.get().await?).await?;
    Ok(position)
}
