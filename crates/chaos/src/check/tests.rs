//! A sound record, and each way of tampering with it that the check must notice by name.

use std::sync::LazyLock;

use chrono::TimeDelta;
use governance::digest::Digest;
use serde_json::{Value, json};

use super::*;
use crate::record::Step;
use crate::tickets::Ticket;

static BEGINNING: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);

fn at(second: i64) -> DateTime<Utc> {
    *BEGINNING + TimeDelta::seconds(second)
}

fn id() -> WorkflowId {
    "01900000-0000-7000-8000-000000000001".parse().expect("an id")
}

fn call(second: i64, answer: Option<u16>) -> Call {
    Call {
        at: at(second),
        key: Some(format!("{}/call", id())),
        ticket: "ticket-1".to_owned(),
        step: "call".to_owned(),
        body: Digest::of(b"body"),
        answer,
    }
}

/// A workflow that was approved by two, whose worker died in its first attempt, and that another worker completed.
fn sound() -> Record {
    let digest = Digest::of(b"proposal");
    let acts: Vec<(&str, Value)> = vec![
        ("workflow.proposed", json!({})),
        ("vote.cast", json!({})),
        ("vote.cast", json!({})),
        ("workflow.review_decided", json!({})),
        ("workflow.approved", json!({"digest": digest})),
        ("workflow.started", json!({"fence": 1})),
        ("step.started", json!({"step": "call", "attempt": 1, "fence": 1})),
        ("workflow.resumed", json!({"fence": 2})),
        ("step.started", json!({"step": "call", "attempt": 2, "fence": 2})),
        ("step.completed", json!({"step": "call", "attempt": 2})),
        ("workflow.completed", json!({"fence": 2})),
    ];
    let acts = (1..).zip(acts).map(|(number, (action, detail))| Act::new(number, at(10 * number), action, detail));
    let workflow = Workflow {
        id: id(),
        ticket: "ticket-1".to_owned(),
        status: "completed".to_owned(),
        digest,
        actual: digest,
        fence: 2,
        steps: vec![Step::new("call", "http_request", "completed", 2)],
        acts: acts.collect(),
        votes: (2, 0),
    };
    let ticket = Ticket {
        name: "ticket-1".to_owned(),
        kind: Kind::Call,
        say: Say::Approve,
        say_again: Say::Approve,
        voters: vec![0, 1, 2],
        cancel: None,
        large: true,
    };
    let told = Told { ticket, accepted: Some((id(), digest)), votes: vec![0, 1], cancelled: false, given_up: None };
    Record {
        told: vec![told],
        workflows: vec![workflow],
        calls: vec![call(75, None), call(95, Some(200))],
        incidents: vec![],
    }
}

/// The names of what the check finds after tampering.
fn found(tamper: impl FnOnce(&mut Record)) -> Vec<String> {
    let mut record = sound();
    tamper(&mut record);
    let names: BTreeSet<_> = check(&record).iter().map(Violation::name).collect();
    names.into_iter().collect()
}

#[test]
fn a_sound_record_has_no_violations() {
    assert_eq!(found(|_| ()), [""; 0]);
}

#[test]
fn a_missing_workflow_is_found() {
    assert_eq!(found(|record| (record.workflows, record.calls) = (vec![], vec![])), ["lost"]);
}

#[test]
fn what_nobody_was_told_of_or_what_was_done_twice_is_found() {
    assert_eq!(found(|record| record.told[0].given_up = Some("503".to_owned())), ["unanswered"]);
    let twice = |record: &mut Record| {
        let mut second = record.workflows[0].clone();
        second.id = WorkflowId::new();
        second.steps = vec![Step::new("call", "http_request", "pending", 0)];
        (second.status, second.acts, second.fence) = ("pending_review".to_owned(), vec![], 0);
        record.workflows.push(second);
    };
    assert_eq!(found(twice), ["proposed twice"]);
    assert_eq!(found(|record| record.workflows[0].votes = (1, 0)), ["unapproved", "vote lost"]);
}

