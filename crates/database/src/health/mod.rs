//! How the whole has been: what the health aggregator measured, its incidents, and what it reads of PostgreSQL itself.

pub mod backups;
pub mod buckets;
pub mod history;
pub mod incidents;
pub mod replicas;

use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;

/// Tries to become the one health aggregator that writes, and stays it for as long as the connection lives.
///
/// To ask again on a connection that is it already is harmless.
pub async fn take_the_pen(connection: &mut AsyncPgConnection) -> Result<bool> {
    #[derive(diesel::QueryableByName)]
    struct Turn {
        #[diesel(sql_type = Bool)]
        mine: bool,
    }
    let turn: Turn = diesel::sql_query("SELECT pg_try_advisory_lock(hashtextextended('health history', 0)) AS mine")
        .get_result(connection)
        .await?;
    Ok(turn.mine)
}
