//! People.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::{Claims, Identity, SeatIn};
use common::http::RequestContext;
use common::ids::UserId;
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::roles::{Permission, Role};
use common::text::{Email, Name, Text};
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::sessions::{Which, end_matching};
use super::{authorize, passwords, revocations, totp};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::outbox::{self, Mail};
use crate::schema::{council_seats, sessions, users};

text_enum! {
    /// Whether a person may log in.
    pub enum UserState {
        /// Not yet: they have to choose a password first.
        Invited = "invited",
        /// Yes.
        Active = "active",
        /// No.
        Deactivated = "deactivated",
        /// No, and nothing personal is kept of them.
        Erased = "erased",
    }
}

/// A person.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = users)]
pub struct User {
    /// Names them.
    pub id: UserId,
    /// Where they get mail, and what they log in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they are to the system.
    pub role: Role,
    /// Whether they may log in.
    pub state: UserState,
    /// Since when they are known.
    pub created_at: DateTime<Utc>,
}

/// A person to be.
pub struct NewUser<'a> {
    /// Their e-mail address.
    pub email: &'a Email,
    /// Their name.
    pub name: &'a Name,
    /// The bcrypt hash of their password; without one they are invited to choose it.
    pub password_hash: Option<&'a str>,
    /// Their role.
    pub role: Role,
}

/// What a person's token will say of them.
pub async fn identity(connection: &mut AsyncPgConnection, user: UserId) -> Result<Identity> {
    let (email, name, role) =
        users::table.find(user).select((users::email, users::name, users::role)).first(connection).await?;
    let seats = council_seats::table
        .filter(council_seats::user_id.eq(user))
        .order(council_seats::council_id)
        .select((council_seats::council_id, council_seats::seat))
        .load(connection)
        .await?;
    let seats = seats.into_iter().map(|(council_id, seat)| SeatIn { council_id, seat }).collect();
    Ok(Identity { id: user, email, name, role, seats })
}

/// Which people are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose name or e-mail address has this in it, whatever its case.
    pub search: Option<Text<1, 100>>,
    /// Of this role.
    pub role: Option<Role>,
    /// In this state.
    pub state: Option<UserState>,
}

/// People, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    filter: &Filter,
    limit: Limit,
    after: Option<UserId>,
) -> Result<(Vec<User>, Option<Cursor<UserId>>)> {
    let after = after.unwrap_or(UserId(uuid::Uuid::max()));
    let mut query = users::table
        .filter(users::id.lt(after))
        .order(users::id.desc())
        .limit(limit.get() + 1)
        .select(User::as_select())
        .into_boxed();
    if let Some(search) = &filter.search {
        // What somebody looks for is text, not a pattern.
        let text = search.as_str().trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{text}%");
        query = query.filter(users::name.ilike(pattern.clone()).or(users::email.ilike(pattern)));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role));
    }
    if let Some(state) = filter.state {
        query = query.filter(users::state.eq(state));
    }
    let mut rows = query.load(connection).await?;
    let next = cut(&mut rows, limit, |user: &User| user.id);
    Ok((rows, next))
}

/// One person.
pub async fn find(connection: &mut AsyncPgConnection, user: UserId) -> Result<User> {
    let found = users::table.find(user).select(User::as_select()).first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("user"))?)
}

/// The person of an address.
pub async fn find_by_email(connection: &mut AsyncPgConnection, email: &Email) -> Result<Option<User>> {
    let of_address = users::table.filter(users::email.eq(email.as_str()));
    Ok(of_address.select(User::as_select()).first(connection).await.optional()?)
}

/// One person, locked until the caller's transaction ends.
pub(super) async fn lock(connection: &mut AsyncPgConnection, user: UserId) -> Result<User> {
    let found = users::table.find(user).select(User::as_select()).for_update().first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("user"))?)
}

/// An admin adds a person, or invites one who then chooses the password.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewUser<'_>,
) -> Result<User> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            insert(connection, Actor::User(admin.id), context, &new).await
        })
        .await
}

