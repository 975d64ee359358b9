//! Second factors: an authenticator (RFC 6238), and recovery codes for who has lost it.

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::Problem;
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::authorize;
use super::logins::{Proof, prove};
use super::users::{self, User};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::outbox::{self, Notice};
use crate::schema::{recovery_codes, sessions, totp};

/// What somebody shows besides their password.
#[derive(Clone, Copy, Debug)]
pub enum Factor<'a> {
    /// A code of the authenticator that is right for this time step; it must be later than any accepted before.
    Totp(i64),
    /// The SHA-256 of a recovery code.
    RecoveryCode(&'a [u8; 32]),
    /// A code that is not right for any step near now.
    Wrong,
}

impl Factor<'_> {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::RecoveryCode(_) => "recovery code",
            Self::Wrong => "none",
        }
    }
}

/// Uses a factor up, in the caller's transaction. `false` when it was used before or is not the person's.
pub(super) async fn accept(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: UserId,
    factor: Factor<'_>,
) -> Result<bool> {
    match factor {
        Factor::Wrong => Ok(false),
        Factor::Totp(step) => {
            let later =
                totp::table.find(user).filter(totp::last_step.lt(step)).filter(totp::confirmed_at.is_not_null());
            Ok(diesel::update(later).set(totp::last_step.eq(step)).execute(connection).await? == 1)
        }
        Factor::RecoveryCode(hash) => {
            let unused = recovery_codes::table.find((user, &hash[..])).filter(recovery_codes::used_at.is_null());
            let taken =
                diesel::update(unused).set(recovery_codes::used_at.eq(diesel::dsl::now)).execute(connection).await?;
            if taken == 0 {
                return Ok(false);
            }
            let act = Act::new(Actor::User(user), "recovery_code.used", "user", user);
            audit::record(connection, context, act).await?;
            outbox::notify(connection, user, Notice::RecoveryCodeUsed).await?;
            Ok(true)
        }
    }
}

/// A person's authenticator.
#[derive(Queryable, Selectable)]
#[diesel(table_name = totp)]
pub struct Totp {
    /// Its encrypted secret.
    pub secret: Vec<u8>,
    /// Since when it is asked for; before, it is only being set up.
    pub confirmed_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The authenticator of a person, set up or in use.
pub async fn find(connection: &mut AsyncPgConnection, user: UserId) -> Result<Option<Totp>> {
    Ok(totp::table.find(user).select(Totp::as_select()).first(connection).await.optional()?)
}

/// How many recovery codes a person has left.
pub async fn recovery_codes_left(connection: &mut AsyncPgConnection, user: UserId) -> Result<i64> {
    Ok(recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(connection)
        .await?)
}

/// A person begins to set an authenticator up. One that is in use stays as it is.
pub async fn begin(connection: &mut AsyncPgConnection, claims: &Claims, secret: &[u8]) -> Result<()> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            users::lock(connection, user.id).await?;
            if find(connection, user.id).await?.is_some_and(|totp| totp.confirmed_at.is_some()) {
                return Err(in_use().into());
            }
            diesel::insert_into(totp::table)
                .values((totp::user_id.eq(user.id), totp::secret.eq(secret)))
                .on_conflict(totp::user_id)
                .do_update()
                .set((totp::secret.eq(secret), totp::last_step.eq(0), totp::created_at.eq(diesel::dsl::now)))
                .execute(connection)
                .await?;
            Ok(())
        })
        .await
}

fn in_use() -> Problem {
    Problem::conflict("totp_in_use", "an authenticator is in use: turn it off first")
}

