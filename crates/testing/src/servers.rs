//! Private PostgreSQL and Redis servers.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// A port that nothing listens on now.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits until a server takes connections, or says why it did not come up.
pub(crate) fn wait_for(port: u16, child: &mut Child, log: &Path) -> anyhow::Result<()> {
    wait_until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(), child, log)
}

fn wait_until(is_up: impl Fn() -> bool, child: &mut Child, log: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if is_up() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server ended at once ({status}): {}", std::fs::read_to_string(log).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("the server did not come up: {}", std::fs::read_to_string(log).unwrap_or_default())
}

/// A Redis server, or a Sentinel, that ends with the value.
pub struct RedisServer {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    directory: tempfile::TempDir,
}

impl RedisServer {
    /// Starts a server that keeps nothing.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&["--appendonly", "no"])
    }

    /// Starts a server that finds its data again when it is restarted, but for the last second before a crash.
    pub fn start_keeping() -> anyhow::Result<Self> {
        Self::start_with(&["--appendonly", "yes"])
    }

    /// Starts a server that keeps nothing and takes encrypted connections, too, on a port of their own.
    pub fn start_encrypted(port: &str, certificate: &str, key: &str) -> anyhow::Result<Self> {
        let tls =
            ["--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"];
        Self::start_with(&[&["--appendonly", "no"], &tls[..]].concat())
    }

    /// Starts a server with these settings beside the usual ones.
    pub(crate) fn start_with(more: &[&str]) -> anyhow::Result<Self> {
        let usual = ["--bind", "127.0.0.1", "--save", "", "--databases", "20000"];
        Self::start_as(|_| Ok(usual.iter().chain(more).map(|&argument| argument.to_owned()).collect()))
    }

    /// Starts a Sentinel of this configuration.
    pub(crate) fn start_sentinel(configuration: &str) -> anyhow::Result<Self> {
        Self::start_as(|directory| {
            let file = directory.join("sentinel.conf");
            std::fs::write(&file, configuration)?;
            Ok(vec![file.display().to_string(), "--sentinel".to_owned()])
        })
    }

    fn start_as(arguments: impl FnOnce(&Path) -> anyhow::Result<Vec<String>>) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("codex-redis-").tempdir()?;
        let port = free_port()?;
        let mut arguments = arguments(directory.path())?;
        arguments.extend(["--port".to_owned(), port.to_string()]);
        let child = Self::spawn(port, &arguments, directory.path())?;
        Ok(Self { child, port, arguments, directory })
    }

    fn spawn(port: u16, arguments: &[String], directory: &Path) -> anyhow::Result<Child> {
        let log = directory.join("log");
        let mut child = Command::new("redis-server")
            .args(arguments)
            .arg("--dir")
            .arg(directory)
            .stdout(std::fs::File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()
            .context("redis-server can't be started: is it installed?")?;
        wait_for(port, &mut child, &log)?;
        Ok(child)
    }

    /// Where it is, without a database number.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does: SIGKILL.
    pub fn crash(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Throws away what a crashed server has kept.
    pub fn lose_data(&self) -> anyhow::Result<()> {
        let kept = self.directory.path().join("appendonlydir");
        if kept.exists() {
            std::fs::remove_dir_all(kept)?;
        }
        Ok(())
    }

    /// Starts a crashed server again, where it was.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.child = Self::spawn(self.port, &self.arguments, self.directory.path())?;
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PostgreSQL server that ends with the value.
pub struct PostgresServer {
    child: Child,
    port: u16,
    settings: &'static [&'static str],
    directory: tempfile::TempDir,
}

impl PostgresServer {
    /// Starts an empty server that does not sync to disk: tests need speed, not durability.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&["fsync=off", "synchronous_commit=off", "full_page_writes=off"])
    }

    /// Starts an empty server that keeps what it has confirmed, as in production. After a crash it recovers fast: it syncs
    /// its file system at once, not every file by itself.
    pub fn start_durable() -> anyhow::Result<Self> {
        Self::start_with(&["recovery_init_sync_method=syncfs"])
    }

    /// The same with as much memory as the production server has, no more WAL than that, and its other settings that matter for speed.
    pub fn start_large() -> anyhow::Result<Self> {
        Self::start_with(&[
            "recovery_init_sync_method=syncfs",
            "shared_buffers=512MB",
            "effective_cache_size=1536MB",
            "max_wal_size=2GB",
            "checkpoint_timeout=15min",
            "wal_compression=on",
            "random_page_cost=1.1",
            "effective_io_concurrency=200",
            "jit=off",
        ])
    }

    /// How many bytes its files have.
    pub fn bytes(&self) -> anyhow::Result<i64> {
        let counted = Command::new("du").args(["--summarize", "--bytes"]).arg(self.directory.path()).output()?;
        let said = String::from_utf8_lossy(&counted.stdout).into_owned();
        said.split_whitespace().next().and_then(|bytes| bytes.parse().ok()).with_context(|| format!("du said: {said}"))
    }

    /// Starts a replica that copies this server and then follows it.
    pub fn start_replica(&self) -> anyhow::Result<Self> {
        let (directory, port) = (Self::folder()?, free_port()?);
        let copied = command("pg_basebackup", directory.path())?
            .args([
                "--dbname",
                &self.url("postgres", ""),
                "--checkpoint=fast",
                "--no-sync",
                "--write-recovery-conf",
                "-D",
            ])
            .arg(directory.path().join("data"))
            .output()?;
        ensure!(copied.status.success(), "pg_basebackup failed: {}", String::from_utf8_lossy(&copied.stderr));
        let child = Self::spawn(port, self.settings, directory.path())?;
        Ok(Self { child, port, settings: self.settings, directory })
    }

    /// A folder that PostgreSQL's account may write to.
    fn folder() -> anyhow::Result<tempfile::TempDir> {
        let directory = tempfile::Builder::new().prefix("codex-postgres-").tempdir()?;
        if let Some((user, group)) = account()? {
            std::os::unix::fs::chown(directory.path(), Some(user), Some(group))?;
        }
        Ok(directory)
    }

    fn start_with(settings: &'static [&'static str]) -> anyhow::Result<Self> {
        let (directory, port) = (Self::folder()?, free_port()?);
        let made = command("initdb", directory.path())?
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
            .arg(directory.path().join("data"))
            .output()
            .context("initdb can't be started: is postgresql-15 installed?")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let child = Self::spawn(port, settings, directory.path())?;
        Ok(Self { child, port, settings, directory })
    }

    fn spawn(port: u16, settings: &[&str], directory: &Path) -> anyhow::Result<Child> {
        let (data, log) = (directory.join("data"), directory.join("log"));
        let mut child = command("postgres", directory)?
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "max_connections=400", "-c", "shared_buffers=128MB", "-c", "max_locks_per_transaction=256"])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        // It takes connections before it answers them, and says in this file, as to `pg_ctl`, when it does. One that an
        // earlier process left has that one's id.
        let (status, id) = (data.join("postmaster.pid"), child.id().to_string());
        let is_ready = || {
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            status.lines().next() == Some(&id) && status.contains("ready")
        };
        wait_until(is_ready, &mut child, &log)?;
        Ok(child)
    }

    /// A URL for a role and a database of this server.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash does: it must recover from its log when it is restarted.
    pub fn crash(&mut self) -> anyhow::Result<()> {
        // SIGQUIT is PostgreSQL's immediate shutdown: it ends its children, too, which SIGKILL would orphan.
        Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts a crashed server again, where it was.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.child = Self::spawn(self.port, self.settings, self.directory.path())?;
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // One that has crashed and was not restarted is waited for already: its number may be another's by now.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.crash();
        }
    }
}

