//! A Redis database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use queue::{Queue, RedisSettings};

use crate::servers::{self, RedisServer};

/// A Redis database of one test's own.
pub struct TestRedis {
    url: String,
    server: Option<RedisServer>,
}

impl TestRedis {
    /// A numbered database of the shared server.
    pub fn shared() -> Self {
        // Each test is a process, and no two running ones share a number.
        static USED: AtomicU32 = AtomicU32::new(0);
        let number = (std::process::id() * 7 + USED.fetch_add(1, Ordering::Relaxed)) % 20_000;
        Self { url: format!("{}/{number}", servers::shared(servers::REDIS_URL)), server: None }
    }

    /// A server of the test's own, to wipe or stop.
    pub fn private() -> Self {
        let server = RedisServer::start().expect("starts redis");
        Self { url: format!("{}/0", server.url()), server: Some(server) }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// It, as services use it.
    pub fn queue(&self) -> Queue {
        Queue::new(&self.url.parse::<RedisSettings>().expect("a URL")).expect("a queue")
    }

    fn own(&mut self) -> &mut RedisServer {
        self.server.as_mut().expect("a server of the test's own")
    }

    /// Ends a server of the test's own as a crash does; it loses its data.
    pub fn stop(&mut self) {
        self.own().crash().expect("ends");
    }

    /// Starts it again, empty, where it was.
    pub fn start(&mut self) {
        self.own().restart().expect("starts");
    }

    /// Has it answer nothing, with its connections open, until it may go on.
    pub fn pause(&mut self) {
        signal("-STOP", self.own().pid());
    }

    /// Has it answer again.
    pub fn go_on(&mut self) {
        signal("-CONT", self.own().pid());
    }

    /// Sends it a command, by the ordinary client.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = std::process::Command::new("redis-cli")
            .args(["-u", &self.url])
            .args(arguments)
            .output()
            .expect("redis-cli runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn signal(signal: &str, pid: u32) {
    let status = std::process::Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill runs");
    assert!(status.success());
}
