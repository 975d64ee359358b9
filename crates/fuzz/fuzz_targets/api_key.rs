//! A key of an agent, as it stands behind `Bearer`: what is read is written as the very same text.

#![no_main]

use common::keys::{ApiKey, MARK, secret_hash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(key) = text.parse::<ApiKey>() else { return };
    assert_eq!(key.to_string(), text);
    assert!(text.starts_with(MARK));
    assert!(!key.prefix.contains('_'), "the prefix ends where the secret begins");
    assert!(!key.prefix.is_empty() && !key.secret.is_empty(), "{text:?} lacks a part and is no key");
    let mut other = key.secret.clone();
    other.push('x');
    assert_ne!(secret_hash(&key.secret), secret_hash(&other));
});
