//! Asking PostgreSQL and Redis, for no longer than a page may take. What is not known in time is left out, and said so.

use std::time::Duration;

use database::Connection;

use super::Monitor;

/// A page is there within two seconds, whatever hangs.
const PATIENCE: Duration = Duration::from_millis(1500);

impl Monitor {
    /// What PostgreSQL says; none when it does not, in time.
    pub async fn postgres<T>(&self, ask: impl AsyncFnOnce(&mut Connection) -> database::Result<T>) -> Option<T> {
        let asked = async {
            let mut connection = self.pool.get().await?;
            ask(&mut connection).await
        };
        in_time("PostgreSQL", asked).await
    }

    /// What Redis says; none when it does not, in time.
    pub async fn redis<T>(&self, asked: impl Future<Output = queue::Result<T>>) -> Option<T> {
        in_time("Redis", asked).await
    }
}

async fn in_time<T, E: std::fmt::Display>(who: &str, asked: impl Future<Output = Result<T, E>>) -> Option<T> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(error)) => {
            tracing::warn!("the job monitor leaves out what {who} knows: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("the job monitor leaves out what {who} knows: no answer in time");
            None
        }
    }
}
