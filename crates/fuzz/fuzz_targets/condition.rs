//! A condition on inputs, as mandates and steps have them, and on the lines after it the inputs.
//!
//! Reading and evaluating it never fails in another way than by saying why; it does not depend on anything but the
//! inputs; and what it costs is bounded, which the limits of the run see to.

#![no_main]

use governance::mandate::covers;
use governance::secrets::Secrets;
use governance::template::{Scope, check_condition, is_true};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let (condition, inputs) = fuzz::first_line(text);
    let inputs: Value = serde_json::from_str(inputs)
        .unwrap_or_else(|_| json!({"amount": 4200.5, "title": "A & B", "tags": ["x", "y"], "who": {"name": "Ada"}}));
    let sound = check_condition(condition);
    assert_eq!(check_condition(condition), sound, "it is read the same each time");

    let scope = Scope { inputs: inputs.clone(), ..Scope::default() };
    let found = is_true(condition, &scope);
    assert_eq!(covers(condition, &inputs), found == Ok(true));
    if sound.is_ok() {
        // Whatever else there is to see, it is not seen.
        let name = "token".parse().expect("a name");
        let secrets: Secrets = [(name, SecretString::from("s3cr3t"))].into_iter().collect();
        let mut other = Scope { inputs, secrets, ..Scope::default() };
        other.finish("page", json!({"text": "hello", "status": 200}));
        assert_eq!(is_true(condition, &other), found, "{condition:?} depends on more than the inputs");
    }
});
