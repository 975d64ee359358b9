//! Who may try to log in, and what comes of a try.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::UserId;
use common::keys::secret_hash;
use common::text::Email;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::sessions::{self, Device, Lifetimes, Session};
use super::totp::{self, Factor};
use super::users::{User, UserState};
use crate::audit::{self, Act};
use crate::clock::now;
use crate::error::Result;
use crate::schema::{login_failures, totp as totp_rows, users};

/// How many failures an account has before it must wait.
const FREE: i32 = 5;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait: nobody is locked out by others for much longer than they try.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How long failures are remembered.
pub const MEMORY: Duration = Duration::from_hours(24);

/// What is known of an address that somebody logs in with.
pub struct Known {
    /// The person, if it is anybody's.
    pub user: Option<User>,
    /// The bcrypt hash of their password, if they have one.
    pub password_hash: Option<String>,
    /// The encrypted secret of their authenticator, if they use one.
    pub totp_secret: Option<Vec<u8>>,
    /// How long nobody may try.
    pub wait: Option<Duration>,
}

/// Looks an address up. The same work is done whether or not it is anybody's.
pub async fn look_up(connection: &mut AsyncPgConnection, email: &Email) -> Result<Known> {
    let found: Option<(User, Option<String>, Option<Vec<u8>>)> = users::table
        .left_join(totp_rows::table.on(totp_rows::user_id.eq(users::id).and(totp_rows::confirmed_at.is_not_null())))
        .filter(users::email.eq(email.as_str()))
        .select((User::as_select(), users::password_hash, totp_rows::secret.nullable()))
        .first(connection)
        .await
        .optional()?;
    let locked_until: Option<Option<DateTime<Utc>>> = login_failures::table
        .find(&account(email)[..])
        .select(login_failures::locked_until)
        .first(connection)
        .await
        .optional()?;
    let wait = locked_until.flatten().and_then(|until| (until - Utc::now()).to_std().ok());
    let (user, password_hash, totp_secret) = match found {
        Some((user, password_hash, secret)) => (Some(user), password_hash, secret),
        None => (None, None, None),
    };
    Ok(Known { user, password_hash, totp_secret, wait })
}

/// What somebody has shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Not the password of an active person.
    Nothing(&'a str),
    /// The password of a person who uses no second factor.
    Password,
    /// The password and what may be the second factor.
    Both(Factor<'a>),
    /// The password of a person whose second factor is still to be asked for.
    PasswordOnly,
}

/// What comes of a try.
#[derive(Debug)]
pub enum Outcome {
    /// They are in.
    In(Box<Session>),
    /// They are not who they say, or may not log in.
    Refused,
    /// A second factor is needed.
    SecondFactorNeeded,
    /// Too many have failed: nobody may try for so long.
    Locked(Duration),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = login_failures)]
struct Earlier {
    failures: i32,
    failed_at: DateTime<Utc>,
    locked_until: Option<DateTime<Utc>>,
}

/// Settles a try: opens a session or counts a failure, and puts it on the record.
///
/// Tries of one account are settled one after the other, and a right password counts for nothing once the failures
/// before it have locked the account: sending many guesses at once gains nobody more of them.
pub async fn settle(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    email: &Email,
    user: Option<&User>,
    shown: Shown<'_>,
    device: Device<'_>,
    lifetimes: Lifetimes,
) -> Result<Outcome> {
    connection
        .transaction(async |connection| {
            let account = account(email);
            take_turns(connection, &account).await?;
            let failed: Option<Earlier> = login_failures::table
                .find(&account[..])
                .select(Earlier::as_select())
                .first(connection)
                .await
                .optional()?;
            if let Some(until) = failed.as_ref().and_then(|failed| failed.locked_until)
                && let Ok(wait) = (until - now(connection).await?).to_std()
            {
                refuse(connection, context, user, "locked").await?;
                return Ok(Outcome::Locked(wait));
            }
            let clean = failed.is_none();
            let wrong = match (shown, user) {
                (Shown::Nothing(reason), _) => reason,
                (_, None) => "wrong credentials",
                (Shown::PasswordOnly, Some(_)) => return Ok(Outcome::SecondFactorNeeded),
                (Shown::Password, Some(user)) => {
                    let detail = json!({"factors": ["password"]});
                    return admit(connection, context, (!clean).then_some(&account), user, device, lifetimes, detail)
                        .await;
                }
                (Shown::Both(factor), Some(user)) => {
                    if totp::accept(connection, context, user.id, factor).await? {
                        let detail = json!({"factors": ["password", factor.name()]});
                        return admit(
                            connection,
                            context,
                            (!clean).then_some(&account),
                            user,
                            device,
                            lifetimes,
                            detail,
                        )
                        .await;
                    }
                    "wrong second factor"
                }
            };
            let now = now(connection).await?;
            let remembered = failed.filter(|failed| (now - failed.failed_at).to_std().is_ok_and(|ago| ago < MEMORY));
            let failures = remembered.map_or(0, |failed| failed.failures) + 1;
            let locked_until = wait_after(failures).map(|wait| now + wait);
            diesel::insert_into(login_failures::table)
                .values((
                    login_failures::account.eq(&account[..]),
                    login_failures::failures.eq(failures),
                    login_failures::failed_at.eq(now),
                    login_failures::locked_until.eq(locked_until),
                ))
                .on_conflict(login_failures::account)
                .do_update()
                .set((
                    login_failures::failures.eq(failures),
                    login_failures::failed_at.eq(now),
                    login_failures::locked_until.eq(locked_until),
                ))
                .execute(connection)
                .await?;
            refuse(connection, context, user, wrong).await?;
            if let (Some(_), Some(user)) = (locked_until, user) {
                let act = Act::new(Actor::System, "user.locked", "user", user.id)
                    .with(json!({"failures": failures, "until": locked_until}));
                audit::record(connection, context, act).await?;
            }
            Ok(Outcome::Refused)
        })
        .await
}

