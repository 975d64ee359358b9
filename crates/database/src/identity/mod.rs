//! Who people and agents are. Written by auth-service.

pub mod agents;
pub mod sessions;
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
