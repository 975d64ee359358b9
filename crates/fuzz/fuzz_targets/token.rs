//! An access token from a stranger: nobody without a key makes one, and no other text passes for a genuine one.
//!
//! The input is a token by itself; or lines of `<place> <text>`, each of which overwrites so many characters of a genuine
//! token there.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use common::claims::{Claims, Identity};
use common::ids::{SessionId, UserId};
use common::roles::Role;
use common::tokens::{Jwk, JwkSet, Ring, SigningKey};
use libfuzzer_sys::fuzz_target;

struct World {
    ring: Ring,
    genuine: Vec<String>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let user = Identity {
        id: UserId::new(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
        role: Role::Viewer,
        seats: Vec::new(),
    };
    let claims = Claims::new(user, 0, SessionId::new(), Duration::from_hours(7 * 24));
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("generates");
    let keys = [
        SigningKey::of_secret("a secret of this target, of 32 characters or more"),
        SigningKey::of_pkcs8(pkcs8.as_ref()).expect("a key"),
    ];
    let ring = Ring::new(keys.iter().map(SigningKey::verifying));
    World { ring, genuine: keys.iter().map(|key| key.sign(&claims).expect("signs")).collect() }
});

fuzz_target!(|text: &str| {
    let World { ring, genuine } = &*WORLD;
    assert!(ring.verify(text).is_err(), "made without a key: {text}");

    for token in genuine {
        let mut bytes = token.clone().into_bytes();
        for (place, new) in text.lines().filter_map(|line| line.split_once(' ')) {
            let Ok(place) = place.parse::<usize>() else { continue };
            let place = place % bytes.len();
            for (old, new) in bytes[place..].iter_mut().zip(new.bytes()) {
                *old = new;
            }
        }
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert_eq!(ring.verify(&changed).is_ok(), changed == *token, "{changed} in place of {token}");
    }

    // A published key is taken or left out; it never makes a ring accept what it did not sign.
    if let Some(set) = fuzz::round_trip::<JwkSet>(text) {
        let published = Ring::from(&set);
        assert!(published.verify(&genuine[0]).is_err(), "the token of a secret, by a published key");
    }
    let _ = fuzz::round_trip::<Jwk>(text);
});
