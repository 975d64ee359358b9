//! What agents reach over MCP: with the protocol's official client, and message by message.

mod client;
mod messages;
mod story;

use database::identity::agents::{self, NewKey, Scope};
use testing::World;

/// Gives the agent another key, with these scopes.
async fn key_with(world: &World, prefix: &str, scopes: &[Scope]) -> String {
    let mut connection = world.database.connect("auth_service").await;
    let key = common::keys::ApiKey { prefix: prefix.to_owned(), secret: "another-secret".to_owned() };
    let new = NewKey {
        prefix: &key.prefix,
        secret_hash: &common::keys::secret_hash(&key.secret),
        lifetime: std::time::Duration::from_hours(1),
        scopes,
    };
    let context = common::http::RequestContext::default();
    agents::issue_key(&mut connection, &world.admin.claims, &context, world.agent.id, new).await.expect("issues");
    key.to_string()
}

/// Takes back every key of the agent's.
async fn revoke_keys(world: &World) {
    let mut connection = world.database.connect("auth_service").await;
    let context = common::http::RequestContext::default();
    for key in agents::keys_of(&mut connection, world.agent.id).await.expect("keys") {
        let revoked = agents::revoke_key(&mut connection, &world.admin.claims, &context, world.agent.id, key.id).await;
        revoked.expect("revokes");
    }
}
