//! Which access tokens no longer hold, written in the transaction of the act that ends them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::claims::MAX_LIFETIME;
use common::ids::{SessionId, UserId};
use common::revocations::Revocation;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::clock::from_now;
use crate::error::Result;
use crate::schema::revocations;

/// How far back to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Everything that matters still.
    Ever,
    /// The last two minutes: far longer than a transaction here takes, so that none that ended late is passed over.
    Lately,
}

/// The revocations that matter still.
pub async fn load(connection: &mut AsyncPgConnection, since: Since) -> Result<Vec<Revocation>> {
    let mut query = revocations::table
        .filter(revocations::expires_at.gt(diesel::dsl::now))
        .order(revocations::id)
        .select((revocations::id, revocations::user_id, revocations::session_id, revocations::expires_at))
        .into_boxed();
    if since == Since::Lately {
        query = query.filter(revocations::created_at.gt(sql::<Timestamptz>("now() - interval '2 minutes'")));
    }
    let rows: Vec<(i64, UserId, Option<SessionId>, DateTime<Utc>)> = query.load(connection).await?;
    let revocation = |(id, user_id, session_id, expires_at)| Revocation { id, user_id, session_id, expires_at };
    Ok(rows.into_iter().map(revocation).collect())
}

/// Revokes all tokens of a person that were made so far, in the caller's transaction. Their sessions go on: a refresh
/// gets a token that says what is so now.
pub async fn revoke_tokens(connection: &mut AsyncPgConnection, user: UserId) -> Result<()> {
    revoke(connection, user, &[None]).await
}

/// Revokes the tokens of sessions, in the caller's transaction.
pub(super) async fn revoke_sessions(
    connection: &mut AsyncPgConnection,
    user: UserId,
    sessions: &[SessionId],
) -> Result<()> {
    let sessions: Vec<_> = sessions.iter().copied().map(Some).collect();
    revoke(connection, user, &sessions).await
}

/// For how long a revocation is kept: longer than any token holds, by whichever machine's clock.
const KEPT: Duration = MAX_LIFETIME.saturating_add(Duration::from_mins(5));

async fn revoke(connection: &mut AsyncPgConnection, user: UserId, sessions: &[Option<SessionId>]) -> Result<()> {
    let rows: Vec<_> = sessions
        .iter()
        .map(|session| {
            (
                revocations::user_id.eq(user),
                revocations::session_id.eq(session),
                revocations::expires_at.eq(from_now(KEPT).assume_not_null()),
            )
        })
        .collect();
    diesel::insert_into(revocations::table).values(rows).execute(connection).await?;
    Ok(())
}

/// The number of the last revocation of a person's tokens. To be read before what the token will say of them: a change
/// in between then makes the new token one that is refused, never one that says what is no longer so.
pub(super) async fn last(connection: &mut AsyncPgConnection, user: UserId) -> Result<i64> {
    let last: Option<i64> = revocations::table
        .filter(revocations::user_id.eq(user))
        .filter(revocations::session_id.is_null())
        .select(diesel::dsl::max(revocations::id))
        .first(connection)
        .await?;
    Ok(last.unwrap_or(0))
}
