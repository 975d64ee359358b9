//! Redis in several processes: a cluster, and a primary that Sentinels watch.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::process::signal;
use crate::servers::{RedisServer, free_port};

/// What every server wants to hear.
const PASSWORD: &str = "Vq3-servers-9fK2xW7d";
/// What every Sentinel wants to hear.
pub const SENTINEL_PASSWORD: &str = "Hm8-sentinels-4tR6bZ1c";
/// What the Sentinels call the primary.
const PRIMARY: &str = "codex-primary";
/// How long all of it may take to be ready.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How many nodes of a cluster share the slots.
const PRIMARIES: usize = 3;
const SLOTS: usize = 16384;
/// With a replica at once, as in no production.
const SERVER: [&str; 8] =
    ["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0", "--appendonly", "no"];

/// Asks a server, or a Sentinel, by the ordinary client.
fn ask(port: u16, password: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = std::process::Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(arguments)
        .env("REDISCLI_AUTH", password)
        .output()
        .context("redis-cli can't be started: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(output.status.success(), "redis-cli {}: {said}", arguments.join(" "));
    Ok(said)
}

/// Does what must be answered OK.
fn order(port: u16, arguments: &[&str]) -> anyhow::Result<()> {
    let said = ask(port, PASSWORD, arguments)?;
    ensure!(said == "OK", "{}: {said}", arguments.join(" "));
    Ok(())
}

fn wait_until(mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_so()? {
        ensure!(began.elapsed() < START_LIMIT, "not ready in {} s", START_LIMIT.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A Redis Cluster of three primaries with a replica each. It ends with the value.
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts it; a replica takes over a second after its primary is gone.
    pub fn start() -> anyhow::Result<Self> {
        let (mut nodes, mut ports) = (Vec::new(), Vec::new());
        for _ in 0..2 * PRIMARIES {
            let bus = free_port()?.to_string();
            let cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus];
            let node = RedisServer::start_with(&[&SERVER[..], &cluster].concat())?;
            ports.push((node.port(), bus));
            nodes.push(node);
        }
        for (index, (port, _)) in ports.iter().enumerate() {
            order(*port, &["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()])?;
            if index < PRIMARIES {
                let (first, next) = (index * SLOTS / PRIMARIES, (index + 1) * SLOTS / PRIMARIES);
                order(*port, &["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(next - 1).to_string()])?;
            }
        }
        let first = ports[0].0;
        for (port, bus) in &ports[1..] {
            order(first, &["CLUSTER", "MEET", "127.0.0.1", &port.to_string(), bus])?;
        }
        let all_known = format!("cluster_known_nodes:{}", 2 * PRIMARIES);
        let says = |port, of: &[&str], what: &str| Ok(ask(port, PASSWORD, of)?.contains(what));
        for (port, _) in &ports {
            wait_until(|| says(*port, &["CLUSTER", "INFO"], &all_known))?;
        }
        for (index, (port, _)) in ports.iter().enumerate().skip(PRIMARIES) {
            let primary = ask(ports[index - PRIMARIES].0, PASSWORD, &["CLUSTER", "MYID"])?;
            order(*port, &["CLUSTER", "REPLICATE", &primary])?;
        }
        for (index, (port, _)) in ports.iter().enumerate() {
            wait_until(|| says(*port, &["CLUSTER", "INFO"], "cluster_state:ok"))?;
            if index >= PRIMARIES {
                wait_until(|| says(*port, &["INFO", "replication"], "master_link_status:up"))?;
            }
        }
        Ok(Self { nodes })
    }

    /// Names two of its nodes.
    pub fn url(&self) -> String {
        let [first, second, ..] = &*self.nodes else { unreachable!("a cluster has three nodes") };
        format!("redis-cluster://:{PASSWORD}@127.0.0.1:{},127.0.0.1:{}", first.port(), second.port())
    }

    /// Sends a command to where its key is.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        ask(self.nodes[0].port(), PASSWORD, &[&["-c"], arguments].concat())
    }

    /// Which node has a key.
    fn holder_of(&self, key: &str) -> anyhow::Result<usize> {
        let slot: usize = self.command(&["CLUSTER", "KEYSLOT", key])?.parse()?;
        for (index, node) in self.nodes.iter().enumerate() {
            let nodes = ask(node.port(), PASSWORD, &["CLUSTER", "NODES"])?;
            let own = nodes.lines().find(|line| line.contains("myself,master")).unwrap_or_default();
            let has = |range: &str| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let bounds = first.parse::<usize>().ok().zip(last.parse().ok());
                bounds.is_some_and(|(first, last)| (first..=last).contains(&slot))
            };
            if own.split(' ').skip(8).any(has) {
                return Ok(index);
            }
        }
        bail!("nobody has {key}")
    }

    /// Ends the node that has a key, as a crash does, and forgets it.
    pub fn crash_holder_of(&mut self, key: &str) -> anyhow::Result<()> {
        let holder = self.holder_of(key)?;
        self.nodes.remove(holder).crash()
    }

    /// Has the node that has a key answer nothing any more, with its connections open.
    pub fn pause_holder_of(&self, key: &str) -> anyhow::Result<()> {
        signal(self.nodes[self.holder_of(key)?].pid(), "STOP")
    }

    /// Has the replica of the node that has a key take it over, once it has all that the node has.
    pub fn hand_over(&self, key: &str) -> anyhow::Result<()> {
        let holder = self.nodes[self.holder_of(key)?].port();
        let id = ask(holder, PASSWORD, &["CLUSTER", "MYID"])?;
        let replica = self.nodes.iter().find(|node| {
            let own = format!("myself,slave {id} ");
            ask(node.port(), PASSWORD, &["CLUSTER", "NODES"]).is_ok_and(|nodes| nodes.contains(&own))
        });
        let replica = replica.context("it has no replica")?.port();
        let offset = |port| {
            let said = ask(port, PASSWORD, &["INFO", "replication"])?;
            let offset = said.lines().find_map(|line| line.strip_prefix("master_repl_offset:")).context("an offset")?;
            anyhow::Ok(offset.trim().parse::<u64>()?)
        };
        let all = offset(holder)?;
        wait_until(|| Ok(offset(replica)? >= all))?;
        order(replica, &["CLUSTER", "FAILOVER", "TAKEOVER"])?;
        wait_until(|| Ok(ask(holder, PASSWORD, &["ROLE"])?.starts_with("slave")))
    }
}

/// A primary and its replica, watched by three Sentinels. All of it ends with the value.
pub struct WatchedRedis {
    servers: Vec<RedisServer>,
    sentinels: Vec<RedisServer>,
}

impl WatchedRedis {
    /// Starts it; the replica takes over half a second after the primary is gone.
    pub fn start() -> anyhow::Result<Self> {
        let primary = RedisServer::start_with(&SERVER)?;
        let of = format!("127.0.0.1 {}", primary.port());
        let replica = RedisServer::start_with(&[&SERVER[..], &["--replicaof", &of]].concat())?;
        let up = |port| Ok(ask(port, PASSWORD, &["INFO", "replication"])?.contains("master_link_status:up"));
        wait_until(|| up(replica.port()))?;
        let configuration = format!(
            "bind 127.0.0.1\n\
             requirepass {SENTINEL_PASSWORD}\n\
             sentinel sentinel-pass {SENTINEL_PASSWORD}\n\
             sentinel monitor {PRIMARY} {of} 2\n\
             sentinel auth-pass {PRIMARY} {PASSWORD}\n\
             sentinel down-after-milliseconds {PRIMARY} 500\n\
             sentinel failover-timeout {PRIMARY} 3000\n"
        );
        let start = |_| RedisServer::start_sentinel(&configuration);
        let sentinels = (0..3).map(start).collect::<anyhow::Result<Vec<_>>>()?;
        let watched = Self { servers: vec![primary, replica], sentinels };
        for sentinel in &watched.sentinels {
            wait_until(|| {
                let known = ask(sentinel.port(), SENTINEL_PASSWORD, &["SENTINEL", "MASTER", PRIMARY])?;
                let known: Vec<_> = known.lines().collect();
                let says = |name, value| known.windows(2).any(|pair| pair == [name, value]);
                Ok(says("num-other-sentinels", "2") && says("num-slaves", "1") && says("flags", "master"))
            })?;
        }
        Ok(watched)
    }

    /// Names its Sentinels, whose password is [`SENTINEL_PASSWORD`].
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self.sentinels.iter().map(|one| format!("127.0.0.1:{}", one.port())).collect();
        format!("redis-sentinel://:{PASSWORD}@{}/{PRIMARY}/0", addresses.join(","))
    }

    /// The port of the primary, by the first Sentinel.
    fn primary(&self) -> anyhow::Result<u16> {
        let asked = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY];
        let said = ask(self.sentinels[0].port(), SENTINEL_PASSWORD, &asked)?;
        Ok(said.lines().nth(1).context("a port")?.parse()?)
    }

    /// Sends the primary a command.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        ask(self.primary()?, PASSWORD, arguments)
    }

    /// Has the primary answer nothing any more, with its connections open.
    pub fn pause_primary(&self) -> anyhow::Result<()> {
        let port = self.primary()?;
        let primary = self.servers.iter().find(|server| server.port() == port).context("the primary is ours")?;
        signal(primary.pid(), "STOP")
    }

    /// Ends the primary as a crash does, and with it the first Sentinel, as when they share a machine.
    pub fn crash_primary(&mut self) -> anyhow::Result<()> {
        let port = self.primary()?;
        let index = self.servers.iter().position(|server| server.port() == port).context("the primary is ours")?;
        self.servers.remove(index).crash()?;
        self.sentinels.remove(0).crash()
    }
}
