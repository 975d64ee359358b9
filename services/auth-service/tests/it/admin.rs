//! What admins do, and nobody else.

use common::keys::{ApiKey, secret_hash};
use common::roles::Role;
use database::identity::agents;
use serde_json::json;
use testing::{TestDatabase, person};

use crate::serve;

const ADMIN_READS: [&str; 3] = ["/api/admin/users", "/api/admin/agents", "/api/admin/audit-logs"];

#[tokio::test]
async fn who_is_no_admin_reads_and_writes_nothing_here() {
    let database = TestDatabase::new().await;
    let served = serve(&database);
    for (name, role) in [("viewer", Role::Viewer), ("operator", Role::CouncilOperator)] {
        let one = person(&database, name, role).await;
        let client = served.client().with(&one.token);
        let before = database.fingerprint().await;
        for path in ADMIN_READS {
            assert_eq!(client.get(path).await.problem(403), "forbidden", "{role} {path}");
        }
        let eve =
            json!({"email": "eve@example.com", "name": "Eve", "role": "admin", "password": "seven purple otters"});
        assert_eq!(client.post("/api/admin/users", &eve).await.problem(403), "forbidden");
        assert_eq!(client.post("/api/admin/agents", &json!({"name": "Eve"})).await.problem(403), "forbidden");
        assert_eq!(database.fingerprint().await, before);
    }
}

#[tokio::test]
async fn a_token_that_says_admin_does_not_write_for_who_is_none_any_more() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database));
    let client = served.client().with(&admin.token);
    database.execute(&format!("UPDATE users SET role = 'viewer' WHERE id = '{}'", admin.id)).await;
    assert_eq!(client.post("/api/admin/agents", &json!({"name": "Late"})).await.problem(403), "forbidden");
    database.execute(&format!("UPDATE users SET role = 'admin' WHERE id = '{}'", admin.id)).await;
    client.post("/api/admin/agents", &json!({"name": "In time"})).await.expect(201);
    database.execute(&format!("UPDATE sessions SET revoked_at = now() WHERE user_id = '{}'", admin.id)).await;
    assert_eq!(client.post("/api/admin/agents", &json!({"name": "Late"})).await.problem(401), "unauthorized");
}

#[tokio::test]
async fn an_agents_key_is_shown_once_and_kept_as_a_hash() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database));
    let client = served.client().with(&admin.token);
    let agent = client.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    assert_eq!(agent["owner_id"], json!(admin.id));
    let path = format!("/api/admin/agents/{}/keys", agent["id"].as_str().expect("an id"));
    let issued = client.post(&path, &json!({})).await.expect(201);
    let key: ApiKey = issued["api_key"].as_str().expect("a key").parse().expect("a well-formed key");

    let mut connection = database.connect("council_service").await;
    let found = agents::by_key(&mut connection, &key.prefix, &secret_hash(&key.secret)).await.expect("asks");
    assert_eq!(found.expect("is found").name, "Publisher");
    let other = agents::by_key(&mut connection, &key.prefix, &secret_hash("another")).await.expect("asks");
    assert!(other.is_none());
    for path in ADMIN_READS {
        let shown = client.get(path).await.expect(200).to_string();
        // What `person` stores in place of a hash.
        assert!(!shown.contains(&key.secret) && !shown.contains("no password"), "{path} shows a secret: {shown}");
    }
}

#[tokio::test]
async fn every_act_is_on_the_record_page_by_page() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database));
    let client = served.client().with(&admin.token);
    for name in ["One", "Two", "Three"] {
        client.post("/api/admin/agents", &json!({"name": name})).await.expect(201);
    }
    let mut acts = Vec::new();
    for page in client.pages("/api/admin/audit-logs?limit=2").await {
        let rows = page["audit_logs"].as_array().expect("rows");
        assert!((1..=2).contains(&rows.len()));
        acts.extend(rows.iter().map(|row| row["action"].as_str().expect("an action").to_owned()));
    }
    assert_eq!(acts, ["agent.created", "agent.created", "agent.created", "session.opened", "user.created"]);
}
