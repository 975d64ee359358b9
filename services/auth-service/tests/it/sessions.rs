//! Sessions: carried on, ended, and stolen.

use std::time::{Duration, Instant};

use common::claims::{MAX_LIFETIME, Seat};
use common::http::RequestContext;
use common::roles::Role;
use database::governance::councils;
use database::identity::revocations::{self, Since};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Client, TestDatabase, TestRedis, person};

use crate::{account, cookie_of, identity, log_in, refresh_cookie_of, serve, serve_with};

/// Refreshes as our console does, with this cookie.
async fn refresh(client: &Client, cookie: &str) -> Answer {
    let request = client.request(Method::POST, "/api/auth/refresh");
    client.send(request.header("cookie", cookie).header("x-requested-with", "console")).await
}

/// Pretends that every refresh token was used so long ago.
async fn age_uses(database: &TestDatabase, seconds: u32) {
    database.execute(&format!("UPDATE refresh_tokens SET used_at = used_at - interval '{seconds} seconds'")).await;
}

fn token(body: &Value) -> &str {
    body["token"].as_str().expect("a token")
}

#[tokio::test]
async fn a_refresh_token_is_in_a_strict_cookie_and_changes_at_every_use() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let answer = log_in(&client, "ann@example.com").await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-codex_refresh="), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=604"] {
        assert!(cookie.contains(attribute), "{attribute} is missing in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let first = cookie_of(&answer);
    assert!(!answer.body.to_string().contains(first.split('=').nth(1).expect("a value")), "scripts can't read it");

    let answer = refresh(&client, &first).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let second = cookie_of(&answer);
    assert_ne!(first, second);
    let refreshed = answer.expect(200);
    let me = client.with(token(&refreshed)).get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"]["email"], "ann@example.com");
    refresh(&client, &second).await.expect(200);
}

/// Two tabs that refresh at once, or a request that was sent again because its answer was lost.
#[tokio::test]
async fn a_refresh_token_may_be_used_again_for_a_moment_by_the_same_client() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let cookie = refresh_cookie_of(&client, "ann@example.com").await;
    let tabs = futures_util::future::join_all((0..4).map(|_| refresh(&client, &cookie))).await;
    for tab in tabs {
        refresh(&client, &cookie_of(&tab)).await.expect(200);
    }
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_its_session_and_no_other() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let other_device = refresh_cookie_of(&client, "ann@example.com").await;
    let stolen = refresh_cookie_of(&client, "ann@example.com").await;
    let answer = refresh(&client, &stolen).await;
    let (mine, access) = (cookie_of(&answer), token(&answer.body).to_owned());
    client.with(&access).get("/api/auth/me").await.expect(200);

    age_uses(&database, 11).await;
    assert_eq!(refresh(&client, &stolen).await.problem(401), "unauthorized");
    // The thief and the person are told the same: nobody can say which is which.
    assert_eq!(refresh(&client, &mine).await.problem(401), "unauthorized");
    assert_eq!(client.with(&access).get("/api/auth/me").await.problem(401), "unauthorized");
    refresh(&client, &other_device).await.expect(200);

    let record = client.with(&admin.token).get("/api/admin/audit-logs?action=session.ended").await.expect(200);
    assert_eq!(record["audit_logs"][0]["detail"]["reason"], "a refresh token was used twice");
    assert_eq!(record["audit_logs"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn another_client_may_not_use_a_refresh_token_again_even_at_once() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let cookie = refresh_cookie_of(&client, "ann@example.com").await;
    refresh(&client, &cookie).await.expect(200);
    let request = client.request(Method::POST, "/api/auth/refresh").header("cookie", &cookie);
    let thief = client.send(request.header("x-requested-with", "x").header("user-agent", "another browser")).await;
    assert_eq!(thief.problem(401), "unauthorized");
}

/// Cross-site request forgery on the refresh cookie.
#[tokio::test]
async fn no_other_site_can_have_a_browser_refresh() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let cookie = refresh_cookie_of(&client, "ann@example.com").await;
    let guard = ("x-requested-with", "console");
    let forged: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "https://console.example.com")],
        &[guard, ("origin", "https://evil.example")],
        &[guard, ("origin", "null")],
        &[guard, ("origin", "https://console.example.com.evil.example")],
        &[guard, ("sec-fetch-site", "cross-site")],
    ];
    let before = database.fingerprint().await;
    for headers in forged {
        let request = client.request(Method::POST, "/api/auth/refresh").header("cookie", &cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = client.send(request).await;
        // A foreign origin is refused by CORS before we look.
        assert!([400, 403].contains(&answer.status.as_u16()), "{headers:?}: {answer:#?}");
    }
    assert_eq!(database.fingerprint().await, before);
    let request = client.request(Method::POST, "/api/auth/refresh").header("cookie", &cookie);
    let ours = request.header(guard.0, guard.1).header("origin", "https://console.example.com");
    client.send(ours.header("sec-fetch-site", "same-site")).await.expect(200);
}

