//! The database's clock: the only one that ends leases and makes attempts due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::{Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;

/// The time so long from now, to the microsecond.
pub fn from_now(delay: Duration) -> SqlLiteral<Nullable<Timestamptz>> {
    // A number of ours, never a text from outside.
    sql(&format!("now() + interval '{} microseconds'", delay.as_micros()))
}

/// The time so long before now, to the microsecond.
pub fn ago(time: Duration) -> SqlLiteral<Nullable<Timestamptz>> {
    sql(&format!("now() - interval '{} microseconds'", time.as_micros()))
}

diesel::define_sql_function! {
    /// The time now, not that of the transaction's beginning.
    fn clock_timestamp() -> Timestamptz;
}

/// The time by the database's clock.
pub async fn now(connection: &mut AsyncPgConnection) -> Result<DateTime<Utc>> {
    Ok(diesel::select(clock_timestamp()).get_result(connection).await?)
}
