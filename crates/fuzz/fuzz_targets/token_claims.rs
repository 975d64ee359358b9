//! Tokens that are signed by our own key and say anything: what is accepted says what a token of ours must.
//!
//! The first line is the header, or empty for a good one; the rest is what is signed.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use common::claims::{Claims, Identity};
use common::ids::{SessionId, UserId};
use common::revocations::{Revocation, Revocations, Standing};
use common::roles::Role;
use common::tokens::{Ring, SigningKey};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SECRET: &str = "a secret of this target, of 32 characters or more";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::of_secret(SECRET));

/// The header of a genuine token, encoded.
static HEADER: LazyLock<String> = LazyLock::new(|| {
    let user = Identity {
        id: UserId::new(),
        email: String::new(),
        name: String::new(),
        role: Role::Viewer,
        seats: Vec::new(),
    };
    let token = KEY.sign(&Claims::new(user, 0, SessionId::new(), Duration::ZERO)).expect("signs");
    token.split('.').next().expect("a header").to_owned()
});

fn signed(header: &str, payload: &str) -> String {
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fuzz_target!(|text: &str| {
    let (header, payload) = fuzz::first_line(text);
    let header = if header.is_empty() { HEADER.clone() } else { URL_SAFE_NO_PAD.encode(header) };
    let ring = Ring::new([KEY.verifying()]);
    let before = Utc::now().timestamp();
    let Ok(claims) = ring.verify(&signed(&header, payload)) else { return };

    let said: Value = serde_json::to_value(&claims).expect("JSON");
    assert_eq!((&said["iss"], &said["aud"]), (&"codex-dominion".into(), &"codex-dominion-api".into()));
    assert!(said["nbf"].as_i64().expect("a number") <= Utc::now().timestamp() + 5, "not yet valid: {said}");
    assert!(claims.exp.saturating_add(5) >= before, "over: {said}");
    assert!(!claims.is_over() || claims.exp <= before, "{said}");
    assert_eq!(said["sub"], said["user"]["id"], "a token of two people");
    let _ = claims.time_left();

    // Signed anew it is the same, and whatever it says of itself, it can be revoked.
    let again = ring.verify(&KEY.sign(&claims).expect("signs")).expect("a token of ours");
    assert_eq!(serde_json::to_value(&again).expect("JSON"), said);
    let revocations = Revocations::default();
    revocations.confirm();
    let expires_at = Utc::now() + Duration::from_hours(1);
    let user_id = claims.user.id;
    revocations.add(&[Revocation { id: i64::MAX, user_id, session_id: Some(claims.sid), expires_at }]);
    assert_eq!(revocations.standing(&claims), Standing::Revoked);
});
