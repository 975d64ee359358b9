//! A Redis database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use common::config::Env;
use queue::{Queue, RedisSettings};

use crate::replicated::{RedisCluster, SENTINEL_PASSWORD, WatchedRedis};
use crate::servers::{self, RedisServer};

/// A key of the queue; all of them are on one node.
const QUEUE: &str = "{codex:queue}:normal";

/// A Redis database of one test's own.
pub struct TestRedis {
    url: String,
    servers: Servers,
}

/// What the database is on, as far as it is the test's own.
enum Servers {
    Shared,
    One(RedisServer),
    Watched(WatchedRedis),
    Cluster(RedisCluster),
}

impl TestRedis {
    /// A numbered database of the shared server. With `TEST_REDIS_KIND` (`sentinel` or `cluster`), one of that kind, of the
    /// test's own.
    pub fn shared() -> Self {
        // Each test is a process, and no two running ones share a number.
        static USED: AtomicU32 = AtomicU32::new(0);
        match std::env::var(servers::REDIS_KIND).unwrap_or_default().as_str() {
            "" => {}
            "sentinel" => return Self::watched(),
            "cluster" => return Self::cluster(),
            other => panic!("{} is {other}", servers::REDIS_KIND),
        }
        let number = (std::process::id() * 7 + USED.fetch_add(1, Ordering::Relaxed)) % 20_000;
        Self { url: format!("{}/{number}", servers::shared(servers::REDIS_URL)), servers: Servers::Shared }
    }

    /// A server of the test's own, to wipe or stop.
    pub fn private() -> Self {
        let server = RedisServer::start().expect("starts redis");
        Self { url: format!("{}/0", server.url()), servers: Servers::One(server) }
    }

    /// A primary with a replica and three Sentinels.
    pub fn watched() -> Self {
        let watched = WatchedRedis::start().expect("starts redis and its sentinels");
        Self { url: watched.url(), servers: Servers::Watched(watched) }
    }

    /// A cluster of three primaries with a replica each.
    pub fn cluster() -> Self {
        let cluster = RedisCluster::start().expect("starts a cluster");
        Self { url: cluster.url(), servers: Servers::Cluster(cluster) }
    }

    /// Has the server that has the queue answer nothing any more, where a replica takes over.
    pub fn pause_primary(&self) {
        match &self.servers {
            Servers::Watched(watched) => watched.pause_primary(),
            Servers::Cluster(cluster) => cluster.pause_holder_of(QUEUE),
            Servers::Shared | Servers::One(_) => panic!("nobody would take over"),
        }
        .expect("stops");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// It, as services use it.
    pub fn queue(&self) -> Queue {
        let settings = Env::of(self.variables()).read(RedisSettings::read).expect("settings");
        Queue::new(&settings).expect("a queue")
    }

    /// What tells a service of it.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("REDIS_URL", self.url())];
        if matches!(self.servers, Servers::Watched(_)) {
            variables.push(("REDIS_SENTINEL_PASSWORD", SENTINEL_PASSWORD.to_owned()));
        }
        variables
    }

    fn own(&mut self) -> &mut RedisServer {
        let Servers::One(server) = &mut self.servers else { panic!("not one server of the test's own") };
        server
    }

    /// Ends the server that has the queue, as a crash does, where a replica takes over.
    pub fn crash_primary(&mut self) {
        match &mut self.servers {
            Servers::Watched(watched) => watched.crash_primary(),
            Servers::Cluster(cluster) => cluster.crash_holder_of(QUEUE),
            Servers::Shared | Servers::One(_) => panic!("nobody would take over"),
        }
        .expect("ends");
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
        match &self.servers {
            Servers::Watched(watched) => return watched.command(arguments).expect("redis-cli runs"),
            Servers::Cluster(cluster) => return cluster.command(arguments).expect("redis-cli runs"),
            Servers::Shared | Servers::One(_) => {}
        }
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
