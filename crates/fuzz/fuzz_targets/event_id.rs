//! A place in the timeline, which clients send back in `Last-Event-ID`.

#![no_main]

use database::timeline::Position;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(place) = text.parse::<Position>() else { return };
    assert!(place.transaction >= 0 && place.id >= 0, "{place:?}");
    let written = place.to_string();
    assert_eq!(written.parse(), Ok(place));
    // Zeros before the first digit are all that it may have lost.
    assert!(text.len() >= written.len() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{text:?}");
});
