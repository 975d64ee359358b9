//! Who may ask what: the reviewed table of every route and every kind of caller. A new route is not in it, and fails.

use common::roles::Role;
use common::tokens::SigningKey;
use database::identity::agents::{self, NewKey, Scope};
use serde_json::json;
use testing::matrix::{Caller, Credential, matrix};
use testing::{World, log_in, person};

use crate::serve;

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    let world = World::new().await;
    let viewer = person(&world.database, "viewer", Role::Viewer).await;
    let revoked = log_in(&world.database, viewer.id).await;
    let mut connection = world.database.connect("auth_service").await;
    let context = common::http::RequestContext::default();
    let gone = database::identity::sessions::Which::One(revoked.claims.sid);
    database::identity::sessions::end_own(&mut connection, &revoked.claims, &context, gone).await.expect("ends");
    let (prefix, secret_hash) = ("readonlykey0", common::keys::secret_hash("another-secret"));
    let lifetime = std::time::Duration::from_hours(1);
    let reading = NewKey { prefix, secret_hash: &secret_hash, lifetime, scopes: &[Scope::Read] };
    agents::issue_key(&mut connection, &world.admin.claims, &context, world.agent.id, reading).await.expect("issues");
    let served = serve(&world).await;
    let foreign = SigningKey::of_secret("the secret of somebody else, of 32 characters");
    let callers = [
        Caller { name: "admin", credential: Credential::Person(world.admin.id) },
        Caller { name: "operator", credential: Credential::Person(world.operators[0].id) },
        Caller { name: "viewer", credential: Credential::Person(viewer.id) },
        Caller { name: "agent", credential: Credential::Fixed(world.agent_key.clone()) },
        Caller { name: "reading-agent", credential: Credential::Fixed(format!("cdx_{prefix}_another-secret")) },
        Caller { name: "nobody", credential: Credential::None },
        Caller { name: "revoked", credential: Credential::Fixed(revoked.token) },
        Caller { name: "foreign", credential: Credential::Fixed(foreign.sign(&world.admin.claims).expect("signs")) },
    ];
    let found = matrix(&council_service::openapi(), &served.client(), &world.database, &callers).await;
    // What a key may do is looked up while the body is read: which of the two refuses a bad body first is chance, and `?`.
    let settled = |line: &str| match line.split_once("reading-agent=") {
        Some((before, after)) if !line.starts_with("GET") && !after.starts_with('-') => {
            let after = after.split_once(' ').map_or("", |(_, rest)| rest);
            format!("{before}reading-agent=? {after}")
        }
        _ => line.to_owned(),
    };
    insta::assert_snapshot!(found.lines().map(settled).collect::<Vec<_>>().join("\n"));

    // A good one goes no further.
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let reader = served.client().with(&format!("cdx_{prefix}_another-secret"));
    let proposal = json!({"workflow_type": "web.render", "inputs": {}});
    assert_eq!(reader.post("/api/workflows", &proposal).await.problem(403), "forbidden");
}