/// An admin has the invitation of a person sent again.
pub async fn invite_again(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    user: UserId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            if lock(connection, user).await?.state != UserState::Invited {
                return Err(Problem::conflict("not_invited", "this person has accepted, or was never invited").into());
            }
            let act = Act::new(Actor::User(admin.id), "user.invited", "user", user);
            audit::record(connection, context, act).await?;
            outbox::send(connection, &Mail::Invitation { user_id: user }).await
        })
        .await
}

/// The operator of the installation adds the first admin, from the command line. `None` when the address is taken.
pub async fn create_admin(
    connection: &mut AsyncPgConnection,
    email: &Email,
    name: &Name,
    password_hash: &str,
) -> Result<Option<User>> {
    connection
        .transaction(async |connection| {
            if find_by_email(connection, email).await?.is_some() {
                return Ok(None);
            }
            let new = NewUser { email, name, password_hash: Some(password_hash), role: Role::Admin };
            insert(connection, Actor::System, &RequestContext::default(), &new).await.map(Some)
        })
        .await
}

async fn insert(
    connection: &mut AsyncPgConnection,
    actor: Actor,
    context: &RequestContext,
    new: &NewUser<'_>,
) -> Result<User> {
    let (state, action) = match new.password_hash {
        Some(_) => (UserState::Active, "user.created"),
        None => (UserState::Invited, "user.invited"),
    };
    let user: User = diesel::insert_into(users::table)
        .values((
            users::id.eq(UserId::new()),
            users::email.eq(new.email.as_str()),
            users::name.eq(new.name.as_str()),
            users::password_hash.eq(new.password_hash),
            users::role.eq(new.role),
            users::state.eq(state),
        ))
        .returning(User::as_returning())
        .get_result(connection)
        .await?;
    let act = Act::new(actor, action, "user", user.id)
        .with(json!({"role": user.role}))
        .about(json!({"email": user.email, "name": user.name}));
    audit::record(connection, context, act).await?;
    if state == UserState::Invited {
        outbox::send(connection, &Mail::Invitation { user_id: user.id }).await?;
    }
    Ok(user)
}

/// What is to be changed of a person; what is not named stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// Another name.
    pub name: Option<&'a Name>,
    /// Another role.
    pub role: Option<Role>,
    /// Whether they may log in: active or deactivated.
    pub state: Option<UserState>,
}

/// An admin changes a person: their tokens end with their old role, their sessions with their access.
///
/// Nobody changes their own role or state: what an admin takes from themselves they can't give back.
pub async fn change(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: UserId,
    change: Change<'_>,
) -> Result<User> {
    connection
        .transaction(async |connection| {
            lock_admins(connection).await?;
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            let before = lock(connection, id).await?;
            let role = change.role.unwrap_or(before.role);
            let state = change.state.unwrap_or(before.state);
            let rights_change = (role, state) != (before.role, before.state);
            if rights_change && id == admin.id {
                return Err(own_account("change your own role or state").into());
            }
            if state != before.state {
                check_transition(connection, &before, state).await?;
            }
            if before.state == UserState::Erased {
                return Err(Problem::conflict("erased", "this person was erased: nothing is left to change").into());
            }
            let name = change.name.map_or(before.name.as_str(), Name::as_str);
            if !rights_change && name == before.name {
                return Ok(before);
            }
            let after: User = diesel::update(users::table.find(id))
                .set((
                    users::name.eq(name),
                    users::role.eq(role),
                    users::state.eq(state),
                    users::updated_at.eq(diesel::dsl::now),
                ))
                .returning(User::as_returning())
                .get_result(connection)
                .await?;
            let actor = Actor::User(admin.id);
            let mut act = Act::new(actor, "user.changed", "user", id).with(json!({
                "before": {"role": before.role, "state": before.state},
                "after": {"role": after.role, "state": after.state},
            }));
            if after.name != before.name {
                act = act.about(json!({"name": after.name}));
            }
            audit::record(connection, context, act).await?;
            if after.state != UserState::Active && before.state == UserState::Active {
                shut_out(connection, context, actor, id, "deactivated").await?;
            }
            // Even a name: what the token says of the person would be wrong for a day.
            revocations::revoke_tokens(connection, id).await?;
            Ok(after)
        })
        .await
}

