//! Authenticators and recovery codes.

use auth_service::settings::IdentitySettings;
use common::roles::Role;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testing::{Answer, Client, TestDatabase, TestRedis, person};

use crate::{PASSWORD, account, code_of, command, identity, serve, serve_with, text};

async fn try_code(client: &Client, code: &str) -> Answer {
    client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD, "code": code})).await
}

/// Sets up an authenticator for Ann, and returns its secret and her recovery codes.
async fn protect(client: &Client) -> (String, Vec<String>) {
    let login = client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await;
    let ann = client.with(login.body["token"].as_str().expect("a token"));
    let begun = ann.post("/api/auth/totp", &json!({"password": PASSWORD})).await.expect(201);
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    assert!(begun["otpauth_uri"].as_str().expect("a URI").contains(&secret));
    // Until it is confirmed, nothing changes.
    client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await.expect(200);
    let wrong = ann.post("/api/auth/totp/confirm", &json!({"code": "000000"})).await;
    assert_eq!(wrong.problem(403), "wrong_code");
    let confirmed = ann.post("/api/auth/totp/confirm", &json!({"code": code_of(&secret, -1)})).await.expect(200);
    let codes: Vec<String> = serde_json::from_value(confirmed["recovery_codes"].clone()).expect("codes");
    assert_eq!(codes.len(), 10);
    assert_eq!(ann.get("/api/auth/totp").await.expect(200), json!({"enabled": true, "recovery_codes_left": 10}));
    (secret, codes)
}

#[tokio::test]
async fn a_code_is_asked_for_and_good_for_one_login() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let (secret, _) = protect(&client).await;

    let without = client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await;
    assert_eq!(without.problem(401), "second_factor_needed");
    let record = client.with(&admin.token).get("/api/admin/audit-logs?action=session.challenged").await.expect(200);
    assert_eq!(record["audit_logs"].as_array().map(Vec::len), Some(1), "whoever it was knows the password");
    let wrong_password = json!({"email": "ann@example.com", "password": "wrong", "code": code_of(&secret, 0)});
    let answer = client.post("/api/auth/login", &wrong_password).await;
    assert_eq!(answer.problem(401), "invalid_credentials", "a code alone tells nothing");

    let code = code_of(&secret, 0);
    try_code(&client, &code).await.expect(200);
    // Within its window, and whoever looked over the shoulder.
    assert_eq!(try_code(&client, &code).await.problem(401), "invalid_credentials");
    assert_eq!(try_code(&client, &code_of(&secret, -1)).await.problem(401), "invalid_credentials", "an earlier one");
    try_code(&client, &code_of(&secret, 1)).await.expect(200);
    assert_eq!(try_code(&client, &code_of(&secret, 5)).await.problem(401), "invalid_credentials");
}

#[tokio::test]
async fn one_code_sent_twice_at_once_lets_one_in() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let (secret, _) = protect(&client).await;
    let code = code_of(&secret, 0);
    let answers = futures_util::future::join_all((0..3).map(|_| try_code(&client, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:#?}");
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_kept_as_a_hash() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let (secret, codes) = protect(&client).await;
    try_code(&client, &codes[0].to_uppercase()).await.expect(200);
    assert_eq!(try_code(&client, &codes[0]).await.problem(401), "invalid_credentials");
    let login = try_code(&client, &codes[1].replace('-', " ")).await.expect(200);

    let ann = client.with(login["token"].as_str().expect("a token"));
    assert_eq!(ann.get("/api/auth/totp").await.expect(200)["recovery_codes_left"], 8);
    let both = |code: &str| json!({"password": PASSWORD, "code": code});
    let renewed = ann.post("/api/auth/totp/recovery-codes", &both(&code_of(&secret, 0))).await.expect(200);
    assert_eq!(try_code(&client, &codes[2]).await.problem(401), "invalid_credentials", "replaced");
    let fresh = renewed["recovery_codes"][0].as_str().expect("a code");
    assert_eq!(ann.post("/api/auth/totp/disable", &both("000000")).await.problem(403), "wrong_code");
    ann.post("/api/auth/totp/disable", &both(fresh)).await.expect(204);
    client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await.expect(200);
}

#[tokio::test]
async fn wrong_codes_lock_the_account_as_wrong_passwords_do() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let (secret, _) = protect(&client).await;
    // One wrong code was shown when it was set up.
    for _ in 0..4 {
        assert_eq!(try_code(&client, "000000").await.status, 401);
    }
    assert_eq!(try_code(&client, &code_of(&secret, 0)).await.problem(429), "too_many_attempts");
}

#[tokio::test]
async fn a_code_shown_once_more_counts_for_its_session_alone() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let shown = "SELECT 1 FROM sessions WHERE second_factor_at > now() - interval '1 minute'";
    let (secret, codes) = protect(&client).await;
    let login = try_code(&client, &code_of(&secret, 0)).await.expect(200);
    let ann = client.with(login["token"].as_str().expect("a token"));
    for wrong in ["000000", &code_of(&secret, 0), &codes[0]] {
        let answer = ann.post("/api/auth/totp/verify", &json!({"code": wrong})).await;
        assert_eq!(answer.problem(403), "wrong_code", "{wrong}: wrong, used, or no code of the authenticator");
    }
    assert_eq!(database.execute(shown).await, 0);
    ann.post("/api/auth/totp/verify", &json!({"code": code_of(&secret, 1)})).await.expect(204);
    assert_eq!(database.execute(shown).await, 1);
    for _ in 0..2 {
        ann.post("/api/auth/totp/verify", &json!({"code": "000000"})).await;
    }
    let locked = ann.post("/api/auth/totp/verify", &json!({"code": "000000"})).await;
    assert_eq!(locked.problem(429), "too_many_attempts");
    let without = client.with(&admin.token).post("/api/auth/totp/verify", &json!({"code": "000000"})).await;
    assert_eq!(without.problem(409), "no_totp");
}

