//! Names and texts of requests: identifiers, slugs, remarks, e-mail addresses.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use common::ids::{CouncilId, Domain, SecretName, StepName, WorkflowId, WorkflowTypeId};
use common::text::{Email, Name, Remark, Text};
use governance::digest::Digest;
use governance::policy::Pattern;
use libfuzzer_sys::fuzz_target;
use queue::InstanceId;

/// Reads a name; what is accepted is written as something that reads as the same.
fn read<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<String> {
    let value: T = text.parse().ok()?;
    let written = value.to_string();
    assert_eq!(written.parse().ok().as_ref(), Some(&value), "{text:?} is written as {written:?}");
    Some(written)
}

fuzz_target!(|text: &str| {
    let _ = read::<WorkflowId>(text);
    if let Some(digest) = read::<Digest>(text) {
        assert_eq!(digest.len(), 64);
    }
    for slug in [
        read::<CouncilId>(text),
        read::<Domain>(text),
        read::<WorkflowTypeId>(text),
        read::<StepName>(text),
        read::<SecretName>(text),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(slug, text, "a slug stays as it is");
        assert!(
            slug.len() <= 100
                && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
        );
    }
    if let Ok(pattern) = Pattern::try_from(text.to_owned()) {
        assert_eq!(String::from(pattern.clone()), text);
        if let Ok(exact) = text.parse::<WorkflowTypeId>() {
            assert!(pattern.matches(exact.as_str()), "{text:?} does not mean itself");
        }
        if !text.starts_with(['*', 'z']) {
            assert!(!pattern.matches("zz.other"), "{text:?} means types of another domain");
        }
    }
    if let Ok(email) = Email::try_from(text.to_owned()) {
        assert_eq!(Email::try_from(email.as_str().to_owned()).as_ref(), Ok(&email), "{text:?} in lower case");
        assert!(email.as_str().len() <= 254, "{email:?}");
        assert!(!email.as_str().chars().any(|c| c.is_control() || c.is_whitespace()));
    }
    let is_text = |text: &str| !text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c));
    if let Ok(name) = Name::try_from(text.to_owned()) {
        assert!(is_text(name.as_str()) && (1..=100).contains(&name.as_str().chars().count()));
    }
    if let Ok(remark) = Remark::try_from(text.to_owned()) {
        assert!(is_text(remark.as_str()) && !remark.as_str().trim().is_empty());
    }
    let _ = Text::<0, 200>::try_from(text.to_owned());
    if let Ok(instance) = InstanceId::try_from(text.to_owned()) {
        assert!(instance.as_str().is_ascii() && !instance.as_str().contains(['/', ' ', '\n']));
    }
});
