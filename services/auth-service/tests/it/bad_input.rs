//! No endpoint takes what it should not.

use std::collections::BTreeMap;

use common::roles::Role;
use serde_json::json;
use testing::hostile::{Example, Hostile};
use testing::{TestDatabase, person};

use crate::serve;

#[tokio::test]
async fn every_endpoint_refuses_bad_input_and_writes_nothing() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database));
    let client = served.client();
    let password = "seven purple otters juggle";
    let ann = json!({"email": "ann@example.com", "name": "Ann", "role": "viewer", "password": password});
    let as_admin = client.with(&admin.token);
    as_admin.post("/api/admin/users", &ann).await.expect(201);
    let agent = as_admin.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    let from_admin = |good, bad| Example { sender: None, good, bad };

    let bodies = BTreeMap::from([
        (
            "POST /api/auth/login",
            from_admin(
                json!({"email": "ann@example.com", "password": password}),
                vec![json!({"email": ""}), json!({"email": "ann"}), json!({"email": "@"}), json!({"email": "a b@c"})],
            ),
        ),
        (
            "POST /api/admin/users",
            from_admin(
                json!({"email": "bob@example.com", "name": "Bob", "role": "council_operator", "password": password}),
                vec![
                    json!({"email": "ann@example.com"}),
                    json!({"email": "ANN@EXAMPLE.COM"}),
                    json!({"email": format!("{}@example.com", "x".repeat(250))}),
                    json!({"name": ""}),
                    json!({"name": "  "}),
                    json!({"name": "x".repeat(101)}),
                    json!({"role": "root"}),
                    json!({"password": ""}),
                    json!({"password": "short"}),
                    json!({"password": "password1234"}),
                    json!({"password": "x".repeat(73)}),
                ],
            ),
        ),
        (
            "POST /api/admin/agents",
            from_admin(
                json!({"name": "Writer", "owner_id": admin.id}),
                vec![
                    json!({"name": "x".repeat(101)}),
                    json!({"name": "Publisher"}),
                    json!({"owner_id": "me"}),
                    json!({"owner_id": "01900000-0000-7000-8000-000000000000"}),
                ],
            ),
        ),
        (
            "POST /api/admin/agents/{agent_id}/keys",
            from_admin(
                json!({"expires_in_days": 30}),
                vec![json!({"expires_in_days": 0}), json!({"expires_in_days": 366}), json!({"expires_in_days": 1.5})],
            ),
        ),
    ]);
    let hostile = Hostile {
        api: &auth_service::openapi(),
        client,
        admin: &admin,
        database: &database,
        open: &["POST /api/auth/login"],
        parameters: BTreeMap::from([("agent_id", agent["id"].as_str().expect("an id").to_owned())]),
        bodies,
    };
    let refused = hostile.refused().await;
    eprintln!("{refused} bad requests were refused");
}
