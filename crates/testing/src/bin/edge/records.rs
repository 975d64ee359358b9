//! What NGINX and the services say that they were asked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use testing::runtime::variable;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

/// How long a line may take until it is in its file.
const PATIENCE: Duration = Duration::from_secs(20);

/// The logs, from the moment on at which this program began.
pub struct Records {
    access_log: Log,
    services: Vec<Log>,
}

struct Log {
    path: PathBuf,
    begin: u64,
}

impl Records {
    /// From now on.
    pub async fn begin() -> anyhow::Result<Self> {
        let access_log = Log::begin(variable("ACCESS_LOG")?.into()).await?;
        let (logs, mut services) = (PathBuf::from(variable("RUN_LOGS")?), Vec::new());
        for name in ["auth-service", "council-service", "health-aggregator"] {
            services.push(Log::begin(logs.join(format!("{name}.log"))).await?);
        }
        Ok(Self { access_log, services })
    }

    /// Waits until a request of this name, which did reach a service, stands in NGINX's log and in one of a service: then
    /// whatever was asked before stands there, too.
    pub async fn reached(&self, request_id: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let seen = self.where_is(request_id).await?;
            if seen.len() >= 2 {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "an ordinary request was logged by nobody but {seen:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// In which logs a request's name stands.
    pub async fn where_is(&self, request_id: &str) -> anyhow::Result<Vec<&Path>> {
        let mut found = Vec::new();
        for log in std::iter::once(&self.access_log).chain(&self.services) {
            if log.read().await?.contains(request_id) {
                found.push(log.path.as_path());
            }
        }
        Ok(found)
    }
}

impl Log {
    async fn begin(path: PathBuf) -> anyhow::Result<Self> {
        let about = tokio::fs::metadata(&path).await.with_context(|| format!("{} can't be read", path.display()))?;
        Ok(Self { path, begin: about.len() })
    }

    async fn read(&self) -> anyhow::Result<String> {
        let mut file = tokio::fs::File::open(&self.path).await?;
        file.seek(SeekFrom::Start(self.begin)).await?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