/// A person changes what is theirs to change: their name.
pub async fn rename_self(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    name: &Name,
) -> Result<User> {
    connection
        .transaction(async |connection| {
            let before = authorize(connection, claims, Permission::Read).await?;
            if before.name == name.as_str() {
                return Ok(before);
            }
            let after: User = diesel::update(users::table.find(before.id))
                .set((users::name.eq(name.as_str()), users::updated_at.eq(diesel::dsl::now)))
                .returning(User::as_returning())
                .get_result(connection)
                .await?;
            let act =
                Act::new(Actor::User(after.id), "user.changed", "user", after.id).about(json!({"name": after.name}));
            audit::record(connection, context, act).await?;
            revocations::revoke_tokens(connection, after.id).await?;
            Ok(after)
        })
        .await
}

/// An admin has a person forgotten: their address, name, password, second factor and sessions go; their id and their
/// acts stay, and so does the chain of the record.
pub async fn erase(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: UserId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            lock_admins(connection).await?;
            let admin = authorize(connection, claims, Permission::EditUsers).await?;
            let before = lock(connection, id).await?;
            if id == admin.id {
                return Err(own_account("erase yourself").into());
            }
            if before.state == UserState::Erased {
                return Err(Problem::not_found("user").into());
            }
            let actor = Actor::User(admin.id);
            shut_out(connection, context, actor, id, "erased").await?;
            diesel::update(users::table.find(id))
                .set((
                    // RFC 2606: an address that nobody can have.
                    users::email.eq(format!("{id}@erased.invalid")),
                    users::name.eq("Erased person"),
                    users::password_hash.eq(None::<String>),
                    users::state.eq(UserState::Erased),
                    users::updated_at.eq(diesel::dsl::now),
                ))
                .execute(connection)
                .await?;
            totp::forget(connection, id).await?;
            diesel::update(sessions::table.filter(sessions::user_id.eq(id)))
                .set((sessions::address.eq(None::<ipnet::IpNet>), sessions::user_agent.eq(None::<String>)))
                .execute(connection)
                .await?;
            let rows = audit::erase_personal(connection, "user", &id.to_string()).await?;
            let act = Act::new(actor, "user.erased", "user", id).with(json!({"audit_rows": rows}));
            audit::record(connection, context, act).await?;
            revocations::revoke_tokens(connection, id).await
        })
        .await
}

/// Ends everything that a person could still get in with, in the caller's transaction.
async fn shut_out(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    user: UserId,
    reason: &str,
) -> Result<()> {
    end_matching(connection, context, actor, user, Which::All, reason).await?;
    passwords::forget_tokens(connection, user).await
}

/// Locks every active admin, always in the same order: of two who would take each other's rights at the same time, one
/// comes first, and the other is not an admin any more when they are asked again. So one is always left.
async fn lock_admins(connection: &mut AsyncPgConnection) -> Result<()> {
    let _: Vec<UserId> = users::table
        .filter(users::role.eq(Role::Admin))
        .filter(users::state.eq(UserState::Active))
        .order(users::id)
        .select(users::id)
        .for_update()
        .load(connection)
        .await?;
    Ok(())
}

async fn check_transition(connection: &mut AsyncPgConnection, before: &User, state: UserState) -> Result<()> {
    let has_password: bool =
        users::table.find(before.id).select(users::password_hash.is_not_null()).first(connection).await?;
    let refused = |why: &str| Err(Problem::conflict("state", why).into());
    match (before.state, state) {
        (UserState::Erased, _) => refused("this person was erased: nothing is left to change"),
        (_, UserState::Erased) => refused("to erase a person, delete them"),
        // Who was deactivated before they accepted can be invited again.
        (UserState::Deactivated, UserState::Invited) if !has_password => Ok(()),
        (_, UserState::Invited) => refused("only a person who has no password yet is invited"),
        (_, UserState::Active) if !has_password => refused("this person has no password yet: invite them"),
        (_, UserState::Active | UserState::Deactivated) => Ok(()),
    }
}

fn own_account(what: &str) -> Problem {
    Problem::conflict("own_account", format!("you can't {what}: ask another admin"))
}