/// A person shows that their authenticator works: from now on it is asked for. `step` is that of the code shown, if it was
/// right for one.
pub async fn confirm(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    secret: &[u8],
    step: Option<i64>,
    code_hashes: &[[u8; 32]],
) -> Result<Proof> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let proof = prove(connection, context, &user, "code", async |_| Ok(step.is_some())).await?;
            let (Proof::Good, Some(step)) = (proof, step) else { return Ok(proof) };
            // The very secret that the code was checked with.
            let pending =
                totp::table.find(user.id).filter(totp::confirmed_at.is_null()).filter(totp::secret.eq(secret));
            let confirmed = diesel::update(pending)
                .set((totp::confirmed_at.eq(diesel::dsl::now), totp::last_step.eq(step)))
                .execute(connection)
                .await?;
            if confirmed == 0 {
                return Err(in_use().into());
            }
            replace_codes(connection, user.id, code_hashes).await?;
            let act = Act::new(Actor::User(user.id), "totp.enabled", "user", user.id);
            audit::record(connection, context, act).await?;
            outbox::notify(connection, user.id, Notice::TotpEnabled).await?;
            Ok(proof)
        })
        .await
}

/// A person who has shown password and second factor gets new recovery codes in place of all before.
pub async fn renew_codes(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    factor: Factor<'_>,
    code_hashes: &[[u8; 32]],
) -> Result<Proof> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let proof = prove_factor(connection, context, &user, factor).await?;
            if proof != Proof::Good {
                return Ok(proof);
            }
            replace_codes(connection, user.id, code_hashes).await?;
            let act = Act::new(Actor::User(user.id), "recovery_codes.renewed", "user", user.id);
            audit::record(connection, context, act).await?;
            outbox::notify(connection, user.id, Notice::RecoveryCodesRenewed).await?;
            Ok(proof)
        })
        .await
}

/// A person shows a code of their authenticator once more: what asks for one just entered is theirs in this session for a
/// few minutes. A recovery code is no such code.
pub async fn verify(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    step: Option<i64>,
) -> Result<Proof> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let factor = step.map_or(Factor::Wrong, Factor::Totp);
            let proof = prove_factor(connection, context, &user, factor).await?;
            if proof == Proof::Good {
                diesel::update(sessions::table.find(claims.sid))
                    .set(sessions::second_factor_at.eq(diesel::dsl::now))
                    .execute(connection)
                    .await?;
                let act = Act::new(Actor::User(user.id), "session.second_factor_shown", "session", claims.sid);
                audit::record(connection, context, act).await?;
            }
            Ok(proof)
        })
        .await
}

/// A person who has shown password and second factor turns it off.
pub async fn disable(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    factor: Factor<'_>,
) -> Result<Proof> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let proof = prove_factor(connection, context, &user, factor).await?;
            if proof == Proof::Good {
                remove(connection, context, Actor::User(user.id), user.id).await?;
            }
            Ok(proof)
        })
        .await
}

/// Takes a second factor for a change of the account, in the caller's transaction.
async fn prove_factor(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: &User,
    factor: Factor<'_>,
) -> Result<Proof> {
    let is_good = async |connection: &mut AsyncPgConnection| accept(connection, context, user.id, factor).await;
    prove(connection, context, user, "code", is_good).await
}

/// An admin takes a person's second factor away, who has lost it and every code.
pub async fn reset(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    user: UserId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            users::lock(connection, user).await?;
            if find(connection, user).await?.is_none() {
                return Err(Problem::not_found("authenticator").into());
            }
            remove(connection, context, Actor::User(admin.id), user).await
        })
        .await
}

async fn remove(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    user: UserId,
) -> Result<()> {
    forget(connection, user).await?;
    let act = Act::new(actor, "totp.disabled", "user", user).with(json!({}));
    audit::record(connection, context, act).await?;
    outbox::notify(connection, user, Notice::TotpDisabled).await
}

/// Forgets a person's second factors, in the caller's transaction.
pub(super) async fn forget(connection: &mut AsyncPgConnection, user: UserId) -> Result<()> {
    diesel::delete(totp::table.find(user)).execute(connection).await?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(connection).await?;
    Ok(())
}

async fn replace_codes(connection: &mut AsyncPgConnection, user: UserId, hashes: &[[u8; 32]]) -> Result<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(connection).await?;
    let rows: Vec<_> =
        hashes.iter().map(|hash| (recovery_codes::user_id.eq(user), recovery_codes::hash.eq(&hash[..]))).collect();
    diesel::insert_into(recovery_codes::table).values(rows).execute(connection).await?;
    Ok(())
}