/// A cookie that somebody smuggled in beside ours, and other tricks with names and lists.
#[tokio::test]
async fn a_smuggled_cookie_or_header_is_never_chosen() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    account(&client.with(&admin.token), "eve").await;
    let (ann, eve) =
        (refresh_cookie_of(&client, "ann@example.com").await, refresh_cookie_of(&client, "eve@example.com").await);
    for cookies in [format!("{ann}; {eve}"), format!("{eve};{ann}"), format!("{ann}; {}", eve.to_uppercase())] {
        assert_eq!(refresh(&client, &cookies).await.problem(400), "duplicate_cookie", "{cookies}");
    }
    let request = client.request(Method::POST, "/api/auth/refresh").header("x-requested-with", "x");
    let twice = client.send(request.header("cookie", &ann).header("cookie", &eve)).await;
    assert_eq!(twice.problem(400), "duplicate_cookie");
    let plain = ann.replace("__Host-", "");
    assert_eq!(refresh(&client, &plain).await.problem(401), "unauthorized");

    // Two credentials: one may have been added by somebody on the way.
    let request = client.request(Method::GET, "/api/auth/me").bearer_auth(&admin.token);
    let twice = client.send(request.header("authorization", "Bearer x")).await;
    assert_eq!(twice.problem(400), "duplicate_header");
    for header in ["Bearer a, Bearer b", "bearer", "Basic YWRtaW46YWRtaW4="] {
        let request = client.request(Method::GET, "/api/auth/me").header("authorization", header);
        assert_eq!(client.send(request).await.problem(401), "unauthorized", "{header}");
    }
    // A cookie is no credential for anything but a refresh, and a query is none for anything.
    let request = client.request(Method::GET, &format!("/api/auth/me?access_token={}", admin.token));
    assert_eq!(client.send(request.header("cookie", &ann)).await.problem(401), "unauthorized");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_or_its_person_may_not_log_in() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let ann = account(&client.with(&admin.token), "ann").await;
    for change in [
        "UPDATE refresh_tokens SET issued_at = now() - interval '9 days', expires_at = now() - interval '1 second'",
        "UPDATE sessions SET created_at = now() - interval '31 days', expires_at = now() - interval '1 second'",
        "UPDATE users SET state = 'deactivated' WHERE name = 'ann'",
    ] {
        let cookie = refresh_cookie_of(&client, "ann@example.com").await;
        database.execute(change).await;
        assert_eq!(refresh(&client, &cookie).await.problem(401), "unauthorized", "{change}");
        database.execute(&format!("UPDATE users SET state = 'active' WHERE id = '{ann}'")).await;
        database.execute("UPDATE sessions SET expires_at = now() + interval '30 days'").await;
    }
    for cookie in
        ["", "__Host-codex_refresh=", "__Host-codex_refresh=x", &format!("__Host-codex_refresh={}", "A".repeat(43))]
    {
        assert_eq!(refresh(&client, cookie).await.problem(401), "unauthorized", "{cookie}");
    }
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_and_nobody_elses() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    account(&client.with(&admin.token), "ann").await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(token(&log_in(&client, "ann@example.com").await.body).to_owned());
    }
    let ann = client.with(&tokens[0]);
    let listed = ann.get("/api/auth/sessions").await.expect(200);
    let sessions = listed["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|session| session["address"] == "127.0.0.1"), "{listed:#}");
    assert!(!listed.to_string().contains("hash"), "{listed:#}");

    let foreign = format!("/api/auth/sessions/{}", admin.claims.sid);
    assert_eq!(ann.send(ann.request(Method::DELETE, &foreign)).await.problem(404), "not_found");
    let newest = format!("/api/auth/sessions/{}", sessions[0]["id"].as_str().expect("an id"));
    ann.send(ann.request(Method::DELETE, &newest)).await.expect(204);
    assert_eq!(client.with(&tokens[2]).get("/api/auth/me").await.problem(401), "unauthorized");
    assert_eq!(ann.send(ann.request(Method::DELETE, &newest)).await.problem(404), "not_found");

    let ended = ann.send(ann.request(Method::DELETE, "/api/auth/sessions")).await.expect(200);
    assert_eq!(ended["ended"], 1);
    assert_eq!(client.with(&tokens[1]).get("/api/auth/me").await.problem(401), "unauthorized");
    ann.get("/api/auth/me").await.expect(200);
    let answer = ann.post("/api/auth/logout", &json!({})).await;
    assert!(answer.headers["set-cookie"].to_str().expect("text").contains("Max-Age=0"), "{answer:#?}");
    answer.expect(204);
    assert_eq!(ann.get("/api/auth/me").await.problem(401), "unauthorized");
}

/// Waits until a token is refused, and returns after how long.
async fn refused_after(client: &Client) -> Duration {
    let began = Instant::now();
    while client.get("/api/auth/me").await.status == 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "the token still holds");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

/// Over the stream, and, when Redis is gone, by asking the database.
#[tokio::test]
async fn a_revocation_reaches_another_instance_with_and_without_redis() {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let mut redis = TestRedis::private();
    let one = serve_with(&database, &redis, identity()).await;
    let other = serve_with(&database, &redis, identity()).await;
    account(&one.client().with(&admin.token), "ann").await;
    for without_redis in [false, true] {
        let token = token(&log_in(&one.client(), "ann@example.com").await.body).to_owned();
        let elsewhere = other.client().with(&token);
        elsewhere.get("/api/auth/me").await.expect(200);
        if without_redis {
            redis.stop();
        }
        one.client().with(&token).post("/api/auth/logout", &json!({})).await.expect(204);
        let after = refused_after(&elsewhere).await;
        eprintln!("another instance refuses after {after:?}, without redis: {without_redis}");
    }
}

/// Seats are council-service's to write; whose they are is told to everybody.
#[tokio::test]
async fn a_change_of_seat_makes_the_persons_tokens_void_here_too() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let ann = account(&served.client().with(&admin.token), "ann").await.parse().expect("an id");
    let token = token(&log_in(&served.client(), "ann@example.com").await.body).to_owned();
    let elsewhere = served.client().with(&token);
    elsewhere.get("/api/auth/me").await.expect(200);
    let mut council_service = database.connect("council_service").await;
    let council = "governance".parse().expect("a council's id");
    councils::seats::seat(&mut council_service, &admin.claims, &RequestContext::default(), &council, ann, Seat::Member)
        .await
        .expect("seats");
    refused_after(&elsewhere).await;
}

