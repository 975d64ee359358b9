//! What is put through it: PostgreSQL, Redis and the services, each service on wires of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use database::audit::{CheckpointKey, PublicKey};
use testing::TestDatabase;
use testing::process::{self, Service, signal};
use testing::servers::{PostgresServer, RedisServer, free_port};
use tokio::sync::Mutex;

use crate::faults::{Fault, Targets};
use crate::people::People;
use crate::proxy::Wire;

const DATABASE: &str = "codex_chaos";
const WORKERS: usize = 3;
const COUNCILS: usize = 2;
/// How long a worker's claim holds without being renewed.
const LEASE: Duration = Duration::from_secs(2);

/// All of it. Every process ends with the value.
pub struct Stack {
    /// Where auth-service answers.
    pub auth_url: String,
    /// Where the council-services answer.
    pub council_urls: Vec<String>,
    /// Where the workers show their metrics.
    pub worker_urls: Vec<String>,
    /// What checkpoints of the record are signed by.
    pub public_key: PublicKey,
    /// The workers first.
    services: Vec<Mutex<Service>>,
    names: Vec<String>,
    wires: Vec<Wire>,
    redis: Mutex<RedisServer>,
    postgres: Mutex<PostgresServer>,
    _folder: tempfile::TempDir,
}

impl Stack {
    /// Starts all of it, with the services' logs in a folder.
    pub async fn start(logs: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(logs)?;
        let (postgres, redis) = (PostgresServer::start_durable()?, RedisServer::start_keeping()?);
        TestDatabase::prepare_template(&postgres.url("{role}", "{database}")).await?;
        let mut superuser = database::connect(&postgres.url("postgres", "postgres").into()).await?;
        let create = format!("CREATE DATABASE {DATABASE} OWNER codex TEMPLATE {}", testing::TEMPLATE);
        diesel_async::RunQueryDsl::execute(diesel::sql_query(create), &mut superuser).await?;
        let folder = tempfile::Builder::new().prefix("codex-chaos-").tempdir()?;
        let audit_key = process::run("auth-service", &["audit", "new-key"], &[], "")?;
        let public_key = CheckpointKey::of_pem(&audit_key).map_err(anyhow::Error::msg)?.public();

        let (mut services, mut names) = (Vec::new(), Vec::new());
        let (mut wires, mut urls) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        let shared = shared_variables(&audit_key, folder.path());
        let workers = (1..=WORKERS).map(|number| (format!("worker-{number}"), "workflow-worker"));
        let councils = (1..=COUNCILS).map(|number| (format!("council-{number}"), "council-service"));
        for (name, program) in workers.chain(councils).chain([("auth".to_owned(), "auth-service")]) {
            let to_postgres = Wire::to(postgres.port(), format!("{name} to PostgreSQL")).await?;
            let to_redis = Wire::to(redis.port(), format!("{name} to Redis")).await?;
            let address = format!("127.0.0.1:{}", free_port()?);
            let role = program.replace('-', "_");
            let mut variables = shared.clone();
            variables.extend([
                ("BIND_ADDRESS".to_owned(), address.clone()),
                ("DATABASE_URL".to_owned(), format!("postgres://{role}@127.0.0.1:{}/{DATABASE}", to_postgres.port())),
                ("REDIS_URL".to_owned(), format!("redis://127.0.0.1:{}/0", to_redis.port())),
            ]);
            let log = logs.join(format!("{name}.log"));
            process::empty(&log)?;
            let mut service = Service::new(&name, program, variables, log)?;
            service.start()?;
            services.push(Mutex::new(service));
            names.push(name);
            wires.extend([to_postgres, to_redis]);
            urls.entry(program).or_default().push(format!("http://{address}"));
        }
        for url in urls.values().flatten() {
            wait_for(url).await?;
        }
        let mut urls_of = |program| urls.remove(program).unwrap_or_default();
        Ok(Self {
            auth_url: urls_of("auth-service").pop().context("auth-service")?,
            council_urls: urls_of("council-service"),
            worker_urls: urls_of("workflow-worker"),
            public_key,
            services,
            names,
            wires,
            redis: Mutex::new(redis),
            postgres: Mutex::new(postgres),
            _folder: folder,
        })
    }

    /// A connection to the database past every wire, as its owner.
    pub async fn connect(&self) -> anyhow::Result<database::Connection> {
        let url = self.postgres.lock().await.url("codex", DATABASE);
        Ok(database::connect(&url.into()).await?)
    }

    /// The URL of the database past every wire, for a role.
    pub async fn database_url(&self, role: &str) -> String {
        self.postgres.lock().await.url(role, DATABASE)
    }

    /// What there is to break.
    pub fn targets(&self) -> Targets {
        Targets { workers: WORKERS, services: self.services.len(), wires: self.wires.len(), lease: LEASE }
    }

