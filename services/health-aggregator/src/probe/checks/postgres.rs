//! PostgreSQL, and what is read from it about itself.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use database::execution::{Backlog, queues};
use database::health::backups::{self, BackupKind};
use database::health::replicas;

use crate::probe::{Answer, InPostgres, Inner, Verdict};

impl Inner {
    pub(in crate::probe) async fn ask_database(&self) -> Answer {
        self.pool.check().await?;
        Ok(Verdict::healthy())
    }

    pub(in crate::probe) async fn read_backlog(&self) -> anyhow::Result<InPostgres> {
        let mut connection = self.pool.get().await?;
        let backlog = Backlog::read(&mut connection).await?;
        Ok(InPostgres { backlog, queues: queues::list(&mut connection).await? })
    }

    pub(in crate::probe) async fn ask_replicas(&self) -> Answer {
        let following = replicas::list(&mut *self.pool.get().await?).await?;
        let (found, expected) = (following.len(), usize::from(self.targets.replicas));
        let lag = following.iter().map(|replica| replica.lag_seconds).fold(0.0, f64::max);
        self.with_state(|state| state.replicas = following);
        Ok(if found < expected {
            Verdict::unhealthy(format!("{found} of {expected} replicas follow"))
        } else if lag > self.targets.replication_max_lag.as_secs_f64() {
            Verdict::degraded(format!("a replica is {lag:.0} s behind"))
        } else {
            Verdict::healthy()
        })
    }

    pub(in crate::probe) async fn ask_backups(&self) -> Answer {
        self.ask_reports(BackupKind::Backup, self.targets.backup_max_age.unwrap_or_default()).await
    }

    pub(in crate::probe) async fn ask_restore_drills(&self) -> Answer {
        self.ask_reports(BackupKind::RestoreDrill, self.targets.restore_drill_max_age.unwrap_or_default()).await
    }

    async fn ask_reports(&self, kind: BackupKind, max_age: Duration) -> Answer {
        let last = backups::last(&mut *self.pool.get().await?, kind).await?;
        let Some(succeeded_at) = last.succeeded_at else {
            return Ok(Verdict::unhealthy(format!("no {kind} has ever succeeded")));
        };
        self.with_state(|state| state.backups.insert(kind, succeeded_at));
        let max_age = TimeDelta::from_std(max_age).unwrap_or(TimeDelta::MAX);
        Ok(if Utc::now() - succeeded_at > max_age {
            Verdict::unhealthy(format!("the last {kind} that succeeded is of {succeeded_at}"))
        } else if last.failed_since {
            Verdict::degraded(format!("the last {kind} failed"))
        } else {
            Verdict::healthy()
        })
    }
}