/// One of PostgreSQL's programs, to be run in a folder by an account that it accepts.
fn command(program: &str, directory: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(binary(program));
    if let Some((user, group)) = account()? {
        command.uid(user).gid(group);
    }
    command.current_dir(directory).stdin(Stdio::null());
    Ok(command)
}

/// The account to run PostgreSQL as: it refuses to be root.
fn account() -> anyhow::Result<Option<(u32, u32)>> {
    let own = std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own))?;
    if own != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let entry = accounts.lines().find(|line| line.starts_with("postgres:")).context(
        "PostgreSQL refuses to run as root, and there is no account \"postgres\": is postgresql-15 installed?",
    )?;
    let mut fields = entry.split(':').skip(2);
    let mut number = || fields.next().and_then(|field| field.parse().ok());
    number().zip(number()).map(Some).context("the account \"postgres\" is malformed")
}

/// One of PostgreSQL's programs.
pub fn binary(name: &str) -> PathBuf {
    binaries().join(name)
}

/// Where PostgreSQL's programs are: Debian keeps them off the PATH.
fn binaries() -> PathBuf {
    let debian = PathBuf::from("/usr/lib/postgresql/15/bin");
    if debian.is_dir() { debian } else { PathBuf::new() }
}

/// Tells tests where PostgreSQL is.
pub const DATABASE_URL: &str = "TEST_DATABASE_URL";
/// Tells tests where Redis is.
pub const REDIS_URL: &str = "TEST_REDIS_URL";
/// Tells tests which kind of Redis to start for themselves, if not to use that one.
pub const REDIS_KIND: &str = "TEST_REDIS_KIND";

/// Reads one of the two, or says how to run the tests.
pub(crate) fn shared(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run `make test`, \
             or `cargo run -p testing --bin with-servers -- cargo nextest run`"
        )
    })
}