/// Waits until no other try of this account is being settled, until the caller's transaction ends. A row could not be
/// locked: before the first failure there is none.
async fn take_turns(connection: &mut AsyncPgConnection, account: &[u8; 32]) -> Result<()> {
    let lock = account.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(lock)
        .execute(connection)
        .await?;
    Ok(())
}

async fn admit(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    failed: Option<&[u8; 32]>,
    user: &User,
    device: Device<'_>,
    lifetimes: Lifetimes,
    detail: serde_json::Value,
) -> Result<Outcome> {
    // Between the look-up and now, an admin may have decided otherwise.
    let state: UserState = users::table.find(user.id).select(users::state).for_share().first(connection).await?;
    if state != UserState::Active {
        refuse(connection, context, Some(user), "deactivated").await?;
        return Ok(Outcome::Refused);
    }
    if let Some(account) = failed {
        forget_failures(connection, account).await?;
    }
    let session = sessions::open(connection, context, user, device, lifetimes, detail).await?;
    Ok(Outcome::In(Box::new(session)))
}

/// Forgets the failures of an account whose person has shown who they are, in the caller's transaction.
pub(super) async fn forget_failures(connection: &mut AsyncPgConnection, account: &[u8; 32]) -> Result<()> {
    diesel::delete(login_failures::table.find(&account[..])).execute(connection).await?;
    Ok(())
}

/// Puts a refused login on the record, in the caller's transaction or alone.
pub async fn refuse(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: Option<&User>,
    reason: &str,
) -> Result<()> {
    let whose = user.map_or_else(|| "unknown".to_owned(), |user| user.id.to_string());
    let act = Act::new(Actor::Anonymous, "session.refused", "user", whose).with(json!({"reason": reason}));
    audit::record(connection, context, act).await
}

/// A person has shown a wrong password to an act of their own, such as a change of it: counts as a failed login does.
/// Returns how long they have to wait now.
pub async fn count_failure(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: UserId,
    device: Device<'_>,
    lifetimes: Lifetimes,
) -> Result<()> {
    let user: User = users::table.find(user).select(User::as_select()).first(connection).await?;
    let Ok(email) = Email::try_from(user.email.clone()) else { return Ok(()) };
    let shown = Shown::Nothing("wrong password for a change of the account");
    settle(connection, context, &email, Some(&user), shown, device, lifetimes).await.map(drop)
}

/// What failures of an address are counted under: the address itself is not kept, it may be a stranger's.
pub(super) fn account(email: &Email) -> [u8; 32] {
    secret_hash(email.as_str())
}

/// How long an account must wait after so many failures.
fn wait_after(failures: i32) -> Option<Duration> {
    let doublings = u32::try_from(failures - FREE).ok()?;
    Some(FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::wait_after;

    #[test]
    fn five_failures_cost_a_wait_and_each_further_one_twice_as_much() {
        let seconds = |failures| wait_after(failures).map(|wait| wait.as_secs());
        assert_eq!(
            [1, 4, 5, 6, 9, 10, 1_000_000].map(seconds),
            [None, None, Some(30), Some(60), Some(480), Some(900), Some(900)]
        );
    }
}
