//! The whole product: the real programs, on a PostgreSQL and a Redis of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::process::{self, Service};
use crate::servers::{PostgresServer, RedisServer, free_port};
use crate::{Client, TEMPLATE, TestDatabase};

/// The services, in the order in which they are started.
const SERVICES: [&str; 4] = ["auth-service", "council-service", "workflow-worker", "health-aggregator"];
const DATABASE: &str = "codex_product";
const ADMIN: &str = "admin@example.com";
/// How long a service may take to be ready.
const START_LIMIT: Duration = Duration::from_mins(1);

/// All services as processes, one instance of each. Everything ends with the value.
///
/// The programs must be built: `cargo nextest run --workspace` does it, a run of one package does not. A test that
/// starts it needs the runtime with several threads.
pub struct Product {
    /// Its PostgreSQL.
    pub postgres: PostgresServer,
    /// Its Redis.
    pub redis: RedisServer,
    instances: BTreeMap<String, Instance>,
    job_monitor_url: String,
    password: String,
    variables: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

/// A service that runs.
struct Instance {
    service: Service,
    url: String,
    log: PathBuf,
}

impl Product {
    /// Starts it with these variables beside the usual ones, and waits until every service is ready.
    pub async fn start(variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (postgres, redis) = (PostgresServer::start()?, RedisServer::start_keeping()?);
        TestDatabase::prepare_template(&postgres.url("{role}", "{database}")).await?;
        let mut superuser = database::connect(&postgres.url("postgres", "postgres").into()).await?;
        let create = format!("CREATE DATABASE {DATABASE} OWNER codex TEMPLATE {TEMPLATE}");
        diesel_async::RunQueryDsl::execute(diesel::sql_query(create), &mut superuser).await?;
        let folder = tempfile::Builder::new().prefix("codex-product-").tempdir()?;

        let job_monitor = format!("127.0.0.1:{}", free_port()?);
        let mut all = usual_variables(&folder.path().join("mail").display().to_string());
        all.insert("REDIS_URL".to_owned(), format!("{}/0", redis.url()));
        all.insert("JOB_MONITOR_BIND_ADDRESS".to_owned(), job_monitor.clone());
        all.insert("AUDIT_SIGNING_KEY".to_owned(), process::run("auth-service", &["audit", "new-key"], &[], "")?);
        all.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let mut product = Self {
            postgres,
            redis,
            instances: BTreeMap::new(),
            job_monitor_url: format!("http://{job_monitor}"),
            password: format!("a password of {} letters", Uuid::new_v4()),
            variables: all,
            folder,
        };
        product.create_admin()?;
        for service in SERVICES {
            product.launch(service, service)?;
        }
        for service in SERVICES {
            product.wait_until_ready(service).await?;
        }
        Ok(product)
    }

    /// Starts another instance of a service, under a name of its own, and waits until it is ready.
    pub async fn start_another(&mut self, service: &str, name: &str) -> anyhow::Result<()> {
        self.launch(service, name)?;
        self.wait_until_ready(name).await
    }

    /// The same for one that reads from a replica, too, which may be this far behind.
    pub async fn start_reading_from(
        &mut self,
        replica: &PostgresServer,
        max_lag: Duration,
        service: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        let url = replica.url(&service.replace('-', "_"), DATABASE);
        self.variables.insert("DATABASE_REPLICA_URL".to_owned(), url);
        self.variables.insert("DATABASE_REPLICA_MAX_LAG_SECONDS".to_owned(), max_lag.as_secs().to_string());
        let started = self.start_another(service, name).await;
        self.variables.retain(|name, _| !name.starts_with("DATABASE_REPLICA_"));
        started
    }

    /// Sows the first councils and workflow types.
    pub fn seed(&self) -> anyhow::Result<()> {
        let mut variables: Vec<_> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let url = self.database_url("council-service");
        variables.push(("DATABASE_URL", &url));
        process::run("council-service", &["seed"], &variables, "").map(drop)
    }

    /// Where a service finds the database, as its own role.
    pub fn database_url(&self, service: &str) -> String {
        self.postgres.url(&service.replace('-', "_"), DATABASE)
    }

