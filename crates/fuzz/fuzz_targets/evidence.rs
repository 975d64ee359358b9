//! A file that is said to be the evidence of a workflow, byte for byte as somebody hands it in.

#![no_main]

use database::governance::evidence::{Evidence, verify};
use fuzz::evidence::{KEY, are_the_same, genuine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(evidence) = serde_json::from_str::<Evidence>(text) else { return };
    let written = serde_json::to_string(&evidence).expect("what was read can be written");
    let again: Evidence = serde_json::from_str(&written).expect("and be read");
    let verdict = verify(&evidence, Some(&KEY));
    assert_eq!(verify(&again, Some(&KEY)), verdict, "written again, it says something else");
    let _ = verify(&evidence, None).map(|verdict| verdict.to_string());
    match verdict {
        Ok(verdict) if verdict.complete => are_the_same(&evidence, genuine()),
        Ok(verdict) => assert!(!verdict.leaves_open.is_empty()),
        Err(fault) => assert!(fault.at.is_empty() || fault.at.starts_with('/'), "{fault}"),
    }
});