    /// Which service or wire a fault is about.
    pub fn target(&self, fault: Fault) -> &str {
        match fault {
            Fault::Kill(service, _) | Fault::Pause(service, _) => &self.names[service],
            Fault::Cut(wire, _) | Fault::Stall(wire, _) => &self.wires[wire].name,
            Fault::CrashRedis(_) | Fault::LoseRedis(_) | Fault::FlushRedis | Fault::PauseRedis(_) => "Redis",
            Fault::CrashPostgres(_) => "PostgreSQL",
            Fault::PauseQueue(queue, _) => queue,
        }
    }

    /// Breaks something, and mends it after the fault's time. One thing is broken in one way at a time.
    pub async fn suffer(&self, fault: Fault, people: &People) -> anyhow::Result<()> {
        match fault {
            Fault::Kill(service, down) => {
                let mut service = self.services[service].lock().await;
                service.kill()?;
                tokio::time::sleep(down).await;
                service.start()?;
            }
            Fault::Pause(service, time) => {
                let service = self.services[service].lock().await;
                service.pause()?;
                tokio::time::sleep(time).await;
                service.resume()?;
            }
            Fault::CrashRedis(down) | Fault::LoseRedis(down) => {
                let mut redis = self.redis.lock().await;
                redis.crash()?;
                if matches!(fault, Fault::LoseRedis(_)) {
                    redis.lose_data()?;
                }
                tokio::time::sleep(down).await;
                tokio::task::block_in_place(|| redis.restart())?;
            }
            Fault::FlushRedis => {
                let redis = self.redis.lock().await;
                let flushed = std::process::Command::new("redis-cli")
                    .args(["-u", &redis.url(), "FLUSHALL"])
                    .stdout(std::process::Stdio::null())
                    .status()?;
                anyhow::ensure!(flushed.success(), "Redis could not be flushed");
            }
            Fault::PauseRedis(time) => {
                let redis = self.redis.lock().await;
                signal(redis.pid(), "STOP")?;
                tokio::time::sleep(time).await;
                signal(redis.pid(), "CONT")?;
            }
            Fault::CrashPostgres(down) => {
                let mut postgres = self.postgres.lock().await;
                tokio::task::block_in_place(|| postgres.crash())?;
                tokio::time::sleep(down).await;
                tokio::task::block_in_place(|| postgres.restart())?;
            }
            Fault::Cut(wire, time) => self.wires[wire].cut(time).await,
            Fault::Stall(wire, time) => self.wires[wire].stall(time).await,
            Fault::PauseQueue(queue, time) => people.pause_queue(queue, time).await?,
        }
        Ok(())
    }

    /// Starts again what has ended by itself, and says what did: nothing should.
    pub fn revive(&self) -> anyhow::Result<Vec<String>> {
        let mut ended = Vec::new();
        for service in &self.services {
            // One that is being broken is not by itself.
            let Ok(mut service) = service.try_lock() else { continue };
            if let Some(status) = service.ended()? {
                ended.push(format!("{} ended by itself ({status}); see its log", service.name));
                service.start()?;
            }
        }
        Ok(ended)
    }

    /// Waits until every service says that it is ready.
    pub async fn wait_until_ready(&self) -> anyhow::Result<()> {
        for url in self.council_urls.iter().chain(&self.worker_urls).chain([&self.auth_url]) {
            wait_for(url).await?;
        }
        Ok(())
    }
}

/// What every service is started with.
fn shared_variables(audit_key: &str, folder: &Path) -> BTreeMap<String, String> {
    let secret = || format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let variables = [
        ("APP_ENV", "development".to_owned()),
        ("LOG_LEVEL", "info".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
        ("CONSOLE_ORIGIN", "https://console.example.com".to_owned()),
        ("API_ORIGIN", "https://api.example.com".to_owned()),
        ("JWT_SECRET", secret()),
        ("ENCRYPTION_KEY", secret()),
        ("BCRYPT_COST", "10".to_owned()),
        ("AUDIT_SIGNING_KEY", audit_key.to_owned()),
        ("MAIL_FROM", "chaos@example.com".to_owned()),
        ("MAIL_DIR", folder.join("mail").display().to_string()),
        ("OUTBOUND_ALLOWLIST", "127.0.0.0/8".to_owned()),
        ("LEASE_SECONDS", LEASE.as_secs().to_string()),
        ("RECONCILE_AFTER_SECONDS", "5".to_owned()),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn wait_for(url: &str) -> anyhow::Result<()> {
    let (client, began) = (reqwest::Client::builder().timeout(Duration::from_secs(2)).build()?, Instant::now());
    while began.elapsed() < Duration::from_mins(1) {
        let ready = client.get(format!("{url}/health/ready")).send().await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{url} was not ready in a minute")
}
