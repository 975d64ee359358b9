//! What a run came to, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::check::Violation;
use crate::faults::Planned;
use crate::record::Record;
use crate::tickets::MAX_ATTEMPTS;

/// How many violations of a kind are told in full.
const TOLD: usize = 5;

/// The run in numbers, as a table.
pub fn counts(
    record: &Record,
    faults: &[Planned],
    answers: &BTreeMap<String, u64>,
    more: &[(String, String)],
) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |what: &str, count: usize| rows.push((what.to_owned(), count.to_string()));
    row("faults", faults.len());
    for (kind, count) in tally(faults.iter().map(|planned| planned.fault.kind().to_owned())) {
        row(&format!("- {kind}"), count);
    }
    row("proposals", record.told.len());
    row("- accepted", record.told.iter().filter(|told| told.accepted.is_some()).count());
    row("- cancellations confirmed", record.told.iter().filter(|told| told.cancelled).count());
    row("- votes confirmed", record.told.iter().map(|told| told.votes.len()).sum());
    row("workflows", record.workflows.len());
    for (status, count) in tally(record.workflows.iter().map(|workflow| workflow.status.clone())) {
        row(&format!("- {status}"), count);
    }
    let acts = || record.workflows.iter().flat_map(|workflow| &workflow.acts);
    for (what, action) in [
        ("runs claimed", "workflow.started"),
        ("runs taken over or resumed", "workflow.resumed"),
        ("attempts at steps", "step.started"),
        ("attempts to be repeated", "step.will_be_retried"),
    ] {
        row(what, acts().filter(|act| act.action == action).count());
    }
    row("calls at the outside world", record.calls.len());
    for (answer, count) in tally(record.calls.iter().map(|call| match call.answer {
        Some(status) => format!("answered {status}"),
        None => "left hanging or broken off".to_owned(),
    })) {
        row(&format!("- {answer}"), count);
    }
    let keys: BTreeSet<_> = record.calls.iter().map(|call| &call.key).collect();
    row("- under different keys", keys.len());
    let most = record.workflows.iter().flat_map(|workflow| &workflow.steps).map(|step| step.attempt).max();
    rows.push((format!("most attempts at a step, of {MAX_ATTEMPTS}"), most.unwrap_or_default().to_string()));
    rows.push(("answers of council-service".to_owned(), answers.values().sum::<u64>().to_string()));
    rows.extend(answers.iter().map(|(answer, count)| (format!("- {answer}"), count.to_string())));
    rows.extend(more.iter().cloned());
    table(&rows)
}

/// What is broken, and how often.
pub fn violations(found: &BTreeSet<Violation>) -> String {
    let mut text = String::new();
    for (name, count) in tally(found.iter().map(Violation::name)) {
        let _ = writeln!(text, "{count} x {name}");
        for one in found.iter().filter(|violation| violation.name() == name).take(TOLD) {
            let _ = writeln!(text, "    {one}");
        }
    }
    text
}

/// Everything about the workflows that a promise was broken for, one line for each act and each call.
pub fn trails(record: &Record, found: &BTreeSet<Violation>) -> String {
    let broken: BTreeSet<_> = found.iter().filter_map(Violation::workflow).collect();
    let mut text = violations(found);
    for workflow in record.workflows.iter().filter(|workflow| broken.contains(&workflow.id)) {
        let _ =
            writeln!(text, "\n{} {} is {}, fence {}", workflow.ticket, workflow.id, workflow.status, workflow.fence);
        for act in &workflow.acts {
            let _ = writeln!(text, "  {} #{} {} {}", act.at.to_rfc3339(), act.sequence, act.action, act.detail);
        }
        for call in record.calls.iter().filter(|call| call.ticket == workflow.ticket) {
            let _ =
                writeln!(text, "  {} call of {} ({:?}): {:?}", call.at.to_rfc3339(), call.step, call.key, call.answer);
        }
    }
    text
}

fn tally(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut text, (what, count)| {
        let _ = writeln!(text, "  {what:width$}  {count:>9}");
        text
    })
}
