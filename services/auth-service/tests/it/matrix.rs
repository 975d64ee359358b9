//! Who may ask what: the reviewed table of every route and every kind of caller. A new route is not in it, and fails.

use common::roles::Role;
use common::tokens::SigningKey;
use serde_json::json;
use testing::matrix::{Caller, Credential, matrix};
use testing::{TestDatabase, log_in, person};

use crate::{account, serve};

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let operator = person(&database, "operator", Role::CouncilOperator).await;
    let viewer = person(&database, "viewer", Role::Viewer).await;
    let as_admin = client.with(&admin.token);
    let agent = as_admin.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    let path = format!("/api/admin/agents/{}/keys", agent["id"].as_str().expect("an id"));
    let key = as_admin.post(&path, &json!({})).await.expect(201);
    let gone = account(&as_admin, "gone").await;
    let revoked = log_in(&database, gone.parse().expect("an id")).await.token;
    client.with(&revoked).post("/api/auth/logout", &json!({})).await.expect(204);
    let foreign = SigningKey::of_secret("the secret of somebody else, of 32 characters");
    let callers = [
        Caller { name: "admin", credential: Credential::Person(admin.id) },
        Caller { name: "operator", credential: Credential::Person(operator.id) },
        Caller { name: "viewer", credential: Credential::Person(viewer.id) },
        Caller { name: "agent", credential: Credential::Fixed(key["api_key"].as_str().expect("a key").to_owned()) },
        Caller { name: "nobody", credential: Credential::None },
        Caller { name: "revoked", credential: Credential::Fixed(revoked) },
        Caller { name: "foreign", credential: Credential::Fixed(foreign.sign(&admin.claims).expect("signs")) },
    ];
    let found = matrix(&auth_service::openapi(), &client, &database, &callers).await;
    eprintln!("{found}");
    insta::assert_snapshot!(found);
}
