//! What is measured: release builds of the services on servers of their own.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, ensure};
use diesel_async::RunQueryDsl;
use testing::servers::{PostgresServer, RedisServer, free_port};
use testing::{TEMPLATE, TestDatabase};

/// The database of the services.
const MAIN: &str = "bench_main";
/// How many threads answer HTTP, in the services and in what they are compared with.
pub const HTTP_WORKERS: usize = 2;

/// A child that ends with the value.
pub struct Process(Child);

impl Process {
    /// The most memory that it has held so far, in megabytes of 10^6 bytes.
    pub fn peak_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak.map(|kibibytes: f64| kibibytes * 1024.0 / 1e6).context("VmHWM")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// PostgreSQL, Redis and auth-service; workers are started where they are measured.
pub struct Stack {
    /// Where auth-service answers.
    pub auth_url: String,
    postgres: PostgresServer,
    redis: RedisServer,
    processes: Vec<Process>,
}

impl Stack {
    /// Starts all of it.
    pub async fn start() -> anyhow::Result<Self> {
        let mut stack = Self::bare(PostgresServer::start_durable()?).await?;
        stack.run(&format!("CREATE DATABASE {MAIN} TEMPLATE {TEMPLATE}")).await?;
        let (process, url) = stack.start_auth(Command::new(beside("auth-service")?), &[]).await?;
        stack.processes.push(process);
        stack.auth_url = url;
        Ok(stack)
    }

    /// Starts servers only, and PostgreSQL as large as in production.
    pub async fn start_large() -> anyhow::Result<Self> {
        Self::bare(PostgresServer::start_large()?).await
    }

    async fn bare(postgres: PostgresServer) -> anyhow::Result<Self> {
        TestDatabase::prepare_template(&postgres.url("{role}", "{database}")).await?;
        Ok(Self { auth_url: String::new(), postgres, redis: RedisServer::start()?, processes: Vec::new() })
    }

    /// Starts another auth-service with these settings besides the usual ones, and waits until it is ready.
    pub async fn another_auth(&self, settings: &[(&str, &str)]) -> anyhow::Result<(Process, String)> {
        self.start_auth(Command::new(beside("auth-service")?), settings).await
    }

    /// Starts a program that serves what auth-service does; returns where.
    pub async fn start_auth(
        &self,
        mut command: Command,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<(Process, String)> {
        let address = format!("127.0.0.1:{}", free_port()?);
        command.env_clear().envs([
            ("APP_ENV", "development"),
            ("BIND_ADDRESS", &address),
            ("DATABASE_URL", &self.database_url("auth_service")),
            ("REDIS_URL", &self.redis.url()),
            ("JWT_SECRET", "development-only-development-only-development-only"),
            ("ENCRYPTION_KEY", "development-only-development-only-development-only"),
            ("MAIL_FROM", "bench@example.com"),
            ("MAIL_DIR", "/tmp"),
            ("CONSOLE_ORIGIN", "https://codexdominion.localhost"),
            ("HTTP_WORKERS", &HTTP_WORKERS.to_string()),
            ("LOG_LEVEL", "info"),
            ("LOG_FORMAT", "json"),
            ("BCRYPT_COST", "12"),
        ]);
        command.envs(settings.iter().copied());
        let (process, url) = (spawn(command)?, format!("http://{address}"));
        wait_for(&format!("{url}/health/ready")).await?;
        Ok((process, url))
    }

    /// The URL of the database for a role.
    pub fn database_url(&self, role: &str) -> String {
        self.postgres.url(role, MAIN)
    }

    /// Makes another migrated database, and returns its URL for auth-service.
    pub async fn new_database(&self, name: &str) -> anyhow::Result<String> {
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await?;
        Ok(self.postgres.url("auth_service", name))
    }

    /// Makes another migrated database, and returns its URLs for the superuser and for council-service.
    pub async fn empty_database(&self, name: &str) -> anyhow::Result<(String, String)> {
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await?;
        Ok((self.postgres.url("postgres", name), self.postgres.url("council_service", name)))
    }

    /// The URL of any database for any role: with `{role}` and `{database}` in it.
    pub fn pattern(&self) -> String {
        self.postgres.url("{role}", "{database}")
    }

    /// Throws a database away.
    pub async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        self.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    /// Copies PostgreSQL with all that it holds, and starts the copy.
    pub fn copy(&self) -> anyhow::Result<PostgresServer> {
        self.postgres.start_replica()
    }

    /// Starts a worker on a database, with a numbered database of Redis, and waits until it takes entries.
    pub async fn start_worker(&self, database: &str, redis: u32) -> anyhow::Result<Process> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(beside("workflow-worker")?);
        command.env_clear().envs([
            ("APP_ENV", "development"),
            ("BIND_ADDRESS", &address),
            ("DATABASE_URL", &self.postgres.url("workflow_worker", database)),
            ("DATABASE_POOL_SIZE", "20"),
            ("REDIS_URL", &self.redis_url(redis)),
            ("ENCRYPTION_KEY", "development-only-development-only-development-only"),
            ("API_ORIGIN", "https://api.codexdominion.localhost"),
            ("OUTBOUND_ALLOWLIST", "127.0.0.0/8"),
            ("WORKER_CONCURRENCY", "64"),
            ("LOG_LEVEL", "warn"),
            ("LOG_FORMAT", "json"),
        ]);
        let process = spawn(command)?;
        wait_for(&format!("http://{address}/health/ready")).await?;
        Ok(process)
    }

    /// The URL of a numbered database of Redis.
    pub fn redis_url(&self, number: u32) -> String {
        format!("{}/{number}", self.redis.url())
    }

    async fn run(&self, statement: &str) -> anyhow::Result<()> {
        let mut superuser = database::connect(&self.postgres.url("postgres", "postgres").into()).await?;
        diesel::sql_query(statement).execute(&mut superuser).await?;
        Ok(())
    }
}

/// Starts an endpoint that does nothing but answer these bytes.
pub async fn start_bare(body: &str) -> anyhow::Result<(Process, String)> {
    let port = free_port()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare", &port.to_string(), body]);
    let (process, url) = (spawn(command)?, format!("http://127.0.0.1:{port}/"));
    wait_for(&url).await?;
    Ok((process, url))
}

/// Is that endpoint.
pub fn serve_bare(port: u16, body: String) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let body = web::Bytes::from(body);
        HttpServer::new(move || {
            let body = body.clone();
            let answer =
                move || std::future::ready(HttpResponse::Ok().content_type("application/json").body(body.clone()));
            App::new().default_service(web::to(answer))
        })
        .workers(HTTP_WORKERS)
        .bind((Ipv4Addr::LOCALHOST, port))?
        .run()
        .await?;
        Ok(())
    })
}

/// A program that was built with this one.
fn beside(name: &str) -> anyhow::Result<std::path::PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.exists(), "{} is not built: run make bench", path.display());
    Ok(path)
}

pub fn spawn(mut command: Command) -> anyhow::Result<Process> {
    Ok(Process(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
}

pub async fn wait_for(url: &str) -> anyhow::Result<()> {
    for _ in 0..200 {
        if reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{url} does not answer")
}

/// The machine in a few words.
pub fn machine() -> anyhow::Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo can't be read")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':'])))
}
