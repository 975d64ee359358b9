//! People to test with.

use std::time::Duration;

use common::claims::Claims;
use common::http::RequestContext;
use common::ids::UserId;
use common::roles::Role;
use common::tokens::SigningKey;
use database::identity::sessions::{self, Device, Lifetimes};
use database::identity::users;
use diesel_async::AsyncConnection;
use serde_json::json;

use crate::TestDatabase;

/// The secret that tests sign tokens with.
pub const JWT_SECRET: &str = "a-secret-for-tests-of-at-least-32-characters";

/// The key made from it.
pub fn login_key() -> SigningKey {
    SigningKey::of_secret(JWT_SECRET)
}

/// A person with a session.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who they are.
    pub id: UserId,
    /// What their token says.
    pub claims: Claims,
    /// Their token.
    pub token: String,
}

/// Adds a person of this role, logged in; the password is not usable, for tests that don't log in over HTTP.
pub async fn person(database: &TestDatabase, name: &str, role: Role) -> Person {
    let mut connection = database.connect("auth_service").await;
    let email = format!("{name}@example.com").parse().expect("an address");
    let (shown, hash) = (name.to_owned().try_into().expect("a name"), "no password");
    let user = users::create_admin(&mut connection, &email, &shown, hash).await.expect("creates").expect("is new");
    if role != Role::Admin {
        let mut owner = database.connect_as_owner().await;
        set_role(&mut owner, user.id, role).await;
    }
    log_in(database, user.id).await
}

/// Opens another session of a person's.
pub async fn log_in(database: &TestDatabase, id: UserId) -> Person {
    let claims = claims_of(database, id).await;
    Person { id, token: login_key().sign(&claims).expect("signs"), claims }
}

/// Opens a session of a person's, and makes the claims of its token.
pub async fn claims_of(database: &TestDatabase, id: UserId) -> Claims {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    let mut connection = database.connect("auth_service").await;
    let user: users::User = database::schema::users::table
        .find(id)
        .select(users::User::as_select())
        .first(&mut connection)
        .await
        .expect("the person");
    let hour = Duration::from_hours(1);
    let (context, lifetimes) = (RequestContext::default(), Lifetimes { session: hour, idle: hour });
    let device = Device { user_agent: None, refresh_hash: &rand::random() };
    let open = async |connection: &mut database::Connection| {
        sessions::open(connection, &context, &user, device, lifetimes, json!({})).await
    };
    let session = connection.transaction(open).await.expect("opens a session");
    session.claims(hour)
}

async fn set_role(owner: &mut database::Connection, id: UserId, role: Role) {
    use database::schema::users;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    diesel::update(users::table.find(id)).set(users::role.eq(role)).execute(owner).await.expect("sets the role");
}
