//! Connections to Redis, whatever it is: the rest of the crate sees one type, and works with each kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::managed::{self, Metrics, PoolConfig, RecycleError, RecycleResult, Timeouts};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    Arg, AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, Pipeline, RedisError,
    RedisFuture, RedisResult, ServerErrorKind, TlsCertificates, TlsMode, Value,
};
use tokio::sync::Mutex;

use crate::settings::{RedisSettings, Servers};

/// How long to wait for a connection.
pub(crate) const WAIT: Duration = Duration::from_secs(2);
/// How many connections are kept.
const KEPT: usize = 8;
/// How long a command of the pool's connections may take, on one try, and how long a node may take to let it in.
const ANSWER: Duration = Duration::from_millis(500);
const CONNECT: Duration = Duration::from_secs(1);
/// Between two tries of a command that a cluster can't do now, in milliseconds: a node is gone, or its replica takes over.
const BETWEEN_TRIES: std::ops::Range<u64> = 20..200;

pub(crate) type Pool = managed::Pool<Connector>;

/// A connection to the server that has the data, or to all nodes that share it.
pub enum Connection {
    /// One server.
    Server(MultiplexedConnection),
    /// A cluster: it sends each command where its keys are, and follows them.
    Cluster {
        /// The connections to all nodes.
        nodes: ClusterConnection,
        /// How many times a node had not answered in time when this was made, and how many it is now. The client would go
        /// on asking a node that hangs, also when its replica has taken over: so no connection is used that is older.
        hangs: u64,
        hangs_now: Arc<AtomicU64>,
    },
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(server) => server.req_packed_command(command),
            Self::Cluster { nodes, hangs, hangs_now } => Box::pin(async move {
                let answer = nodes.req_packed_command(command).await;
                if answer.as_ref().is_err_and(RedisError::is_timeout) {
                    hangs_now.fetch_max(*hangs + 1, Ordering::Relaxed);
                }
                answer
            }),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(server) => server.req_packed_commands(pipeline, offset, count),
            Self::Cluster { nodes, hangs, hangs_now } => Box::pin(async move {
                let mut answer = nodes.req_packed_commands(pipeline, offset, count).await;
                if answer.as_ref().is_err_and(has_moved) {
                    follow(nodes, pipeline).await?;
                    answer = nodes.req_packed_commands(pipeline, offset, count).await;
                }
                if answer.as_ref().is_err_and(RedisError::is_timeout) {
                    hangs_now.fetch_max(*hangs + 1, Ordering::Relaxed);
                }
                answer
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(server) => server.get_db(),
            Self::Cluster { nodes, .. } => nodes.get_db(),
        }
    }
}

/// Whether a transaction was aborted because its keys are on another node by now. Nothing of it was done.
fn has_moved(error: &RedisError) -> bool {
    let is_elsewhere = |kind| matches!(kind, ServerErrorKind::Moved | ServerErrorKind::Ask);
    error.kind() == ErrorKind::Server(ServerErrorKind::ExecAbort)
        && error
            .clone()
            .into_server_errors()
            .is_some_and(|errors| errors.iter().any(|(_, error)| error.kind().is_some_and(is_elsewhere)))
}

/// Asks for the key of a pipeline's first command: the client goes after a single command, and learns where the key is
/// now, but does not go after a transaction.
async fn follow(cluster: &mut ClusterConnection, pipeline: &Pipeline) -> RedisResult<()> {
    let key = pipeline.cmd_iter().next().and_then(|first| match first.args_iter().nth(1) {
        Some(Arg::Simple(key)) => Some(key),
        _ => None,
    });
    redis::cmd("TYPE").arg(key).exec_async(cluster).await
}

/// Makes connections.
pub struct Connector {
    to: To,
    /// How many times a node of a cluster did not answer in time; several at once may count as one.
    hangs: Arc<AtomicU64>,
}

enum To {
    Server(Client),
    /// Asked one at a time: it keeps its connections to the Sentinels.
    Sentinels(Mutex<SentinelClient>),
    Cluster {
        nodes: Vec<ConnectionInfo>,
        certificates: Option<TlsCertificates>,
    },
}

