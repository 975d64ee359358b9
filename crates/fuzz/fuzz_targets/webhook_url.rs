//! Where events are to be sent, as an admin states it.

#![no_main]

use database::webhooks::WebhookUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(url) = WebhookUrl::try_from(text.to_owned()) else { return };
    let written = url.as_str();
    let again = WebhookUrl::try_from(written.to_owned()).unwrap_or_else(|error| panic!("{written:?}: {error}"));
    assert_eq!(again.as_str(), written, "of {text:?}");
    assert!(written.len() <= 2000 && written.is_ascii(), "{written:?}");
    assert!(!written.chars().any(|c| c.is_control() || c == ' ' || c == '#'), "{written:?}");
    let (scheme, rest) = written.split_once("://").expect("a scheme");
    assert!(["http", "https"].contains(&scheme));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    assert!(!authority.is_empty() && !authority.contains('@'), "{written:?} says who asks");
});
