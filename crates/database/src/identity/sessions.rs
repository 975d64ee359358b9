//! Logins on devices: opened by a password, carried on by refresh tokens, ended by their person, an admin or time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::{Claims, Identity};
use common::http::RequestContext;
use common::ids::{SessionId, UserId};
use common::problem::Problem;
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::users::{self, User, UserState};
use super::{authorize, revocations};
use crate::audit::{self, Act, address_only, network};
use crate::clock::{from_now, now};
use crate::error::Result;
use crate::outbox::{self, Notice};
use crate::schema::{refresh_tokens, sessions as session_rows, users as user_rows};

/// A refresh token that was used is taken once more within this time from the same client: two tabs, or a request that
/// was sent again because its answer was lost.
const REUSE_GRACE: Duration = Duration::from_secs(10);

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// From the login, whatever happens.
    pub session: Duration,
    /// Since it was last used.
    pub idle: Duration,
}

/// Who asks for a session, as it is shown to its person.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// The SHA-256 of the refresh token that it will hold.
    pub refresh_hash: &'a [u8; 32],
}

/// A session to make an access token for.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names it.
    pub id: SessionId,
    /// What the token will say of the person.
    pub identity: Identity,
    /// The last revocation that the token will be made after.
    pub rev: i64,
    /// When its refresh token ends.
    pub expires_at: DateTime<Utc>,
}

impl Session {
    /// The claims of an access token for it.
    pub fn claims(&self, lifetime: Duration) -> Claims {
        Claims::new(self.identity.clone(), self.rev, self.id, lifetime)
    }
}

/// Opens a session of a person who has shown who they are, in the caller's transaction.
pub async fn open(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: &User,
    device: Device<'_>,
    lifetimes: Lifetimes,
    detail: serde_json::Value,
) -> Result<Session> {
    let id = SessionId::new();
    let (ends, now): (DateTime<Utc>, DateTime<Utc>) = diesel::insert_into(session_rows::table)
        .values((
            session_rows::id.eq(id),
            session_rows::user_id.eq(user.id),
            session_rows::address.eq(context.address.map(network)),
            session_rows::user_agent.eq(device.user_agent),
            session_rows::expires_at.eq(from_now(lifetimes.session).assume_not_null()),
        ))
        .returning((session_rows::expires_at, session_rows::created_at))
        .get_result(connection)
        .await?;
    let act = Act::new(Actor::User(user.id), "session.opened", "session", id).with(detail);
    audit::record(connection, context, act).await?;
    carry_on(connection, id, user.id, device.refresh_hash, ends.min(now + lifetimes.idle)).await
}

/// Gives a session another refresh token, and reads what its next access token will say.
async fn carry_on(
    connection: &mut AsyncPgConnection,
    id: SessionId,
    user: UserId,
    refresh_hash: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<Session> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(&refresh_hash[..]),
            refresh_tokens::session_id.eq(id),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(connection)
        .await?;
    let rev = revocations::last(connection, user).await?;
    let identity = users::identity(connection, user).await?;
    Ok(Session { id, identity, rev, expires_at })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = session_rows)]
struct Row {
    id: SessionId,
    address: Option<IpNet>,
    user_agent: Option<String>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

/// What comes of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// The session goes on.
    Session(Box<Session>),
    /// It is over, or there never was one.
    Refused,
    /// The token was used twice: the session has ended now.
    Stolen,
}

/// A client shows its refresh token and gets another. A token that was used before, other than by the same client a
/// moment ago, was stolen by somebody, from or by whoever shows it: the session ends for both.
pub async fn refresh(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    shown: &[u8; 32],
    device: Device<'_>,
    lifetimes: Lifetimes,
) -> Result<Refreshed> {
    connection
        .transaction(async |connection| {
            // The session's lock: two refreshes of one session come one after the other.
            let found: Option<(Row, User, DateTime<Utc>)> = session_rows::table
                .inner_join(refresh_tokens::table)
                .inner_join(user_rows::table)
                .filter(refresh_tokens::hash.eq(&shown[..]))
                .select((Row::as_select(), User::as_select(), refresh_tokens::expires_at))
                .for_update()
                .first(connection)
                .await
                .optional()?;
            let Some((row, user, expires_at)) = found else { return Ok(Refreshed::Refused) };
            let now = now(connection).await?;
            let over = expires_at <= now || row.expires_at <= now || row.revoked_at.is_some();
            if over || user.state != UserState::Active {
                return Ok(Refreshed::Refused);
            }
            // After the lock: what another request did to it meanwhile counts.
            let used_at: Option<DateTime<Utc>> =
                refresh_tokens::table.find(&shown[..]).select(refresh_tokens::used_at).first(connection).await?;
            if let Some(used_at) = used_at {
                let same_client =
                    row.address == context.address.map(network) && row.user_agent.as_deref() == device.user_agent;
                if !same_client || now - used_at > chrono::TimeDelta::from_std(REUSE_GRACE).unwrap_or_default() {
                    end(connection, context, Actor::Anonymous, user.id, &[row.id], "a refresh token was used twice")
                        .await?;
                    outbox::notify(connection, user.id, Notice::SessionStolen).await?;
                    return Ok(Refreshed::Stolen);
                }
            } else {
                diesel::update(refresh_tokens::table.find(&shown[..]))
                    .set(refresh_tokens::used_at.eq(now))
                    .execute(connection)
                    .await?;
            }
            diesel::update(session_rows::table.find(row.id))
                .set((
                    session_rows::last_used_at.eq(now),
                    session_rows::address.eq(context.address.map(network)),
                    session_rows::user_agent.eq(device.user_agent),
                ))
                .execute(connection)
                .await?;
            let expires_at = row.expires_at.min(now + lifetimes.idle);
            carry_on(connection, row.id, user.id, device.refresh_hash, expires_at)
                .await
                .map(|session| Refreshed::Session(Box::new(session)))
        })
        .await
}

