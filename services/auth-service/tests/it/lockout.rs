//! Guessing passwords, and finding out who exists.

use std::time::{Duration, Instant};

use common::roles::Role;
use serde_json::{Value, json};
use testing::{Answer, Client, TestDatabase, TestRedis, person};

use crate::{PASSWORD, account, identity, serve, serve_with};

async fn try_password(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/auth/login", &json!({"email": email, "password": password})).await
}

/// What a stranger sees of an answer.
fn seen(answer: &Answer) -> (u16, Value, bool) {
    (answer.status.as_u16(), answer.body["code"].clone(), answer.headers.contains_key("retry-after"))
}

/// However the address is written, and whether or not it is anybody's.
#[tokio::test]
async fn five_failures_lock_an_account_however_its_address_is_written() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let mut stories = Vec::new();
    for name in ["ann", "nobody"] {
        let mut story = Vec::new();
        for spelling in ["@example.com", "@EXAMPLE.com", "@Example.COM", "@example.com", "@exAmple.com", "@example.com"]
        {
            let spelled = if story.len() % 2 == 0 { name.to_uppercase() } else { name.to_owned() };
            story.push(seen(&try_password(&client, &format!("{spelled}{spelling}"), "wrong").await));
        }
        // Even the right password has to wait.
        story.push(seen(&try_password(&client, &format!("{name}@example.com"), PASSWORD).await));
        stories.push(story);
    }
    let refused = (401, json!("invalid_credentials"), false);
    let locked = (429, json!("too_many_attempts"), true);
    assert_eq!(stories[0][..5], vec![refused; 5]);
    assert_eq!(stories[0][5..], vec![locked; 2]);
    assert_eq!(stories[0], stories[1], "an unknown address is answered as a known one");

    let record = client.with(&admin.token).get("/api/admin/audit-logs?action=user.locked").await.expect(200);
    assert_eq!(record["audit_logs"].as_array().map(Vec::len), Some(1));
    database.execute("UPDATE login_failures SET locked_until = now() - interval '1 second'").await;
    try_password(&client, "ann@example.com", PASSWORD).await.expect(200);
    // Who got in begins anew.
    assert_eq!(
        seen(&try_password(&client, "ann@example.com", "wrong").await),
        (401, json!("invalid_credentials"), false)
    );
}

#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let guesses = (0..30).map(|_| try_password(&client, "ann@example.com", "wrong"));
    let answers = futures_util::future::join_all(guesses).await;
    let failures = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(failures, 5, "so many guesses counted as tried");
    assert_eq!(try_password(&client, "ann@example.com", PASSWORD).await.problem(429), "too_many_attempts");
}

/// From one address, over many accounts.
#[tokio::test]
async fn an_address_that_fails_with_many_accounts_has_to_wait() {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let mut redis = TestRedis::private();
    let served = serve_with(&database, &redis, identity()).await;
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    for number in 0..20 {
        assert_eq!(try_password(&client, &format!("{number}@example.com"), PASSWORD).await.status, 401, "{number}");
    }
    assert_eq!(try_password(&client, "ann@example.com", PASSWORD).await.problem(429), "too_many_attempts");
    // A header that anybody can write does not make them somebody else: nobody here is a trusted proxy.
    let request = client.request(reqwest::Method::POST, "/api/auth/login").header("x-forwarded-for", "203.0.113.9");
    let login = json!({"email": "ann@example.com", "password": PASSWORD});
    assert_eq!(client.send(request.json(&login)).await.problem(429), "too_many_attempts");
    let record = client.with(&admin.token).get("/api/admin/audit-logs?action=session.refused").await.expect(200);
    assert_eq!(record["audit_logs"][0]["detail"]["reason"], "too many failures from this address");

    // Redis only counts; without it people still log in.
    redis.stop();
    try_password(&client, "ann@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_stolen_token_is_no_way_to_guess_the_password() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let login = try_password(&client, "ann@example.com", PASSWORD).await.expect(200);
    let thief = client.with(login["token"].as_str().expect("a token"));
    let guess = json!({"current_password": "a guess", "new_password": "nine silver herons dance"});
    for _ in 0..5 {
        assert_eq!(thief.post("/api/auth/password", &guess).await.problem(403), "wrong_password");
    }
    let right = json!({"current_password": PASSWORD, "new_password": "nine silver herons dance"});
    assert_eq!(thief.post("/api/auth/password", &right).await.problem(429), "too_many_attempts");
}

/// As with logins: many at once are no more than one after the other, and the right one among them does not help.
#[tokio::test]
async fn a_burst_of_guesses_with_a_stolen_token_is_no_way_around() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let login = try_password(&client, "ann@example.com", PASSWORD).await.expect(200);
    let thief = client.with(login["token"].as_str().expect("a token"));
    let begin = json!({"password": PASSWORD});
    thief.post("/api/auth/totp", &begin).await.expect(201);
    // Codes of an authenticator that is only being set up are guesses, too: the answer to the right one is a way in.
    let guess = |number: u32| {
        let thief = thief.clone();
        async move {
            let password = json!({"current_password": "a guess", "new_password": "nine silver herons dance"});
            match number % 2 {
                0 => thief.post("/api/auth/password", &password).await,
                _ => thief.post("/api/auth/totp/confirm", &json!({"code": "000000"})).await,
            }
        }
    };
    let answers = futures_util::future::join_all((0..30).map(guess)).await;
    let wrong = answers.iter().filter(|answer| answer.status == 403).count();
    let locked = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((wrong, locked), (5, 25), "{answers:#?}");
    let record =
        client.with(&admin.token).get("/api/admin/audit-logs?action=session.refused&limit=200").await.expect(200);
    assert_eq!(record["audit_logs"].as_array().map(Vec::len), Some(30), "each is on the record");
}

/// The median of many logins with a wrong password, each for another address so that none is locked.
async fn median_time(client: &Client, addresses: impl Iterator<Item = String>) -> Duration {
    let mut times = Vec::new();
    for address in addresses {
        let began = Instant::now();
        assert_eq!(try_password(client, &address, "wrong").await.status, 401);
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

/// Bounds are generous: machines are noisy, and a skipped hash would be off by a factor of ten and more.
#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let redis = TestRedis::private();
    let costly = auth_service::settings::IdentitySettings { bcrypt_cost: 10, ..identity() };
    let served = serve_with(&database, &redis, costly).await;
    let client = served.client();
    for number in 0..9 {
        account(&client.with(&admin.token), &format!("known{number}")).await;
    }
    let known = median_time(&client, (0..9).map(|number| format!("known{number}@example.com"))).await;
    let unknown = median_time(&client, (0..9).map(|number| format!("unknown{number}@example.com"))).await;
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "{known:?} for a known address, {unknown:?} for an unknown one");
    assert!(known > Duration::from_millis(20), "{known:?}: no password was hashed");
}
