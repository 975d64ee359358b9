//! Who may try to log in, and what comes of a try.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::UserId;
use common::keys::secret_hash;
use common::problem::Problem;
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

/// A try of an account that is being settled: no other one of the same account is, until the transaction ends.
struct Try {
    account: [u8; 32],
    earlier: Option<Earlier>,
}

/// Whether an account may be tried now.
enum Turn {
    /// It may.
    Open(Try),
    /// Too many have failed: nobody may try for so long.
    Locked(Duration),
}

impl Try {
    /// Waits until no other try of this account is being settled, in the caller's transaction. A try of a locked account
    /// is refused, which is on the record.
    async fn begin(
        connection: &mut AsyncPgConnection,
        context: &RequestContext,
        email: &Email,
        user: Option<&User>,
    ) -> Result<Turn> {
        let account = account(email);
        // A row could not be locked: before the first failure there is none.
        let lock = account.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<diesel::sql_types::BigInt, _>(lock)
            .execute(connection)
            .await?;
        let earlier: Option<Earlier> =
            login_failures::table.find(&account[..]).select(Earlier::as_select()).first(connection).await.optional()?;
        if let Some(until) = earlier.as_ref().and_then(|earlier| earlier.locked_until)
            && let Ok(wait) = (until - now(connection).await?).to_std()
        {
            refuse(connection, context, user, "locked").await?;
            return Ok(Turn::Locked(wait));
        }
        Ok(Turn::Open(Self { account, earlier }))
    }

    /// Counts a failure, and puts it on the record.
    async fn fail(
        self,
        connection: &mut AsyncPgConnection,
        context: &RequestContext,
        user: Option<&User>,
        reason: &str,
    ) -> Result<()> {
        let now = now(connection).await?;
        let remembered =
            self.earlier.filter(|earlier| (now - earlier.failed_at).to_std().is_ok_and(|ago| ago < MEMORY));
        let failures = remembered.map_or(0, |earlier| earlier.failures) + 1;
        let locked_until = wait_after(failures).map(|wait| now + wait);
        diesel::insert_into(login_failures::table)
            .values((
                login_failures::account.eq(&self.account[..]),
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
        refuse(connection, context, user, reason).await?;
        if let (Some(_), Some(user)) = (locked_until, user) {
            let act = Act::new(Actor::System, "user.locked", "user", user.id)
                .with(json!({"failures": failures, "until": locked_until}));
            audit::record(connection, context, act).await?;
        }
        Ok(())
    }
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
            let current = match Try::begin(connection, context, email, user).await? {
                Turn::Open(current) => current,
                Turn::Locked(wait) => return Ok(Outcome::Locked(wait)),
            };
            let (user, factors) = match (shown, user) {
                (Shown::Password, Some(user)) => (user, json!(["password"])),
                (Shown::PasswordOnly, Some(user)) => {
                    // Whoever it was knows the password: that belongs on the record, too.
                    let act = Act::new(Actor::Anonymous, "session.challenged", "user", user.id);
                    audit::record(connection, context, act).await?;
                    return Ok(Outcome::SecondFactorNeeded);
                }
                (Shown::Both(factor), Some(user)) => {
                    if !totp::accept(connection, context, user.id, factor).await? {
                        current.fail(connection, context, Some(user), "wrong second factor").await?;
                        return Ok(Outcome::Refused);
                    }
                    (user, json!(["password", factor.name()]))
                }
                (Shown::Nothing(reason), user) => {
                    current.fail(connection, context, user, reason).await?;
                    return Ok(Outcome::Refused);
                }
                (_, None) => {
                    current.fail(connection, context, None, "wrong credentials").await?;
                    return Ok(Outcome::Refused);
                }
            };
            // Between the look-up and now, an admin may have decided otherwise.
            let state: UserState =
                users::table.find(user.id).select(users::state).for_share().first(connection).await?;
            if state != UserState::Active {
                refuse(connection, context, Some(user), "deactivated").await?;
                return Ok(Outcome::Refused);
            }
            if current.earlier.is_some() {
                forget_failures(connection, &current.account).await?;
            }
            let detail = json!({"factors": factors});
            let session = sessions::open(connection, context, user, device, lifetimes, detail).await?;
            Ok(Outcome::In(Box::new(session)))
        })
        .await
}

/// What comes of it when a logged-in person shows once more that it is they.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// They have.
    Good,
    /// They have not, which counts as a failed login does.
    Wrong,
    /// Too many have failed: nobody may try for so long.
    Locked(Duration),
}

/// Takes a proof for a change of the account, in the caller's transaction. As with logins, one comes after the other: a
/// stolen token is no way to guess on, however many guesses are sent at once.
pub(super) async fn prove(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: &User,
    what: &str,
    is_good: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<bool>,
) -> Result<Proof> {
    let email = Email::try_from(user.email.clone()).map_err(Problem::internal)?;
    match Try::begin(connection, context, &email, Some(user)).await? {
        Turn::Locked(wait) => Ok(Proof::Locked(wait)),
        Turn::Open(_) if is_good(connection).await? => Ok(Proof::Good),
        Turn::Open(current) => {
            let reason = format!("wrong {what} for a change of the account");
            current.fail(connection, context, Some(user), &reason).await?;
            Ok(Proof::Wrong)
        }
    }
}

/// Takes the password of a logged-in person, which was `right` or not, as a proof that it is they.
pub async fn prove_password(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: UserId,
    right: bool,
) -> Result<Proof> {
    connection
        .transaction(async |connection| {
            let user: User = users::table.find(user).select(User::as_select()).first(connection).await?;
            prove(connection, context, &user, "password", async |_| Ok(right)).await
        })
        .await
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
