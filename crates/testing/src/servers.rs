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
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server ended at once ({status}): {}", std::fs::read_to_string(log).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("the server did not come up: {}", std::fs::read_to_string(log).unwrap_or_default())
}

/// A Redis server that ends with the value.
pub struct RedisServer {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl RedisServer {
    /// Starts a server that keeps nothing.
    pub fn start() -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("codex-redis-").tempdir()?;
        let (port, log) = (free_port()?, directory.path().join("log"));
        let mut child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--databases", "20000", "--dir"])
            .arg(directory.path())
            .stdout(std::fs::File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()
            .context("redis-server can't be started: is it installed?")?;
        wait_for(port, &mut child, &log)?;
        Ok(Self { child, port, _directory: directory })
    }

    /// Where it is, without a database number.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
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
    _directory: tempfile::TempDir,
}

impl PostgresServer {
    /// Starts an empty server that does not sync to disk: tests need speed, not durability.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&["fsync=off", "synchronous_commit=off", "full_page_writes=off"])
    }

    /// Starts an empty server that keeps what it has confirmed, as in production.
    pub fn start_durable() -> anyhow::Result<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("codex-postgres-").tempdir()?;
        let (data, log, port) = (directory.path().join("data"), directory.path().join("log"), free_port()?);
        let account = account()?;
        if let Some((user, group)) = account {
            std::os::unix::fs::chown(directory.path(), Some(user), Some(group))?;
        }
        let command = |program: &str| {
            let mut command = Command::new(binaries().join(program));
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command.current_dir(directory.path()).stdin(Stdio::null());
            command
        };
        let made = command("initdb")
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .output()
            .context("initdb can't be started: is postgresql-15 installed?")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let mut child = command("postgres")
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .args(["-c", "max_connections=400", "-c", "shared_buffers=128MB", "-c", "max_locks_per_transaction=256"])
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        wait_for(port, &mut child, &log)?;
        // It takes connections a moment before it answers them with more than that it is starting up.
        let ready = || {
            let asked = command("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status();
            asked.context("pg_isready can't be started: is postgresql-15 installed?")
        };
        while !ready()?.success() {
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL ended at once ({status}): {}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { child, port, _directory: directory })
    }

    /// A URL for a role and a database of this server.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // SIGQUIT is PostgreSQL's immediate shutdown: it ends its children, too, which SIGKILL would orphan.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
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

/// Where PostgreSQL's programs are: Debian keeps them off the PATH.
fn binaries() -> PathBuf {
    let debian = PathBuf::from("/usr/lib/postgresql/15/bin");
    if debian.is_dir() { debian } else { PathBuf::new() }
}

/// Tells tests where PostgreSQL is.
pub const DATABASE_URL: &str = "TEST_DATABASE_URL";
/// Tells tests where Redis is.
pub const REDIS_URL: &str = "TEST_REDIS_URL";

/// Reads one of the two, or says how to run the tests.
pub(crate) fn shared(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run `make test`, \
             or `cargo run -p testing --bin with-servers -- cargo nextest run`"
        )
    })
}