/// A verifier forgets a revocation when no token can be meant by it any more, however long tokens hold.
#[tokio::test]
async fn a_revocation_is_kept_longer_than_any_token_holds() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    served.client().with(&admin.token).post("/api/auth/logout", &json!({})).await.expect(204);
    let mut connection = database.connect("auth_service").await;
    let kept = revocations::load(&mut connection, Since::Ever).await.expect("loads");
    let left = kept[0].expires_at - chrono::Utc::now();
    // The clocks of two machines may differ by so much.
    assert!(left.to_std().expect("in the future") > MAX_LIFETIME + Duration::from_secs(5), "{left}");
}

#[tokio::test]
async fn an_instance_that_starts_later_knows_what_was_revoked_before() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    account(&served.client().with(&admin.token), "ann").await;
    let token = token(&log_in(&served.client(), "ann@example.com").await.body).to_owned();
    served.client().with(&token).post("/api/auth/logout", &json!({})).await.expect(204);
    let late = serve(&database).await;
    assert_eq!(late.client().with(&token).get("/api/auth/me").await.problem(401), "unauthorized");
}

/// A change of rights makes the token void, not the session: a refresh says what is so now.
#[tokio::test]
async fn a_change_of_role_counts_at_once_and_a_refresh_tells_it() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let as_admin = client.with(&admin.token);
    let ann = account(&as_admin, "ann").await;
    let answer = log_in(&client, "ann@example.com").await;
    let path = format!("/api/admin/users/{ann}");
    let change = |body: Value| as_admin.send(as_admin.request(Method::PATCH, &path).json(&body));
    change(json!({"role": "viewer"})).await.expect(200);
    assert_eq!(client.with(token(&answer.body)).get("/api/auth/me").await.problem(401), "unauthorized");
    let refreshed = refresh(&client, &cookie_of(&answer)).await;
    assert_eq!(refreshed.body["user"]["role"], "viewer");
    client.with(token(&refreshed.body)).get("/api/auth/me").await.expect(200);

    change(json!({"state": "deactivated"})).await.expect(200);
    assert_eq!(client.with(token(&refreshed.body)).get("/api/auth/me").await.problem(401), "unauthorized");
    assert_eq!(refresh(&client, &cookie_of(&refreshed)).await.problem(401), "unauthorized");
}
