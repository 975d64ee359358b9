//! Tokens that others check: EdDSA, the published keys, and their rotation.

use std::fs;
use std::time::Duration;

use access::{Access, KeySettings};
use auth_service::settings::{IdentitySettings, SigningSettings};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use common::config::SecretSource;
use common::roles::Role;
use database::Pool;
use serde_json::{Value, json};
use testing::{JWT_SECRET, Served, TestDatabase, TestRedis, person};

use crate::{account, identity, log_in, serve, serve_with};

fn new_key() -> String {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("generates");
    pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_ref()))
}

/// What another service checks tokens with.
async fn verifier(served: &Served, pool: Pool, redis: &TestRedis) -> Access {
    let url = format!("{}/.well-known/jwks.json", served.url()).parse().expect("a URL");
    let keys = KeySettings::of_url(url);
    let (ring, fetcher) = (keys.ring().expect("no keys yet"), keys.fetcher().expect("a fetcher"));
    let access = Access::new(ring, fetcher, pool, redis.queue());
    access.catch_up().await;
    access
}

#[tokio::test]
async fn others_check_eddsa_tokens_with_the_published_keys_and_follow_a_rotation() {
    let database = TestDatabase::new().await;
    let (folder, redis) = (tempfile::tempdir().expect("a folder"), TestRedis::shared());
    let path = folder.path().join("keys.pem");
    let first = new_key();
    fs::write(&path, &first).expect("writes");
    let signing = SigningSettings {
        secrets: Some(SecretSource::Text(JWT_SECRET.into())),
        private_keys: Some(SecretSource::File(path.clone())),
    };
    let served = serve_with(&database, &redis, IdentitySettings { signing, ..identity() }).await;
    let admin = person(&database, "admin", Role::Admin).await;
    // The admin's token is of the secret from before: nobody is logged out by the change to EdDSA.
    account(&served.client().with(&admin.token), "ann").await;
    let login =
        async || log_in(&served.client(), "ann@example.com").await.body["token"].as_str().expect("one").to_owned();
    let old = login().await;
    let header = jsonwebtoken::decode_header(&old).expect("a header");
    assert_eq!(header.alg, jsonwebtoken::Algorithm::EdDSA);

    let published = served.client().get("/.well-known/jwks.json").await;
    assert_eq!(published.headers["cache-control"], "public, max-age=30");
    let keys = published.expect(200);
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(keys["keys"][0]["kid"], json!(header.kid));
    assert!(keys["keys"][0].get("d").is_none() && !keys.to_string().contains(JWT_SECRET), "{keys}");

    let elsewhere = verifier(&served, database.pool("council_service"), &redis).await;
    elsewhere.verifier.verify(&old).await.expect("a key that was fetched when it was first needed");
    elsewhere.verifier.verify(&admin.token).await.expect_err("the secret is not published");

    // Rotated, and the time is over in which the new key is only published.
    fs::write(&path, [new_key(), first].concat()).expect("writes");
    let file = fs::File::options().write(true).open(&path).expect("opens");
    file.set_modified(std::time::SystemTime::now() - Duration::from_mins(10)).expect("sets the time");
    let fresh = verifier(&served, database.pool("council_service"), &redis).await;
    // A token of an unknown key has this instance read its file again; without one it would within two seconds.
    served.client().with(&foreign_eddsa(&old)).get("/api/auth/me").await.problem(401);
    let new = login().await;
    assert_ne!(jsonwebtoken::decode_header(&new).expect("a header").kid, header.kid);
    fresh.verifier.verify(&new).await.expect("follows");
    fresh.verifier.verify(&old).await.expect("still holds");
    served.client().with(&old).get("/api/auth/me").await.expect(200);
}

/// The same token under a `kid` that nobody has.
fn foreign_eddsa(token: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (_, rest) = token.split_once('.').expect("three parts");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","typ":"JWT","kid":"nobodys"}"#))
}

/// The part of a token that attackers like to write themselves.
fn with_header(token: &str, header: &Value) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (_, rest) = token.split_once('.').expect("three parts");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn a_header_that_was_written_by_hand_gets_nobody_in() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let kid = jsonwebtoken::decode_header(&admin.token).expect("a header").kid;
    for header in [
        json!({"alg": "none", "kid": kid}),
        json!({"alg": "None", "kid": kid}),
        json!({"alg": "HS512", "kid": kid}),
        json!({"alg": "RS256", "kid": kid}),
        json!({"alg": "EdDSA", "kid": kid}),
        json!({"alg": "HS256", "kid": "../../../../dev/null"}),
        json!({"alg": "HS256", "kid": "' UNION SELECT 'x"}),
        json!({"alg": "HS256", "kid": kid, "crit": ["exp"], "b64": false}),
        json!({"alg": "HS256"}),
        json!("HS256"),
    ] {
        let token = with_header(&admin.token, &header);
        let answer = served.client().with(&token).get("/api/auth/me").await;
        assert_eq!(answer.problem(401), "unauthorized", "{header}");
        let unsigned = token.rsplit_once('.').map(|(message, _)| format!("{message}.")).expect("three parts");
        assert_eq!(served.client().with(&unsigned).get("/api/auth/me").await.problem(401), "unauthorized", "{header}");
    }
}

/// Whoever was cut off from Redis and PostgreSQL for too long believes nobody.
#[tokio::test]
async fn who_does_not_know_what_is_revoked_says_so() {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let keys = KeySettings::of_secret(JWT_SECRET);
    let cut_off = Access::new(
        keys.ring().expect("keys"),
        keys.fetcher().expect("a fetcher"),
        database.pool("council_service"),
        TestRedis::shared().queue(),
    );
    let check = cut_off.readiness();
    assert_eq!(check().await.expect_err("is not ready"), "revocations are not known");
    let problem = cut_off.verifier.verify(&admin.token).await.expect_err("nobody is believed");
    assert_eq!(problem.code(), "unavailable");
    cut_off.catch_up().await;
    cut_off.verifier.verify(&admin.token).await.expect("is believed");
    check().await.expect("is ready");
}
