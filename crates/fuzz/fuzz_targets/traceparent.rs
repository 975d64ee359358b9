//! The header `traceparent`: what is accepted stays as it is, through the library's form of it and back.

#![no_main]

use common::Traceparent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(parent) = text.parse::<Traceparent>() else { return };
    assert_eq!(parent.as_str(), text);
    let span = parent.span_context();
    assert!(span.is_valid(), "{text}");
    assert_eq!(Traceparent::from(&span), parent);
    assert_eq!(span.trace_id().to_string(), parent.trace_id());
    assert_eq!(span.is_sampled(), parent.is_sampled(), "{text}");
});