#[tokio::test]
async fn an_admin_helps_who_has_lost_everything_and_it_is_on_the_record() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let as_admin = client.with(&admin.token);
    let ann = account(&as_admin, "ann").await;
    protect(&client).await;
    let path = format!("/api/admin/users/{ann}");
    assert_eq!(as_admin.get(&path).await.expect(200)["totp_enabled"], true);
    as_admin.send(as_admin.request(Method::DELETE, &format!("{path}/totp"))).await.expect(204);
    client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await.expect(200);
    let record = as_admin.get(&format!("/api/admin/audit-logs?resource_kind=user&resource_id={ann}")).await.expect(200);
    let row = &record["audit_logs"][0];
    assert_eq!((&row["action"], &row["actor_id"]), (&json!("totp.disabled"), &json!(admin.id)));
}

/// The database holds nothing that makes codes: not the secret, and not a form of it that another row could use.
#[tokio::test]
async fn a_secret_moved_to_another_person_is_of_no_use() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let eve = account(&client.with(&admin.token), "eve").await;
    account(&client.with(&admin.token), "ann").await;
    let (secret, _) = protect(&client).await;
    let copied =
        format!("INSERT INTO totp (user_id, secret, confirmed_at) SELECT '{eve}', secret, now() FROM totp LIMIT 1");
    assert_eq!(database.execute(&copied).await, 1);
    let login: Value = json!({"email": "eve@example.com", "password": PASSWORD, "code": code_of(&secret, 0)});
    assert_eq!(client.post("/api/auth/login", &login).await.problem(500), "internal");
}

#[tokio::test]
async fn an_authenticator_is_renewed_under_the_newest_key_and_the_old_one_can_go() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    account(&served.client().with(&admin.token), "ann").await;
    let (secret, _) = protect(&served.client()).await;
    let newest = "the newest key, of 32 characters or more";
    let url = database.url("auth_service");
    let renew = |keys: &str| {
        let environment = [("APP_ENV", "development"), ("DATABASE_URL", &url), ("ENCRYPTION_KEY", keys)];
        let output = command(&["renew-encryption"], &environment);
        (output.status.success(), text(&output))
    };
    let kept = (true, "0 renewed, 1 under the newest key already\n".to_owned());
    assert_eq!(renew(identity().encryption_key.expose_secret()), kept);
    let both = format!("{newest}\n{}", identity().encryption_key.expose_secret());
    assert_eq!(renew(&both), (true, "1 renewed, 0 under the newest key already\n".to_owned()));
    assert_eq!(renew(newest), kept);
    let (succeeded, told) = renew("a key that encrypted nothing at all, ever");
    assert!(!succeeded && told.contains("no key can read the authenticator of "), "{told}");

    let renewed = IdentitySettings { encryption_key: newest.into(), ..identity() };
    let served = serve_with(&database, &TestRedis::shared(), renewed).await;
    try_code(&served.client(), &code_of(&secret, 0)).await.expect(200);
}