#[test]
fn a_workflow_that_has_not_ended_or_ended_otherwise_is_found() {
    assert_eq!(found(|record| record.workflows[0].status = "running".to_owned()), ["not finished"]);
    assert_eq!(found(|record| record.workflows[0].status = "failed".to_owned()), ["wrong end"]);
    assert_eq!(found(|record| record.told[0].cancelled = true), ["wrong end"]);
    assert_eq!(found(|record| record.told[0].ticket.say = Say::Reject), ["wrong end"]);
}

#[test]
fn an_unapproved_call_is_found() {
    // Before the approval.
    assert_eq!(found(|record| record.calls[0].at = at(45)), ["unapproved", "unrecorded"]);
    // Without one.
    let without = |record: &mut Record| record.workflows[0].acts[4].action = "workflow.noted".to_owned();
    assert_eq!(found(without), ["unapproved"]);
}

#[test]
fn what_is_not_what_was_approved_is_found() {
    let other = Digest::of(b"other");
    assert_eq!(found(|record| record.workflows[0].actual = other), ["altered"]);
    assert_eq!(found(|record| record.told[0].accepted = Some((id(), other))), ["altered"]);
    assert_eq!(found(|record| record.workflows[0].acts[4].detail = json!({"digest": other})), ["altered"]);
    let for_another =
        |record: &mut Record| record.calls.iter_mut().for_each(|call| call.ticket = "ticket-2".to_owned());
    assert_eq!(found(for_another), ["altered"]);
}

#[test]
fn two_keys_for_one_effect_and_two_bodies_for_one_key_are_found() {
    let other_key = |record: &mut Record| {
        let mut stray = call(96, Some(200));
        stray.key = Some(format!("{}/call", WorkflowId::new()));
        record.calls.push(stray);
    };
    assert_eq!(found(other_key), ["stray call", "two keys"]);
    assert_eq!(found(|record| record.calls[0].key = None), ["stray call", "two keys"]);
    assert_eq!(found(|record| record.calls[0].body = Digest::of(b"other")), ["two bodies"]);
}

#[test]
fn a_call_that_the_record_does_not_have_is_found() {
    assert_eq!(found(|record| record.calls.push(call(97, Some(200)))), ["unrecorded"]);
    // As many as attempts, but before the second of them.
    assert_eq!(found(|record| record.calls[1].at = at(80)), ["unrecorded"]);
}

#[test]
fn a_completed_step_that_nobody_confirmed_is_found() {
    assert_eq!(found(|record| record.calls[1].answer = Some(503)), ["undelivered"]);
    assert_eq!(found(|record| record.workflows[0].steps[0].status = "running".to_owned()), ["undone"]);
}

#[test]
fn a_write_under_a_stale_fence_is_found() {
    // The end under the fence of the worker that lost its lease.
    assert_eq!(found(|record| record.workflows[0].acts[10].detail = json!({"fence": 1})), ["stale write"]);
    // The result of the attempt of that worker, which does not name its fence.
    let late = |record: &mut Record| record.workflows[0].acts[9].detail = json!({"step": "call", "attempt": 1});
    assert_eq!(found(late), ["stale write"]);
    // A claim that does not move the fence on, or passes one over.
    for fence in [1, 3] {
        let claimed = |record: &mut Record| record.workflows[0].acts[7].detail = json!({"fence": fence});
        assert_eq!(found(claimed), ["stale write"]);
    }
    assert_eq!(found(|record| record.workflows[0].fence = 3), ["stale write"]);
    assert_eq!(found(|record| record.workflows[0].steps[0].fence = 3), ["stale write"]);
}

