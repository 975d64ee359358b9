//! What the owner's backup script has reported.

use chrono::{DateTime, Utc};
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::schema::backup_reports;

text_enum! {
    /// What was reported.
    pub enum BackupKind {
        /// A backup.
        Backup = "backup",
        /// A trial of restoring one.
        RestoreDrill = "restore_drill",
    }
}

/// The last of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastBackup {
    /// When the last one that succeeded was finished, if one ever was.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// Whether one failed since.
    pub failed_since: bool,
}

/// How the last backups or restore drills went.
pub async fn last(connection: &mut AsyncPgConnection, kind: BackupKind) -> Result<LastBackup> {
    let newest = |succeeded: bool| {
        backup_reports::table
            .filter(backup_reports::kind.eq(kind).and(backup_reports::succeeded.eq(succeeded)))
            .order(backup_reports::finished_at.desc())
            .select(backup_reports::finished_at)
    };
    let succeeded_at: Option<DateTime<Utc>> = newest(true).first(connection).await.optional()?;
    let failed_at: Option<DateTime<Utc>> = newest(false).first(connection).await.optional()?;
    Ok(LastBackup { succeeded_at, failed_since: failed_at.is_some_and(|at| succeeded_at.is_none_or(|last| last < at)) })
}
