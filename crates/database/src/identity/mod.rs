//! Who people and agents are. Written by auth-service.

pub mod agents;
pub mod logins;
pub mod passwords;
pub mod revocations;
pub mod sessions;
pub mod totp;
pub mod users;

use common::claims::Claims;
use common::problem::Problem;
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::schema::{sessions as session_rows, users as user_rows};
use users::{User, UserState};

/// Reads the person behind a token again, in the caller's transaction, and refuses what they may not do now.
///
/// Every write begins with it: a token may be a day old, and its person's rights may have changed since.
pub async fn authorize(connection: &mut AsyncPgConnection, claims: &Claims, permission: Permission) -> Result<User> {
    let found: Option<User> = user_rows::table
        .inner_join(session_rows::table)
        .filter(user_rows::id.eq(claims.user.id))
        .filter(session_rows::id.eq(claims.sid))
        .filter(session_rows::revoked_at.is_null())
        .filter(session_rows::expires_at.gt(diesel::dsl::now))
        .select(User::as_select())
        .first(connection)
        .await
        .optional()?;
    match found {
        Some(user) if user.state == UserState::Active => {
            if user.role.allows(permission) {
                Ok(user)
            } else {
                Err(Problem::lacks(permission).into())
            }
        }
        _ => Err(Problem::unauthorized("this session has ended: log in again").into()),
    }
}

/// Deletes what has lost its use: refresh tokens and e-mailed tokens that are over, failures that are forgotten, and
/// revocations that no verifier holds any more. Returns how many rows.
pub async fn clear_expired(connection: &mut AsyncPgConnection) -> Result<usize> {
    // In batches: no lock is held for long, whatever has piled up.
    const BATCHES: [&str; 4] = [
        "DELETE FROM refresh_tokens WHERE hash IN (
            SELECT hash FROM refresh_tokens WHERE expires_at < now() LIMIT 5000)",
        "DELETE FROM account_tokens WHERE hash IN (
            SELECT hash FROM account_tokens WHERE expires_at < now() - interval '1 day' LIMIT 5000)",
        "DELETE FROM login_failures WHERE account IN (
            SELECT account FROM login_failures WHERE failed_at < now() - interval '1 day' LIMIT 5000)",
        // An hour later than verifiers forget it, so that no token can be made that says less than they remember.
        "DELETE FROM revocations WHERE id IN (
            SELECT id FROM revocations WHERE expires_at < now() - interval '1 hour' LIMIT 5000)",
    ];
    let mut cleared = 0;
    for batch in BATCHES {
        cleared += diesel::sql_query(batch).execute(connection).await?;
    }
    Ok(cleared)
}