impl Connector {
    pub(crate) fn new(settings: &RedisSettings) -> RedisResult<Self> {
        let root_cert = settings.authorities.as_ref().map(|pem| pem.clone().into_bytes());
        let certificates = root_cert.map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem) });
        let to = match settings.servers.clone() {
            Servers::One(server) => To::Server(match certificates {
                Some(certificates) => Client::build_with_tls(server, certificates)?,
                None => Client::open(server)?,
            }),
            Servers::Sentinels { sentinels, primary, login } => {
                let shown =
                    sentinels.first().and_then(|sentinel| sentinel.redis_settings().password().map(str::to_owned));
                let addresses: Vec<ConnectionAddr> =
                    sentinels.into_iter().map(|sentinel| sentinel.addr().clone()).collect();
                let mut builder = SentinelClientBuilder::new(addresses, primary, SentinelServerType::Master)?
                    .set_client_to_redis_db(login.db());
                if let Some(username) = login.username() {
                    builder = builder.set_client_to_redis_username(username);
                }
                if let Some(password) = login.password() {
                    builder = builder.set_client_to_redis_password(password);
                }
                if let Some(password) = shown {
                    builder = builder.set_client_to_sentinel_password(password);
                }
                if settings.has_tls() {
                    builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
                }
                if let Some(certificates) = certificates {
                    builder = builder
                        .set_client_to_redis_certificates(certificates.clone())
                        .set_client_to_sentinel_certificates(certificates);
                }
                To::Sentinels(Mutex::new(builder.build()?))
            }
            Servers::Cluster(nodes) => To::Cluster { nodes, certificates },
        };
        Ok(Self { to, hangs: Arc::default() })
    }

    /// A pool of connections; they are made when they are first needed.
    pub(crate) fn pool(self) -> anyhow::Result<Pool> {
        let timeouts = Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) };
        let config = PoolConfig { max_size: KEPT, timeouts, ..PoolConfig::default() };
        Ok(Pool::builder(self).config(config).runtime(deadpool::Runtime::Tokio1).build()?)
    }

    /// Connects to where the data is now. A node may take `connect` to let us in, and `answer` to answer a command; a cluster
    /// is tried again until `altogether`.
    async fn connect(&self, connect: Duration, answer: Duration, altogether: Duration) -> RedisResult<Connection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(connect)).set_response_timeout(Some(answer));
        match &self.to {
            To::Server(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
            }
            To::Sentinels(client) => {
                let client = client.lock().await.async_get_client().await?;
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
            }
            To::Cluster { nodes, certificates } => {
                let mut builder = ClusterClientBuilder::new(nodes.clone())
                    .connection_timeout(connect)
                    .response_timeout(answer)
                    .overall_response_timeout(Some(altogether))
                    .min_retry_wait(BETWEEN_TRIES.start)
                    .max_retry_wait(BETWEEN_TRIES.end)
                    .retry_wait_formula(BETWEEN_TRIES.end, 1);
                if let Some(certificates) = certificates {
                    builder = builder.certs(certificates.clone());
                }
                let (hangs, hangs_now) = (self.hangs.load(Ordering::Relaxed), self.hangs.clone());
                Ok(Connection::Cluster { nodes: builder.build()?.get_async_connection().await?, hangs, hangs_now })
            }
        }
    }

    /// A connection outside the pool, for reads that block it for up to `longest_wait`.
    pub(crate) async fn own_connection(&self, longest_wait: Duration) -> RedisResult<Connection> {
        Box::pin(self.connect(WAIT, longest_wait + WAIT, longest_wait + WAIT)).await
    }
}

impl managed::Manager for Connector {
    type Type = Connection;
    type Error = RedisError;

    async fn create(&self) -> RedisResult<Connection> {
        // Boxed: it is large, and whoever wants a connection would carry it along.
        Box::pin(self.connect(CONNECT, ANSWER, WAIT)).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<RedisError> {
        match (&self.to, connection) {
            // A primary that has been replaced may still be there.
            (To::Sentinels(_), connection) => match redis::cmd("ROLE").query_async(connection).await? {
                redis::Role::Primary { .. } => Ok(()),
                _ => Err(RecycleError::message("the server is not the primary any more")),
            },
            (_, Connection::Cluster { hangs, .. }) if *hangs < self.hangs.load(Ordering::Relaxed) => {
                Err(RecycleError::message("a node did not answer"))
            }
            // It repairs itself.
            (_, Connection::Cluster { .. }) => Ok(()),
            (_, connection) => Ok(redis::cmd("PING").exec_async(connection).await?),
        }
    }
}
