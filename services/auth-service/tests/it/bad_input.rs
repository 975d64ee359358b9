//! No endpoint takes what it should not.

use std::collections::BTreeMap;

use common::roles::Role;
use database::Connection;
use database::identity::passwords::{Purpose, issue_token};
use database::identity::users;
use serde_json::{Value, json};
use testing::hostile::{Example, Hostile};
use testing::{Person, TestDatabase, log_in, person};

use crate::{PASSWORD, account, code_of, refresh_cookie_of, serve};

const WEAK: [&str; 4] =
    ["", "short", "password1234", "x234567890123456789012345678901234567890123456789012345678901234567890123"];

fn weak_passwords(field: &str) -> Vec<Value> {
    WEAK.iter().map(|weak| json!({field: weak})).collect()
}

/// Gives a person a token as a mail would bring it.
async fn mailed_token(connection: &mut Connection, user: &str, purpose: Purpose, token: &str) {
    let user = users::find(connection, user.parse().expect("an id")).await.expect("the person");
    let hash = common::keys::secret_hash(token);
    assert!(issue_token(connection, &user, purpose, &hash).await.expect("issues"));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of good and bad bodies")]
async fn every_endpoint_refuses_bad_input_and_writes_nothing() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let as_admin = client.with(&admin.token);
    let ann = account(&as_admin, "ann").await;
    let subject = account(&as_admin, "subject").await;
    let agent = as_admin.post("/api/admin/agents", &json!({"name": "Publisher"})).await.expect(201);
    let agent_id = agent["id"].as_str().expect("an id").to_owned();
    let key = as_admin.post(&format!("/api/admin/agents/{agent_id}/keys"), &json!({})).await.expect(201);
    let invited = json!({"email": "ivy@example.com", "name": "Ivy", "role": "viewer"});
    let invited = as_admin.post("/api/admin/users/invite", &invited).await.expect(201);
    let mut connection = database.connect("auth_service").await;
    mailed_token(&mut connection, invited["id"].as_str().expect("an id"), Purpose::Invitation, "an invitation").await;
    mailed_token(&mut connection, &ann, Purpose::PasswordReset, "a reset").await;

    // Each has an account of its own, where an endpoint ends sessions or changes how somebody logs in.
    let new = async |name: &str| -> Person {
        let id = account(&as_admin, name).await;
        log_in(&database, id.parse().expect("an id")).await
    };
    let (leaving, ending, doomed, renaming) = (new("lea").await, new("end").await, new("doo").await, new("ren").await);
    let (changing, setting_up, confirming) = (new("pas").await, new("sue").await, new("con").await);
    let begin = async |who: &Person| {
        let begun = client.with(&who.token).post("/api/auth/totp", &json!({"password": PASSWORD})).await.expect(201);
        begun["secret"].as_str().expect("a secret").to_owned()
    };
    let protect = async |name: &str| {
        let who = new(name).await;
        let confirm = json!({"code": code_of(&begin(&who).await, 0)});
        let confirmed = client.with(&who.token).post("/api/auth/totp/confirm", &confirm).await.expect(200);
        (who, confirmed["recovery_codes"][0].clone())
    };
    let pending = begin(&confirming).await;
    let showing = new("sho").await;
    let shown = begin(&showing).await;
    let confirm = json!({"code": code_of(&shown, 0)});
    client.with(&showing.token).post("/api/auth/totp/confirm", &confirm).await.expect(200);
    let (disabling, code_to_disable) = protect("dis").await;
    let (renewing, code_to_renew) = protect("new").await;
    let (helpless, _) = protect("hel").await;
    new("ref").await;
    let cookie = refresh_cookie_of(&client, "ref@example.com").await;

    let both =
        |code| Example { good: json!({"password": PASSWORD, "code": code}), bad: vec![json!({"code": "12345"})] };
    let redeem = |token: &str| Example {
        good: json!({"token": token, "password": "nine silver herons dance"}),
        bad: [weak_passwords("password"), vec![json!({"token": ""}), json!({"token": "another"})]].concat(),
    };
    let bodies = BTreeMap::from([
        (
            "POST /api/auth/login",
            Example {
                good: json!({"email": "subject@example.com", "password": PASSWORD}),
                bad: vec![
                    json!({"email": ""}),
                    json!({"email": "ann"}),
                    json!({"email": "@"}),
                    json!({"email": "a b@c"}),
                    json!({"code": "1"}),
                ],
            },
        ),
        (
            "PATCH /api/auth/me",
            Example { good: json!({"name": "Ann B"}), bad: vec![json!({"name": ""}), json!({"role": "admin"})] },
        ),
        (
            "POST /api/auth/password",
            Example {
                good: json!({"current_password": PASSWORD, "new_password": "nine silver herons dance"}),
                bad: [weak_passwords("new_password"), vec![json!({"new_password": "pas@example.com pas"})]].concat(),
            },
        ),
        (
            "POST /api/auth/password-reset",
            Example { good: json!({"email": "nobody@example.com"}), bad: vec![json!({"email": "nobody"})] },
        ),
        ("POST /api/auth/password-reset/redeem", redeem("a reset")),
        ("POST /api/auth/invitations/accept", redeem("an invitation")),
        ("POST /api/auth/totp", Example { good: json!({"password": PASSWORD}), bad: vec![] }),
        (
            "POST /api/auth/totp/confirm",
            Example {
                good: json!({"code": code_of(&pending, 0)}),
                bad: vec![json!({"code": "12345"}), json!({"code": ""})],
            },
        ),
        (
            "POST /api/auth/totp/verify",
            Example {
                good: json!({"code": code_of(&shown, 1)}),
                bad: vec![json!({"code": "12345"}), json!({"code": ""})],
            },
        ),
        ("POST /api/auth/totp/disable", both(code_to_disable)),
        ("POST /api/auth/totp/recovery-codes", both(code_to_renew)),
        (
            "POST /api/admin/users",
            Example {
                good: json!({"email": "bob@example.com", "name": "Bob", "role": "council_operator", "password": PASSWORD}),
                bad: [
                    weak_passwords("password"),
                    vec![
                        json!({"email": "ann@example.com"}),
                        json!({"email": "ANN@EXAMPLE.COM"}),
                        json!({"email": format!("{}@example.com", "x".repeat(250))}),
                        json!({"name": ""}),
                        json!({"name": "  "}),
                        json!({"name": "x".repeat(101)}),
                        json!({"role": "root"}),
                        json!({"name": "Bartholomew Quux", "password": "bartholomew quux"}),
                    ],
                ]
                .concat(),
            },
        ),
        (
            "POST /api/admin/users/invite",
            Example {
                good: json!({"email": "cat@example.com", "name": "Cat", "role": "viewer"}),
                bad: vec![json!({"email": "ann@example.com"}), json!({"role": "root"}), json!({"password": PASSWORD})],
            },
        ),
        (
            "PATCH /api/admin/users/{user_id}",
            Example {
                good: json!({"name": "Subject", "role": "council_operator"}),
                bad: vec![
                    json!({"role": "root"}),
                    json!({"state": "erased"}),
                    json!({"state": "invited"}),
                    json!({"id": admin.id}),
                    json!({"password_hash": "x"}),
                ],
            },
        ),
        (
            "POST /api/admin/agents",
            Example {
                good: json!({"name": "Writer", "owner_id": admin.id}),
                bad: vec![
                    json!({"name": "x".repeat(101)}),
                    json!({"name": "Publisher"}),
                    json!({"owner_id": "me"}),
                    json!({"owner_id": "01900000-0000-7000-8000-000000000000"}),
                ],
            },
        ),
        (
            "PATCH /api/admin/agents/{agent_id}",
            Example {
                good: json!({"name": "Editor"}),
                bad: vec![json!({"state": "gone"}), json!({"owner_id": "01900000-0000-7000-8000-000000000000"})],
            },
        ),
        (
            "POST /api/admin/agents/{agent_id}/keys",
            Example {
                good: json!({"expires_in_days": 30, "scopes": ["read"]}),
                bad: vec![
                    json!({"expires_in_days": 0}),
                    json!({"expires_in_days": 366}),
                    json!({"scopes": []}),
                    json!({"scopes": ["vote"]}),
                ],
            },
        ),
    ]);
    let guarded = || vec![("x-requested-with", "test".to_owned()), ("cookie", cookie.clone())];
    let hostile = Hostile {
        api: &auth_service::openapi(),
        client,
        admin: &admin,
        database: &database,
        open: &[
            "GET /.well-known/jwks.json",
            "POST /api/auth/login",
            "POST /api/auth/refresh",
            "POST /api/auth/password-reset",
            "POST /api/auth/password-reset/redeem",
            "POST /api/auth/invitations/accept",
        ],
        parameters: BTreeMap::from([
            ("agent_id", agent_id),
            ("key_id", key["id"].as_str().expect("an id").to_owned()),
            ("user_id", subject),
            ("POST /api/admin/users/{user_id}/invitation user_id", invited["id"].as_str().expect("an id").to_owned()),
            ("DELETE /api/admin/users/{user_id} user_id", account(&as_admin, "gone").await),
            ("DELETE /api/admin/users/{user_id}/totp user_id", helpless.id.to_string()),
            ("DELETE /api/admin/sessions/{session_id} session_id", ending.claims.sid.to_string()),
            ("DELETE /api/auth/sessions/{session_id} session_id", doomed.claims.sid.to_string()),
        ]),
        senders: BTreeMap::from([
            ("PATCH /api/auth/me", &renaming),
            ("POST /api/auth/logout", &leaving),
            ("POST /api/auth/password", &changing),
            ("POST /api/auth/totp", &setting_up),
            ("POST /api/auth/totp/confirm", &confirming),
            ("POST /api/auth/totp/verify", &showing),
            ("POST /api/auth/totp/disable", &disabling),
            ("POST /api/auth/totp/recovery-codes", &renewing),
            ("DELETE /api/auth/sessions", &setting_up),
            ("DELETE /api/auth/sessions/{session_id}", &doomed),
        ]),
        headers: BTreeMap::from([("POST /api/auth/refresh", guarded())]),
        bodies,
    };
    let refused = hostile.refused().await;
    eprintln!("{refused} bad requests were refused");
}
