//! The replicas of PostgreSQL.

use diesel::sql_types::{Double, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;

/// A replica that follows.
#[derive(Clone, Debug, PartialEq, diesel::QueryableByName)]
pub struct Replica {
    /// What it calls itself: its `application_name`.
    #[diesel(sql_type = Text, column_name = replica)]
    pub name: String,
    /// How far it is behind, in seconds.
    #[diesel(sql_type = Double)]
    pub lag_seconds: f64,
}

/// The replicas that follow now. Where the owner may not read the statistics, there seem to be none.
pub async fn list(connection: &mut AsyncPgConnection) -> Result<Vec<Replica>> {
    Ok(diesel::sql_query("SELECT replica, lag_seconds FROM replicas()").load(connection).await?)
}
