//! The examples in `docs/steps.md` are true.

use std::collections::BTreeSet;
use std::path::Path;

use governance::definition::{Step, StepKind, faults};
use governance::schema::violations;
use serde_json::{Value, json};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each block of code with what stands behind its fence.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let code: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info.to_owned(), code.join("\n")));
        }
    }
    blocks
}

#[test]
fn the_examples_of_steps_are_sound_and_there_is_one_of_each_kind() {
    let (mut steps_of, mut outputs_of) = (BTreeSet::new(), BTreeSet::new());
    for (info, code) in blocks(&read("docs/steps.md")) {
        let json = || serde_json::from_str::<Value>(&code).unwrap_or_else(|error| panic!("{error} in\n{code}"));
        if let Some(kind) = info.strip_prefix("json output of ") {
            let kind: StepKind = kind.parse().expect("a kind");
            assert_eq!(violations(kind.output_schema(), &json()), [], "{code}");
            outputs_of.insert(kind);
        } else if info == "json step" || info == "json steps" {
            let list = if info == "json step" { json!([json()]) } else { json() };
            let steps: Vec<Step> = serde_json::from_value(list).unwrap_or_else(|error| panic!("{error} in\n{code}"));
            assert_eq!(faults(&json!({"type": "object"}), &steps), [], "{code}");
            steps_of.extend(steps.iter().map(|step| step.kind));
        } else {
            assert!(info.starts_with("rust "), "nobody checks a block of {info:?}");
        }
    }
    // The grant of a mandate is nobody's to write.
    let mut all: BTreeSet<_> = StepKind::ALL.iter().copied().filter(|kind| *kind != StepKind::GrantMandate).collect();
    assert_eq!(steps_of, all);
    all.remove(&StepKind::Approval);
    assert!(outputs_of.is_superset(&all), "{outputs_of:?}");
}

#[test]
fn the_examples_of_code_are_the_code() {
    let mut shown = 0;
    for (info, code) in blocks(&read("docs/steps.md")) {
        let Some(path) = info.strip_prefix("rust ") else { continue };
        let file = read(path);
        assert!(file.contains(&code), "{path} has changed: docs/steps.md shows\n{code}");
        // What is shown as a whole file is one.
        assert!(
            !code.starts_with("//!") || file.trim_end() == code || file[code.len()..].contains("#[cfg(test)]"),
            "{path}"
        );
        shown += 1;
    }
    assert_eq!(shown, 4);
}
