//! Requests that are sent more than once and done once.

use common::http::RequestKey;
use common::problem::Problem;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::idempotency_keys as keys;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = keys)]
pub struct Answer {
    /// The HTTP status.
    pub status: i16,
    /// The body.
    pub body: Value,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// The answer to an earlier request with the same key, if there was one; otherwise the key is the caller's until their
/// transaction ends. An act that is to be done once asks here first and ends with [`keep`], in one transaction: a crash in
/// between leaves all of it or nothing.
///
/// Refused: the same key with another request (422), and while the first request with it is still being done (409).
pub async fn earlier(
    connection: &mut AsyncPgConnection,
    caller: Uuid,
    key: Option<&RequestKey>,
) -> Result<Option<Answer>> {
    let Some(RequestKey { key, request }) = key else { return Ok(None) };
    let Locked { locked } = diesel::sql_query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS locked")
        .bind::<Text, _>(format!("{caller} {key}"))
        .get_result(connection)
        .await?;
    if !locked {
        let message = "the first request with this Idempotency-Key is still being done: try again in a second";
        return Err(Problem::conflict("still_running", message).retry_after(1).into());
    }
    let found: Option<(Vec<u8>, Answer)> = keys::table
        .find((caller, key))
        .select((keys::request, Answer::as_select()))
        .first(connection)
        .await
        .optional()?;
    match found {
        None => Ok(None),
        Some((earlier, answer)) if earlier == request => Ok(Some(answer)),
        Some(_) => {
            let message = "this Idempotency-Key was used for another request: choose a new one";
            Err(Problem::unprocessable("key_reused", message).into())
        }
    }
}

/// Keeps the answer to a request, for whoever sends it again. What is refused is not kept: it may be sent again.
pub async fn keep(
    connection: &mut AsyncPgConnection,
    caller: Uuid,
    key: Option<&RequestKey>,
    answer: &Answer,
) -> Result<()> {
    let Some(RequestKey { key, request }) = key else { return Ok(()) };
    diesel::insert_into(keys::table)
        .values((
            keys::caller.eq(caller),
            keys::key.eq(key),
            keys::request.eq(&request[..]),
            keys::status.eq(answer.status),
            keys::body.eq(&answer.body),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets keys that are older than a day, up to `limit` of them; returns how many.
pub async fn clear_expired(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    const CLEAR: &str = "
        DELETE FROM idempotency_keys WHERE (caller, key) IN (
            SELECT caller, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT $1)";
    Ok(diesel::sql_query(CLEAR).bind::<diesel::sql_types::BigInt, _>(i64::from(limit)).execute(connection).await?)
}