/// A session as its person sees it.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = session_rows)]
pub struct OpenSession {
    /// Names it.
    pub id: SessionId,
    /// The client's address when it was last used.
    #[serde(serialize_with = "address_only")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpNet>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// When its person logged in.
    pub created_at: DateTime<Utc>,
    /// When it last got an access token.
    pub last_used_at: DateTime<Utc>,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// A person's sessions that have not ended, the newest first. There are few: nobody logs in on two hundred devices.
pub async fn open_sessions(connection: &mut AsyncPgConnection, user: UserId) -> Result<Vec<OpenSession>> {
    Ok(session_rows::table
        .filter(session_rows::user_id.eq(user))
        .filter(session_rows::revoked_at.is_null())
        .filter(session_rows::expires_at.gt(diesel::dsl::now))
        .order(session_rows::id.desc())
        .limit(200)
        .select(OpenSession::as_select())
        .load(connection)
        .await?)
}

/// Which sessions of a person are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One.
    One(SessionId),
    /// All but one.
    AllBut(SessionId),
    /// All.
    All,
}

/// A person ends sessions of their own. Returns how many ended.
pub async fn end_own(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    which: Which,
) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let user = authorize(connection, claims, Permission::Read).await?;
            let actor = Actor::User(user.id);
            let ended = end_matching(connection, context, actor, user.id, which, "by its person").await?;
            if let (Which::One(_), 0) = (which, ended) {
                return Err(Problem::not_found("session").into());
            }
            Ok(ended)
        })
        .await
}

/// An admin ends all sessions of a person. Returns how many ended.
pub async fn end_all_of(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    user: UserId,
) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            users::lock(connection, user).await?;
            end_matching(connection, context, Actor::User(admin.id), user, Which::All, "by an admin").await
        })
        .await
}

/// An admin ends one session, whosever it is.
pub async fn end_any(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    session: SessionId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            let user: Option<UserId> =
                session_rows::table.find(session).select(session_rows::user_id).first(connection).await.optional()?;
            let user = user.ok_or_else(|| Problem::not_found("session"))?;
            let (actor, which) = (Actor::User(admin.id), Which::One(session));
            if end_matching(connection, context, actor, user, which, "by an admin").await? == 0 {
                return Err(Problem::not_found("session").into());
            }
            Ok(())
        })
        .await
}

/// Ends sessions of a person, in the caller's transaction. Returns how many.
pub(super) async fn end_matching(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    user: UserId,
    which: Which,
    reason: &str,
) -> Result<usize> {
    let found = matching(connection, user, which).await?;
    end(connection, context, actor, user, &found, reason).await
}

async fn matching(connection: &mut AsyncPgConnection, user: UserId, which: Which) -> Result<Vec<SessionId>> {
    let mut query = session_rows::table
        .filter(session_rows::user_id.eq(user))
        .filter(session_rows::revoked_at.is_null())
        .filter(session_rows::expires_at.gt(diesel::dsl::now))
        .select(session_rows::id)
        .into_boxed();
    match which {
        Which::One(id) => query = query.filter(session_rows::id.eq(id)),
        Which::AllBut(id) => query = query.filter(session_rows::id.ne(id)),
        Which::All => {}
    }
    Ok(query.load(connection).await?)
}

/// Ends those of these sessions that had not ended yet, and returns how many.
async fn end(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    user: UserId,
    sessions: &[SessionId],
    reason: &str,
) -> Result<usize> {
    let open = session_rows::table.filter(session_rows::id.eq_any(sessions)).filter(session_rows::revoked_at.is_null());
    let ended: Vec<SessionId> = diesel::update(open)
        .set(session_rows::revoked_at.eq(diesel::dsl::now))
        .returning(session_rows::id)
        .load(connection)
        .await?;
    if ended.is_empty() {
        return Ok(0);
    }
    revocations::revoke_sessions(connection, user, &ended).await?;
    let act = |session: &SessionId| {
        Act::new(actor, "session.ended", "session", session).with(json!({"user_id": user, "reason": reason}))
    };
    audit::record_all(connection, context, ended.iter().map(act).collect()).await?;
    Ok(ended.len())
}
