//! Changes of passwords: by who knows the old one, and by who reads the mail of the account.

use std::time::Duration;

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::Problem;
use common::roles::Permission;
use common::text::Email;
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::sessions::{self, Which};
use super::users::{User, UserState};
use super::{authorize, logins};
use crate::audit::{self, Act};
use crate::clock::from_now;
use crate::error::Result;
use crate::outbox::{self, Mail, Notice};
use crate::schema::{account_tokens, users};

text_enum! {
    /// What an e-mailed token lets its reader do.
    pub enum Purpose {
        /// Choose a first password.
        Invitation = "invitation",
        /// Choose another password.
        PasswordReset = "password_reset",
    }
}

impl Purpose {
    /// How long its token holds.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Invitation => Duration::from_hours(7 * 24),
            Self::PasswordReset => Duration::from_hours(1),
        }
    }
}

/// The hash of a person's password, for who has to show it again.
pub async fn hash_of(connection: &mut AsyncPgConnection, user: UserId) -> Result<Option<String>> {
    let hash: Option<Option<String>> =
        users::table.find(user).select(users::password_hash).first(connection).await.optional()?;
    Ok(hash.flatten())
}

/// A person who has shown their password chooses another; `old_hash` is what it was checked with. Their other sessions
/// end.
pub async fn change(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    old_hash: &str,
    new_hash: &str,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let same = users::table.find(user.id).filter(users::password_hash.eq(old_hash));
            let changed = diesel::update(same)
                .set((users::password_hash.eq(new_hash), users::updated_at.eq(diesel::dsl::now)))
                .execute(connection)
                .await?;
            if changed == 0 {
                return Err(
                    Problem::conflict("password_changed", "the password was changed meanwhile: log in again").into()
                );
            }
            let actor = Actor::User(user.id);
            let act = Act::new(actor, "password.changed", "user", user.id).with(json!({"how": "by its person"}));
            audit::record(connection, context, act).await?;
            forget_tokens(connection, user.id).await?;
            let others = Which::AllBut(claims.sid);
            sessions::end_matching(connection, context, actor, user.id, others, "password changed").await?;
            outbox::notify(connection, user.id, Notice::PasswordChanged).await
        })
        .await
}

/// Somebody asks for a new password for an address. What is done here is the same for every address: whether it is
/// anybody's, only who sends the mail finds out.
pub async fn request_reset(connection: &mut AsyncPgConnection, context: &RequestContext, email: &Email) -> Result<()> {
    connection
        .transaction(async |connection| {
            let act = Act::new(Actor::Anonymous, "password.reset_requested", "user", "unknown");
            audit::record(connection, context, act).await?;
            outbox::send(connection, &Mail::PasswordReset { email: email.clone() }).await
        })
        .await
}

/// Makes a token for a mail that is about to be sent, in place of earlier ones of its purpose. `None` when there is
/// nobody to send it to, or one was made within the last minute: nobody's mailbox is to be flooded.
pub async fn issue_token(
    connection: &mut AsyncPgConnection,
    user: &User,
    purpose: Purpose,
    hash: &[u8; 32],
) -> Result<bool> {
    let wanted = match purpose {
        Purpose::Invitation => UserState::Invited,
        Purpose::PasswordReset => UserState::Active,
    };
    connection
        .transaction(async |connection| {
            let state: UserState =
                users::table.find(user.id).select(users::state).for_update().first(connection).await?;
            let of_purpose = account_tokens::table
                .filter(account_tokens::user_id.eq(user.id))
                .filter(account_tokens::purpose.eq(purpose));
            let just_made: i64 = of_purpose
                .filter(
                    account_tokens::created_at
                        .gt(diesel::dsl::sql::<diesel::sql_types::Timestamptz>("now() - interval '1 minute'")),
                )
                .count()
                .get_result(connection)
                .await?;
            if state != wanted || just_made > 0 {
                return Ok(false);
            }
            diesel::delete(of_purpose).execute(connection).await?;
            diesel::insert_into(account_tokens::table)
                .values((
                    account_tokens::hash.eq(&hash[..]),
                    account_tokens::user_id.eq(user.id),
                    account_tokens::purpose.eq(purpose),
                    account_tokens::expires_at.eq(from_now(purpose.lifetime()).assume_not_null()),
                ))
                .execute(connection)
                .await?;
            Ok(true)
        })
        .await
}

/// Takes back a token whose mail could not be sent, so that the next try makes another.
pub async fn withdraw_token(connection: &mut AsyncPgConnection, hash: &[u8; 32]) -> Result<()> {
    diesel::delete(account_tokens::table.find(&hash[..])).execute(connection).await?;
    Ok(())
}

/// The person whom an e-mailed token is good for now.
pub async fn find_by_token(
    connection: &mut AsyncPgConnection,
    purpose: Purpose,
    hash: &[u8; 32],
) -> Result<Option<User>> {
    Ok(account_tokens::table
        .inner_join(users::table)
        .filter(account_tokens::hash.eq(&hash[..]))
        .filter(account_tokens::purpose.eq(purpose))
        .filter(account_tokens::used_at.is_null())
        .filter(account_tokens::expires_at.gt(diesel::dsl::now))
        .select(User::as_select())
        .first(connection)
        .await
        .optional()?)
}

/// Who reads the mail of an account chooses its password: uses the token up, and ends every session.
pub async fn redeem_token(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    purpose: Purpose,
    hash: &[u8; 32],
    password_hash: &str,
) -> Result<Option<User>> {
    connection
        .transaction(async |connection| {
            let unused = account_tokens::table
                .find(&hash[..])
                .filter(account_tokens::purpose.eq(purpose))
                .filter(account_tokens::used_at.is_null())
                .filter(account_tokens::expires_at.gt(diesel::dsl::now));
            let user: Option<UserId> = diesel::update(unused)
                .set(account_tokens::used_at.eq(diesel::dsl::now))
                .returning(account_tokens::user_id)
                .get_result(connection)
                .await
                .optional()?;
            let Some(id) = user else { return Ok(None) };
            let (wanted, action) = match purpose {
                Purpose::Invitation => (UserState::Invited, "invitation.accepted"),
                Purpose::PasswordReset => (UserState::Active, "password.changed"),
            };
            let user: Option<User> = diesel::update(users::table.find(id).filter(users::state.eq(wanted)))
                .set((
                    users::password_hash.eq(password_hash),
                    users::state.eq(UserState::Active),
                    users::updated_at.eq(diesel::dsl::now),
                ))
                .returning(User::as_returning())
                .get_result(connection)
                .await
                .optional()?;
            let Some(user) = user else { return Ok(None) };
            let actor = Actor::User(user.id);
            let act = Act::new(actor, action, "user", user.id).with(json!({"how": "by e-mail"}));
            audit::record(connection, context, act).await?;
            sessions::end_matching(connection, context, actor, user.id, Which::All, "password changed").await?;
            if let Ok(email) = Email::try_from(user.email.clone()) {
                logins::forget_failures(connection, &logins::account(&email)).await?;
            }
            if purpose == Purpose::PasswordReset {
                outbox::notify(connection, user.id, Notice::PasswordChanged).await?;
            }
            Ok(Some(user))
        })
        .await
}

/// Forgets every e-mailed token of a person, in the caller's transaction.
pub(super) async fn forget_tokens(connection: &mut AsyncPgConnection, user: UserId) -> Result<()> {
    diesel::delete(account_tokens::table.filter(account_tokens::user_id.eq(user))).execute(connection).await?;
    Ok(())
}
