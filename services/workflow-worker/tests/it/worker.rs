//! A worker process.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testing::servers::free_port;
use testing::{Client, TestRedis, World};

/// What the secrets of webhooks are encrypted with.
pub const ENCRYPTION_KEY: &str = "a key for tests of at least 32 characters";

/// A running worker; killed with the value.
pub struct Worker {
    child: Child,
    url: String,
}

impl Worker {
    /// Starts the program, and waits until it can take entries.
    pub async fn start(world: &World, redis: &TestRedis) -> Self {
        Self::start_with(world, redis, &[]).await
    }

    /// The same, with settings of the test's own.
    pub async fn start_with(world: &World, redis: &TestRedis, settings: &[(&str, &str)]) -> Self {
        Self::start_logging(world, redis, settings, Stdio::inherit()).await
    }

    /// The same, with its log written there.
    pub async fn start_logging(
        world: &World,
        redis: &TestRedis,
        settings: &[(&str, &str)],
        log: impl Into<Stdio>,
    ) -> Self {
        let worker = Self::spawn(world, redis, settings, log.into());
        let client = Client::new(&worker.url);
        for _ in 0..1000 {
            let ready = client.request("GET".parse().expect("a method"), "/health/ready").send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return worker;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the worker was not ready in 10 s");
    }

    fn spawn(world: &World, redis: &TestRedis, settings: &[(&str, &str)], log: Stdio) -> Self {
        let address = format!("127.0.0.1:{}", free_port().expect("a port"));
        let child = Command::new(env!("CARGO_BIN_EXE_workflow-worker"))
            .env_clear()
            .env("APP_ENV", "development")
            .env("DATABASE_URL", world.database.url("workflow_worker"))
            .envs(redis.variables())
            .env("BIND_ADDRESS", &address)
            .env("LEASE_SECONDS", "1")
            .env("RECONCILE_AFTER_SECONDS", "60")
            .env("OUTBOUND_ALLOWLIST", "127.0.0.0/8")
            .env("API_ORIGIN", "https://api.example.com")
            .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
            .env("LOG_LEVEL", "warn")
            .envs(settings.iter().copied())
            .stdout(log)
            .spawn()
            .expect("starts the worker");
        Self { child, url: format!("http://{address}") }
    }

    /// Ends it as a crash does: SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("is gone");
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        self.child.wait().expect("is gone")
    }

    /// Waits until it shows this line among its metrics: counters follow the commit that they count, and the length of
    /// the queue is looked at from time to time.
    pub async fn shows(&self, line: &str) {
        for _ in 0..500 {
            if self.metrics().await.lines().any(|shown| shown == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{line} was not shown in 10 s: {}", self.metrics().await);
    }

    /// Waits until it answers with this status whether it is ready.
    pub async fn becomes(&self, status: u16) {
        let client = Client::new(&self.url);
        for _ in 0..1000 {
            let ready = client.request("GET".parse().expect("a method"), "/health/ready").send().await;
            if ready.is_ok_and(|answer| answer.status().as_u16() == status) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not in 20 s");
    }

    /// What it has measured.
    async fn metrics(&self) -> String {
        let answer = Client::new(&self.url).get("/metrics").await.expect(200);
        answer.as_str().expect("text").to_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
