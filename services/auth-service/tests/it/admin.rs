//! What admins do, and nobody else.

use common::keys::{ApiKey, secret_hash};
use common::roles::Role;
use database::identity::agents;
use serde_json::{Value, json};
use testing::{TestDatabase, person};

use crate::serve;

const ADMIN_READS: [&str; 3] = ["/api/admin/users", "/api/admin/agents", "/api/admin/audit-logs"];

#[tokio::test]
async fn who_is_no_admin_reads_and_writes_nothing_here() {
    let database = TestDatabase::new().await;
    let served = serve(&database).await;
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
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
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
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client().with(&admin.token);
    let agent = client.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    assert_eq!(agent["owner_id"], json!(admin.id));
    let path = format!("/api/admin/agents/{}/keys", agent["id"].as_str().expect("an id"));
    let issued = client.post(&path, &json!({})).await.expect(201);
    let key: ApiKey = issued["api_key"].as_str().expect("a key").parse().expect("a well-formed key");

    let mut connection = database.connect("council_service").await;
    let found = agents::by_key(&mut connection, &key.prefix, &secret_hash(&key.secret)).await.expect("asks");
    assert_eq!(found.expect("is found").0.name, "Publisher");
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
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
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

#[tokio::test]
async fn people_are_searched_and_filtered() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client().with(&admin.token);
    person(&database, "ada_lovelace", Role::CouncilOperator).await;
    person(&database, "adam", Role::Viewer).await;
    let names = async |query: &str| {
        let page = client.get(&format!("/api/admin/users?{query}")).await.expect(200);
        let users = page["users"].as_array().expect("users").clone();
        users.iter().map(|user| user["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("search=ADA").await, ["adam", "ada_lovelace"]);
    assert_eq!(names("search=a_l").await, ["ada_lovelace"], "an underscore is itself, not any character");
    assert_eq!(names("search=%25").await, Vec::<String>::new(), "so is a percent sign");
    assert_eq!(names("role=viewer").await, ["adam"]);
    assert_eq!(names("search=example.com&role=admin&state=active").await, ["admin"]);
    assert_eq!(names("state=invited").await, Vec::<String>::new());
}

/// Mass assignment: a body that says more than the form behind it.
#[tokio::test]
async fn nobody_raises_themselves() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let operator = person(&database, "operator", Role::CouncilOperator).await;
    let client = served.client().with(&operator.token);
    let before = database.fingerprint().await;
    let patch = async |client: &testing::Client, path: &str, body: serde_json::Value| {
        client.send(client.request(reqwest::Method::PATCH, path).json(&body)).await
    };
    for body in [
        json!({"name": "Op", "role": "admin"}),
        json!({"name": "Op", "state": "active"}),
        json!({"name": "Op", "id": admin.id}),
        json!({"name": "Op", "user": {"role": "admin"}}),
        json!({"name": "Op", "seats": [{"council_id": "governance", "seat": "chair"}]}),
    ] {
        assert_eq!(patch(&client, "/api/auth/me", body.clone()).await.problem(422), "invalid_body", "{body}");
    }
    let own = format!("/api/admin/users/{}", operator.id);
    assert_eq!(patch(&client, &own, json!({"role": "admin"})).await.problem(403), "forbidden");
    // An admin does not change their own rights, either: a list of people that is patched as a whole can't harm them.
    let as_admin = served.client().with(&admin.token);
    let own = format!("/api/admin/users/{}", admin.id);
    for body in [json!({"role": "viewer"}), json!({"state": "deactivated"})] {
        assert_eq!(patch(&as_admin, &own, body).await.problem(409), "own_account");
    }
    let erase = as_admin.send(as_admin.request(reqwest::Method::DELETE, &own)).await;
    assert_eq!(erase.problem(409), "own_account");
    assert_eq!(database.fingerprint().await, before);
}

#[tokio::test]
async fn of_two_admins_who_shut_each_other_out_at_once_one_stays() {
    let database = TestDatabase::new().await;
    let served = serve(&database).await;
    for (round, change) in
        [json!({"role": "viewer"}), json!({"state": "deactivated"}), json!(null)].iter().cycle().take(6).enumerate()
    {
        let one = person(&database, &format!("one{round}"), Role::Admin).await;
        let other = person(&database, &format!("other{round}"), Role::Admin).await;
        let shut_out = async |by: &testing::Person, whom: &testing::Person| {
            let client = served.client().with(&by.token);
            let path = format!("/api/admin/users/{}", whom.id);
            let request = match change {
                Value::Null => client.request(reqwest::Method::DELETE, &path),
                change => client.request(reqwest::Method::PATCH, &path).json(change),
            };
            client.send(request).await.status
        };
        let (first, second) = futures_util::future::join(shut_out(&one, &other), shut_out(&other, &one)).await;
        assert!(first.is_success() != second.is_success(), "{change}: {first} and {second}");
    }
}

#[tokio::test]
async fn a_key_ends_when_it_is_taken_back_and_an_agent_when_it_is_deactivated() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client().with(&admin.token);
    let agent = client.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    let path = format!("/api/admin/agents/{}", agent["id"].as_str().expect("an id"));
    let issue = async || {
        let issued = client.post(&format!("{path}/keys"), &json!({"scopes": ["read"]})).await.expect(201);
        let key: ApiKey = issued["api_key"].as_str().expect("a key").parse().expect("a well-formed key");
        (issued["id"].as_str().expect("an id").to_owned(), key)
    };
    let mut connection = database.connect("council_service").await;
    let mut scopes = async |key: &ApiKey| {
        let found = agents::by_key(&mut connection, &key.prefix, &secret_hash(&key.secret)).await.expect("asks");
        found.map(|(_, scopes)| scopes)
    };
    let ((id, first), (_, second)) = (issue().await, issue().await);
    assert_eq!(scopes(&first).await, Some(vec![agents::Scope::Read]));
    client.send(client.request(reqwest::Method::DELETE, &format!("{path}/keys/{id}"))).await.expect(204);
    assert_eq!(scopes(&first).await, None);
    assert!(scopes(&second).await.is_some());
    let off = client.request(reqwest::Method::PATCH, &path).json(&json!({"state": "deactivated"}));
    client.send(off).await.expect(200);
    assert_eq!(scopes(&second).await, None);
    let keys = client.get(&format!("{path}/keys")).await.expect(200);
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
    assert!(!keys.to_string().contains("secret"), "{keys}");
}
