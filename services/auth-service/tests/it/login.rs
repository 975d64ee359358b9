//! Logging in.

use common::roles::Role;
use common::tokens::Ring;
use serde_json::{Value, json};
use testing::{Client, TestDatabase, TestRedis, login_key, person};

use crate::{PASSWORD, identity, serve, serve_with};

async fn add_ann(admin: &Client) -> Value {
    let ann = json!({"email": "Ann@Example.com", "name": "Ann", "role": "council_operator", "password": PASSWORD});
    admin.post("/api/admin/users", &ann).await.expect(201)
}

#[tokio::test]
async fn a_login_gives_a_token_for_24_hours_that_says_who_it_is() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, ann) = (served.client(), add_ann(&served.client().with(&admin.token)).await);
    assert!(!ann.to_string().contains("password"), "{ann}");

    let answer = client.post("/api/auth/login", &json!({"email": "ann@EXAMPLE.com", "password": PASSWORD})).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let logged_in = answer.expect(200);
    assert_eq!(logged_in["expires_in"], 24 * 3600);
    assert_eq!(logged_in["user"]["role"], "council_operator");
    let token = logged_in["token"].as_str().expect("a token");
    let claims = Ring::new([login_key().verifying()]).verify(token).expect("our token");
    let left = claims.exp - chrono::Utc::now().timestamp();
    assert!((24 * 3600 - 60..=24 * 3600).contains(&left), "{left}");

    let me = client.with(token).get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"], logged_in["user"]);
    assert_eq!(me["user"]["id"], ann["id"]);
    assert_eq!(me["session"]["id"], json!(claims.sid));
}

#[tokio::test]
async fn a_refused_login_tells_nothing_but_is_on_the_record() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let as_admin = served.client().with(&admin.token);
    add_ann(&as_admin).await;
    let mut answers = Vec::new();
    for (email, password) in [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("ann@example.com", "")] {
        let answer = served.client().post("/api/auth/login", &json!({"email": email, "password": password})).await;
        assert_eq!(answer.problem(401), "invalid_credentials");
        answers.push((answer.body["error"].clone(), answer.body["errors"].clone()));
    }
    answers.dedup();
    assert_eq!(answers, [(json!("Invalid credentials"), Value::Null)]);

    let record = as_admin.get("/api/admin/audit-logs").await.expect(200);
    let record = record["audit_logs"].as_array().expect("rows");
    assert_eq!(record.iter().filter(|row| row["action"] == "session.refused").count(), 3, "{record:#?}");
    let text = json!(record).to_string();
    assert!(!text.contains(PASSWORD) && !text.contains("$2b$"), "{text}");
}

#[tokio::test]
async fn more_logins_than_there_are_threads_wait_their_turn() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    add_ann(&served.client().with(&admin.token)).await;
    let (client, credentials) = (served.client(), json!({"email": "ann@example.com", "password": PASSWORD}));
    let logins = (0..16).map(|_| client.post("/api/auth/login", &credentials));
    for answer in futures_util::future::join_all(logins).await {
        answer.expect(200);
    }
}

/// The pool is bounded: who would wait too long is told so, and nobody else notices.
#[tokio::test]
async fn when_too_many_log_in_the_next_is_told_to_come_back() {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let costly = auth_service::settings::IdentitySettings { bcrypt_cost: 12, ..identity() };
    let served = serve_with(&database, &TestRedis::shared(), costly).await;
    let (client, as_admin) = (served.client(), served.client().with(&admin.token));
    add_ann(&as_admin).await;
    let credentials = json!({"email": "ann@example.com", "password": PASSWORD});
    let mut logins: Vec<_> = (0..200).map(|_| Box::pin(client.post("/api/auth/login", &credentials))).collect();
    // As soon as the first is told: the others need not be waited for.
    let refused = loop {
        let (answer, _, others) = futures_util::future::select_all(logins).await;
        if answer.status == 503 {
            break answer;
        }
        logins = others;
    };
    assert_eq!(refused.problem(503), "unavailable");
    assert!(refused.body["detail"].as_str().is_some_and(|why| why.contains("too many people")), "{refused:#?}");
    assert_eq!(refused.headers["retry-after"], "1");
    as_admin.get("/api/auth/me").await.expect(200);
}