    fn launch(&mut self, program: &str, name: &str) -> anyhow::Result<()> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut variables = self.variables.clone();
        variables.insert("BIND_ADDRESS".to_owned(), address.clone());
        variables.insert("DATABASE_URL".to_owned(), self.database_url(program));
        let log = self.folder.path().join(format!("{name}.log"));
        let mut service = Service::new(name, program, variables, log.clone())?;
        service.start()?;
        self.instances.insert(name.to_owned(), Instance { service, url: format!("http://{address}"), log });
        Ok(())
    }

    /// Waits until an instance says that it is ready.
    pub async fn wait_until_ready(&self, name: &str) -> anyhow::Result<()> {
        let (http, began) = (reqwest::Client::new(), Instant::now());
        let url = format!("{}/health/ready", self.url(name));
        while began.elapsed() < START_LIMIT {
            let answer = http.get(&url).timeout(Duration::from_secs(2)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("{name} was not ready in {} s; it says: {}", START_LIMIT.as_secs(), self.log(name))
    }

    /// Waits until the health aggregator says this of the whole, and returns all that it says. It asks every second or two.
    pub async fn wait_for_health(&self, code: u16, status: &str) -> anyhow::Result<Value> {
        let (client, began) = (self.client("health-aggregator"), Instant::now());
        let mut last = Value::Null;
        while began.elapsed() < START_LIMIT {
            let answer = client.get("/health").await;
            if answer.status.as_u16() == code && answer.body["status"] == status {
                return Ok(answer.body);
            }
            last = answer.body;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("not {status} in {} s: {last:#}", START_LIMIT.as_secs())
    }

    fn create_admin(&self) -> anyhow::Result<()> {
        let arguments = ["create-admin", "--email", ADMIN, "--name", "Admin", "--password-stdin"];
        let url = self.postgres.url("auth_service", DATABASE);
        let variables = [("APP_ENV", "development"), ("DATABASE_URL", &url), ("BCRYPT_COST", "10")];
        process::run("auth-service", &arguments, &variables, &self.password).map(drop)
    }

    fn instance(&self, name: &str) -> &Instance {
        self.instances.get(name).expect("an instance of this name")
    }

    /// The process of an instance, which is called as its service unless it is another one.
    pub fn process(&mut self, name: &str) -> &mut Service {
        &mut self.instances.get_mut(name).expect("an instance of this name").service
    }

    /// Where an instance answers.
    pub fn url(&self, name: &str) -> &str {
        &self.instance(name).url
    }

    /// Where the job monitor answers.
    pub fn job_monitor_url(&self) -> &str {
        &self.job_monitor_url
    }

    /// What an instance has logged to standard output.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(&self.instance(name).log).unwrap_or_default()
    }

    /// A variable that every service is started with.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Stops every instance as an operator does, and waits until each has ended.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.instances.values_mut().try_for_each(|instance| instance.service.stop().map(drop))
    }

    /// Somebody without a credential who asks an instance.
    pub fn client(&self, name: &str) -> Client {
        Client::new(self.url(name))
    }

    /// The e-mail address and password of the admin.
    pub fn admin_credentials(&self) -> (&str, &str) {
        (ADMIN, &self.password)
    }

    /// Logs the admin in, and returns the token.
    pub async fn log_in(&self) -> anyhow::Result<String> {
        let credentials = json!({"email": ADMIN, "password": self.password});
        let answer = self.client("auth-service").post("/api/auth/login", &credentials).await;
        ensure!(answer.status.is_success(), "the admin can't log in: {answer:?}");
        Ok(answer.body["token"].as_str().context("a token")?.to_owned())
    }

    /// A connection to the database as its owner.
    pub async fn connect(&self) -> anyhow::Result<database::Connection> {
        Ok(database::connect(&self.postgres.url("codex", DATABASE).into()).await?)
    }
}

fn usual_variables(mail: &str) -> BTreeMap<String, String> {
    let secret = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let variables = [
        ("APP_ENV", "development".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
        ("CONSOLE_ORIGIN", "https://console.example.com".to_owned()),
        ("API_ORIGIN", "https://api.example.com".to_owned()),
        ("JWT_SECRET", secret()),
        ("ENCRYPTION_KEY", secret()),
        ("BCRYPT_COST", "10".to_owned()),
        ("MAIL_FROM", "product@example.com".to_owned()),
        ("MAIL_DIR", mail.to_owned()),
        ("OUTBOUND_ALLOWLIST", "127.0.0.0/8".to_owned()),
        ("LEASE_SECONDS", "2".to_owned()),
        ("RECONCILE_AFTER_SECONDS", "5".to_owned()),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
