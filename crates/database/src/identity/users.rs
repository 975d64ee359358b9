//! People.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::{Claims, Identity, SeatIn};
use common::http::RequestContext;
use common::ids::UserId;
use common::page::{Cursor, Limit, cut};
use common::roles::{Permission, Role};
use common::text::{Email, Name};
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::authorize;
use crate::audit::{self, Act};
use crate::error::Result;
use crate::schema::{council_seats, users};

text_enum! {
    /// Whether a person may log in.
    pub enum UserState {
        /// Yes.
        Active = "active",
        /// No.
        Deactivated = "deactivated",
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
    /// The bcrypt hash of their password.
    pub password_hash: &'a str,
    /// Their role.
    pub role: Role,
}

/// A person and the hash of their password.
pub async fn for_login(connection: &mut AsyncPgConnection, email: &Email) -> Result<Option<(User, String)>> {
    Ok(users::table
        .filter(users::email.eq(email.as_str()))
        .select((User::as_select(), users::password_hash))
        .first(connection)
        .await
        .optional()?)
}

/// What a person's token will say of them.
pub async fn identity(connection: &mut AsyncPgConnection, user: &User) -> Result<Identity> {
    let seats = council_seats::table
        .filter(council_seats::user_id.eq(user.id))
        .order(council_seats::council_id)
        .select((council_seats::council_id, council_seats::seat))
        .load(connection)
        .await?;
    Ok(Identity {
        id: user.id,
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role,
        seats: seats.into_iter().map(|(council_id, seat)| SeatIn { council_id, seat }).collect(),
    })
}

/// People, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<UserId>,
) -> Result<(Vec<User>, Option<Cursor<UserId>>)> {
    let after = after.unwrap_or(UserId(uuid::Uuid::max()));
    let mut rows = users::table
        .filter(users::id.lt(after))
        .order(users::id.desc())
        .limit(limit.get() + 1)
        .select(User::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |user| user.id);
    Ok((rows, next))
}

/// An admin adds a person.
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

/// The operator of the installation adds the first admin, from the command line. `None` when the address is taken.
pub async fn create_admin(
    connection: &mut AsyncPgConnection,
    email: &Email,
    name: &Name,
    password_hash: &str,
) -> Result<Option<User>> {
    connection
        .transaction(async |connection| {
            if for_login(connection, email).await?.is_some() {
                return Ok(None);
            }
            let new = NewUser { email, name, password_hash, role: Role::Admin };
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
    let user: User = diesel::insert_into(users::table)
        .values((
            users::id.eq(UserId::new()),
            users::email.eq(new.email.as_str()),
            users::name.eq(new.name.as_str()),
            users::password_hash.eq(new.password_hash),
            users::role.eq(new.role),
        ))
        .returning(User::as_returning())
        .get_result(connection)
        .await?;
    audit::record(
        connection,
        context,
        Act {
            actor,
            action: "user.created",
            resource_kind: "user",
            resource_id: user.id.to_string(),
            detail: json!({"role": user.role}),
        },
    )
    .await?;
    Ok(user)
}