#[test]
fn a_result_without_its_attempt_is_found_and_a_pure_step_needs_none() {
    let without = |record: &mut Record| record.workflows[0].acts[9].detail = json!({"step": "call", "attempt": 3});
    assert_eq!(found(without), ["result without attempt"]);
    let pure = |record: &mut Record| {
        record.workflows[0].steps.push(Step::new("page", "render_template", "completed", 2));
        record.workflows[0].acts[8].detail = json!({"step": "call", "attempt": 2, "fence": 2});
        let mut end = record.workflows[0].acts.pop().expect("an end");
        end.sequence += 1;
        let page = json!({"step": "page", "attempt": 1, "fence": 2});
        record.workflows[0].acts.push(Act::new(11, at(110), "step.completed", page));
        record.workflows[0].acts.push(end);
    };
    assert_eq!(found(pure), [""; 0]);
}

#[test]
fn what_follows_the_end_and_what_is_missing_from_the_record_is_found() {
    let after = |record: &mut Record| {
        let detail = json!({"step": "call", "attempt": 3, "fence": 2});
        record.workflows[0].acts.push(Act::new(12, at(120), "step.started", detail));
    };
    assert_eq!(found(after), ["after the end"]);
    let gap = |record: &mut Record| drop(record.workflows[0].acts.remove(3));
    assert_eq!(found(gap), ["gap"]);
    assert_eq!(found(|record| record.incidents.push("worker-1 ended by itself".to_owned())), ["incident"]);
}

/// The same workflow, whose first step asked before the call; the councils approved again.
fn asked(record: &mut Record) {
    let digest = record.workflows[0].digest;
    let acts = [
        ("workflow.started", json!({"fence": 1})),
        ("step.started", json!({"step": "ask", "attempt": 1, "fence": 1})),
        ("workflow.asked", json!({"step": "ask", "attempt": 1, "fence": 1})),
        ("workflow.approved", json!({"digest": digest})),
        ("workflow.started", json!({"fence": 2})),
        ("step.completed", json!({"step": "ask", "attempt": 1})),
        ("step.started", json!({"step": "call", "attempt": 1, "fence": 2})),
        ("step.completed", json!({"step": "call", "attempt": 1})),
        ("workflow.completed", json!({"fence": 2})),
    ];
    let workflow = &mut record.workflows[0];
    workflow.acts.truncate(5);
    workflow
        .acts
        .extend((6..).zip(acts).map(|(number, (action, detail))| Act::new(number, at(10 * number), action, detail)));
    workflow.steps.insert(0, Step::new("ask", "approval", "completed", 2));
    workflow.votes = (4, 0);
    (record.told[0].ticket.kind, record.calls) = (Kind::Ask, vec![call(125, Some(200))]);
}

#[test]
fn a_run_that_goes_on_before_its_councils_answered_is_found() {
    assert_eq!(found(asked), [""; 0]);
    let without_an_answer = |record: &mut Record| {
        asked(record);
        record.workflows[0].acts[8].action = "workflow.noted".to_owned();
    };
    assert_eq!(found(without_an_answer), ["unapproved"]);
    let with_too_few_votes = |record: &mut Record| {
        asked(record);
        record.workflows[0].votes = (3, 0);
    };
    assert_eq!(found(with_too_few_votes), ["unapproved"]);
    let against_the_second_vote = |record: &mut Record| {
        asked(record);
        record.told[0].ticket.say_again = Say::Reject;
    };
    assert_eq!(found(against_the_second_vote), ["wrong end"]);
}

#[test]
fn a_wrong_branch_and_a_call_of_a_step_that_was_ruled_out_are_found() {
    let branched = |record: &mut Record, small: &str| {
        record.told[0].ticket.kind = Kind::Branch;
        record.workflows[0].steps[0].name = "call".to_owned();
        record.workflows[0].steps.push(Step::new("large", "transform", "completed", 2));
        record.workflows[0].steps.push(Step::new("small", "transform", small, 2));
    };
    assert_eq!(found(|record| branched(record, "skipped")), [""; 0]);
    assert_eq!(found(|record| branched(record, "completed")), ["wrong branch"]);
    let ruled_out = |record: &mut Record| record.workflows[0].steps[0].status = "skipped".to_owned();
    assert_eq!(found(ruled_out), ["wrong branch"]);
}
