//! The check: holds what a run left behind against every promise, and names what is broken.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::ids::WorkflowId;

use crate::outside::Call;
use crate::record::{Act, Record, Workflow};
use crate::tickets::{APPROVALS, Kind, MAX_ATTEMPTS, Say, Told};

/// The kinds of step that reach the outside world.
const CALLS: &str = "http_request";

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Violation {
    /// A proposal was confirmed, and there is no such workflow.
    #[error("lost: {ticket} was accepted as {workflow}, and PostgreSQL does not have it")]
    Lost { ticket: String, workflow: WorkflowId },
    /// Nobody could be told what became of a request.
    #[error("unanswered: {ticket}: {why}")]
    Unanswered { ticket: String, why: String },
    /// One proposal became more than one workflow.
    #[error("proposed twice: {ticket} is {count} workflows")]
    ProposedTwice { ticket: String, count: usize },
    /// A vote was confirmed, and is not there.
    #[error("vote lost: {confirmed} votes on {ticket} were confirmed, {kept} are kept")]
    VoteLost { ticket: String, confirmed: i64, kept: i64 },
    /// It has not ended, although nobody has to vote.
    #[error("not finished: {ticket} ({workflow}) is {status}")]
    NotFinished { ticket: String, workflow: WorkflowId, status: String },
    /// It ended otherwise than what people said leads to.
    #[error("wrong end: {ticket} ({workflow}) is {status}")]
    WrongEnd { ticket: String, workflow: WorkflowId, status: String },
    /// It ran, or called, and no approval was on the record before.
    #[error("unapproved: {workflow} {what} without an approval on the record before")]
    Unapproved { workflow: WorkflowId, what: String },
    /// It is not what was approved.
    #[error("altered: {workflow} is not what was approved: {what}")]
    Altered { workflow: WorkflowId, what: String },
    /// A call came that names no step of a workflow that there is.
    #[error("stray call: {key:?} for {ticket}")]
    StrayCall { key: Option<String>, ticket: String },
    /// One effect came under several keys.
    #[error("two keys: {effect} came under {count} idempotency keys")]
    TwoKeys { effect: String, count: usize },
    /// One key came with several bodies.
    #[error("two bodies: {key} came with {count} bodies")]
    TwoBodies { key: String, count: usize },
    /// More calls came than attempts are on the record.
    #[error("unrecorded: {key} came {calls} times, {attempts} attempts are on the record")]
    Unrecorded { key: String, calls: usize, attempts: usize },
    /// A completed step whose call was never answered with success.
    #[error("undelivered: {key} is completed, and the outside world has not confirmed it")]
    Undelivered { key: String },
    /// A completed workflow with a step that is not done.
    #[error("undone: {workflow} is completed, its step {step} is {status}")]
    Undone { workflow: WorkflowId, step: String, status: String },
    /// A call of a step that a condition had ruled out, or the branch that it should have taken was.
    #[error("wrong branch: {workflow}, step {step}")]
    WrongBranch { workflow: WorkflowId, step: String },
    /// Something was written under a fence that was not the newest.
    #[error("stale write: {workflow} #{sequence} {action} under fence {fence}, the newest was {newest}")]
    StaleWrite { workflow: WorkflowId, sequence: i64, action: String, fence: i64, newest: i64 },
    /// A result without the attempt that it is of.
    #[error("result without attempt: {workflow} #{sequence} {action}")]
    NoAttempt { workflow: WorkflowId, sequence: i64, action: String },
    /// Something ran on after the end.
    #[error("after the end: {workflow} #{sequence} {action}")]
    AfterTheEnd { workflow: WorkflowId, sequence: i64, action: String },
    /// Acts are missing from the record.
    #[error("gap: the record of {workflow} goes from {from} to {to}")]
    Gap { workflow: WorkflowId, from: i64, to: i64 },
    /// Anything else that should not be.
    #[error("{0}")]
    Incident(String),
}

impl Violation {
    /// Its name, as it is counted.
    pub fn name(&self) -> String {
        match self {
            Self::Incident(_) => "incident".to_owned(),
            other => other.to_string().split(':').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Checks all of it.
pub fn check(record: &Record) -> BTreeSet<Violation> {
    let mut found: BTreeSet<_> = record.incidents.iter().cloned().map(Violation::Incident).collect();
    let by_id: BTreeMap<_, _> = record.workflows.iter().map(|workflow| (workflow.id, workflow)).collect();
    let mut by_ticket: BTreeMap<&str, Vec<&Workflow>> = BTreeMap::new();
    for workflow in &record.workflows {
        by_ticket.entry(&workflow.ticket).or_default().push(workflow);
    }
    let mut by_key: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in &record.calls {
        by_key.entry(call.key.as_deref().unwrap_or_default()).or_default().push(call);
    }
    for told in &record.told {
        ticket(told, by_ticket.get(told.ticket.name.as_str()).map_or(&[], Vec::as_slice), &mut found);
    }
    for workflow in &record.workflows {
        run(workflow, &by_key, &mut found);
    }
    calls(&record.calls, &by_id, &by_key, &mut found);
    found
}

/// What people were told of a ticket is what PostgreSQL holds.
fn ticket(told: &Told, workflows: &[&Workflow], found: &mut BTreeSet<Violation>) {
    let name = || told.ticket.name.clone();
    if let Some(why) = &told.given_up {
        found.insert(Violation::Unanswered { ticket: name(), why: why.clone() });
    }
    if workflows.len() > 1 {
        found.insert(Violation::ProposedTwice { ticket: name(), count: workflows.len() });
    }
    let Some(workflow) = workflows.first() else {
        if let Some((workflow, _)) = told.accepted {
            found.insert(Violation::Lost { ticket: name(), workflow });
        }
        return;
    };
    if let Some((id, digest)) = told.accepted {
        if id != workflow.id {
            found.insert(Violation::Lost { ticket: name(), workflow: id });
        }
        if digest != workflow.digest {
            let what = format!("{digest} was confirmed, {} is stored", workflow.digest);
            found.insert(Violation::Altered { workflow: workflow.id, what });
        }
    }
    let (approvals, rejections) = workflow.votes;
    let confirmed = i64::try_from(told.votes.len()).unwrap_or(i64::MAX);
    if approvals + rejections < confirmed {
        found.insert(Violation::VoteLost { ticket: name(), confirmed, kept: approvals + rejections });
    }
    let status = workflow.status.clone();
    if matches!(status.as_str(), "approved" | "queued" | "running") {
        found.insert(Violation::NotFinished { ticket: name(), workflow: workflow.id, status });
    } else if told.given_up.is_none() && !is_right_end(told, workflow) {
        found.insert(Violation::WrongEnd { ticket: name(), workflow: workflow.id, status });
    } else if status == "completed" && told.ticket.kind == Kind::Branch {
        let (taken, other) = if told.ticket.large { ("large", "small") } else { ("small", "large") };
        for (step, expected) in [(taken, "completed"), (other, "skipped")] {
            if !workflow.steps.iter().any(|found| found.name == step && found.status == expected) {
                found.insert(Violation::WrongBranch { workflow: workflow.id, step: step.to_owned() });
            }
        }
    }
}

/// Whether a workflow ended as what people said leads to.
fn is_right_end(told: &Told, workflow: &Workflow) -> bool {
    let (ticket, status) = (&told.ticket, workflow.status.as_str());
    if told.cancelled {
        return status == "cancelled";
    }
    if ticket.cancel.is_some() && status == "cancelled" {
        return true;
    }
    match (ticket.kind.is_reviewed(), ticket.say) {
        (true, Say::Reject) => status == "rejected",
        (true, Say::TooFew(_)) => status == "pending_review",
        // What is refused for good fails; so may what found the outside world broken at every attempt.
        _ if ticket.kind == Kind::Refused => status == "failed",
        _ if ticket.kind == Kind::Ask && ticket.say_again != Say::Approve && !is_worn_out(workflow) => {
            status == if ticket.say_again == Say::Reject { "rejected" } else { "pending_review" }
        }
        _ => status == "completed" || (status == "failed" && is_worn_out(workflow)),
    }
}

fn is_worn_out(workflow: &Workflow) -> bool {
    workflow.steps.iter().any(|step| step.status == "failed" && step.attempt.unsigned_abs() >= MAX_ATTEMPTS)
}

/// A run is on the record from its approval to its end, each write under the newest fence.
fn run(workflow: &Workflow, by_key: &BTreeMap<&str, Vec<&Call>>, found: &mut BTreeSet<Violation>) {
    let id = workflow.id;
    if workflow.actual != workflow.digest {
        let what = format!("what is stored has the digest {}", workflow.actual);
        found.insert(Violation::Altered { workflow: id, what });
    }
    let mut trail = Trail::default();
    for act in &workflow.acts {
        trail.follow(workflow, act, found);
    }
    if trail.fence != workflow.fence {
        let (sequence, action) = (trail.sequence, "the claim".to_owned());
        let (fence, newest) = (trail.fence, workflow.fence);
        found.insert(Violation::StaleWrite { workflow: id, sequence, action, fence, newest });
    }
    let reviewed = workflow.acts.iter().any(|act| act.action == "vote.cast");
    let rounds = workflow.acts.iter().filter(|act| act.action == "workflow.approved").count();
    if trail.started && reviewed && workflow.votes.0 < i64::try_from(rounds * APPROVALS).unwrap_or(i64::MAX) {
        found.insert(Violation::Unapproved { workflow: id, what: "ran with too few votes, and".to_owned() });
    }
    for step in &workflow.steps {
        let key = format!("{id}/{}", step.name);
        if step.fence > workflow.fence {
            let (sequence, action) = (trail.sequence, format!("step {}", step.name));
            let (fence, newest) = (step.fence, workflow.fence);
            found.insert(Violation::StaleWrite { workflow: id, sequence, action, fence, newest });
        }
        let done = step.status == "completed";
        if workflow.status == "completed" && !done && step.status != "skipped" {
            let (step, status) = (step.name.clone(), step.status.clone());
            found.insert(Violation::Undone { workflow: id, step, status });
        }
        let calls = by_key.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        if step.status == "skipped" && !calls.is_empty() {
            found.insert(Violation::WrongBranch { workflow: id, step: step.name.clone() });
        }
        if done && step.kind == CALLS && !calls.iter().any(|call| call.is_done()) {
            found.insert(Violation::Undelivered { key });
        }
    }
}

/// How far the record of a workflow was followed.
#[derive(Default)]
struct Trail {
    sequence: i64,
    fence: i64,
    approved: bool,
    started: bool,
    ended: bool,
    /// The fence of each attempt at a step; none once it waits, for whoever goes on with the run then.
    attempts: BTreeMap<(String, i64), Option<i64>>,
}

impl Trail {
    fn follow(&mut self, workflow: &Workflow, act: &Act, found: &mut BTreeSet<Violation>) {
        let (id, sequence, action) = (workflow.id, act.sequence, act.action.clone());
        if sequence != self.sequence + 1 {
            found.insert(Violation::Gap { workflow: id, from: self.sequence, to: sequence });
        }
        self.sequence = sequence;
        let is_claim = matches!(action.as_str(), "workflow.started" | "workflow.resumed");
        let is_end = matches!(
            action.as_str(),
            "workflow.completed" | "workflow.failed" | "workflow.cancelled" | "workflow.rejected" | "workflow.expired"
        );
        let is_step = action.starts_with("step.");
        if self.ended && (is_claim || is_end || is_step) {
            found.insert(Violation::AfterTheEnd { workflow: id, sequence, action: action.clone() });
        }
        match action.as_str() {
            "workflow.approved" => {
                self.approved = true;
                if act.detail["digest"] != workflow.digest.to_string() {
                    let what = format!("{} was approved", act.detail["digest"]);
                    found.insert(Violation::Altered { workflow: id, what });
                }
            }
            "workflow.retried" => self.ended = false,
            // It is not approved any more until its councils have answered.
            "workflow.asked" => self.approved = false,
            _ if is_claim => {
                let fence = act.detail["fence"].as_i64().unwrap_or_default();
                if fence != self.fence + 1 {
                    let newest = self.fence + 1;
                    found.insert(Violation::StaleWrite {
                        workflow: id,
                        sequence,
                        action: action.clone(),
                        fence,
                        newest,
                    });
                }
                (self.fence, self.started) = (fence, true);
            }
            _ => {}
        }
        if (is_claim || is_step) && !self.approved {
            found.insert(Violation::Unapproved { workflow: id, what: format!("has {action} on the record") });
        }
        if is_step || is_end || action == "workflow.asked" {
            self.write(workflow, act, found);
        }
        self.ended |= is_end;
    }

    /// A write of a run: under the newest fence, and a result under the fence of its attempt.
    fn write(&mut self, workflow: &Workflow, act: &Act, found: &mut BTreeSet<Violation>) {
        let (id, sequence, action) = (workflow.id, act.sequence, act.action.clone());
        let step = act.detail["step"].as_str().unwrap_or_default().to_owned();
        let attempt = (step, act.detail["attempt"].as_i64().unwrap_or_default());
        let is_pure = || workflow.steps.iter().any(|step| step.name == attempt.0 && step.kind != CALLS);
        let fence = match (act.detail["fence"].as_i64(), action.as_str()) {
            (Some(fence), _) => Some(fence),
            (None, "step.completed" | "step.failed" | "step.will_be_retried") => {
                let begun = self.attempts.get(&attempt).copied();
                if begun.is_none() && !is_pure() {
                    found.insert(Violation::NoAttempt { workflow: id, sequence, action: action.clone() });
                }
                begun.flatten()
            }
            _ => None,
        };
        if let Some(fence) = fence
            && fence != self.fence
        {
            let newest = self.fence;
            found.insert(Violation::StaleWrite { workflow: id, sequence, action: action.clone(), fence, newest });
        }
        match action.as_str() {
            "step.started" => drop(self.attempts.insert(attempt, fence)),
            "step.waits" | "workflow.asked" => drop(self.attempts.insert(attempt, None)),
            _ => {}
        }
    }
}

/// Each call is one that the record knows, approved before it came, under the one key of its effect.
fn calls(
    calls: &[Call],
    by_id: &BTreeMap<WorkflowId, &Workflow>,
    by_key: &BTreeMap<&str, Vec<&Call>>,
    found: &mut BTreeSet<Violation>,
) {
    let mut effects: BTreeMap<String, BTreeSet<Option<&str>>> = BTreeMap::new();
    for call in calls {
        effects.entry(format!("{}/{}", call.ticket, call.step)).or_default().insert(call.key.as_deref());
    }
    for (effect, keys) in effects {
        if keys.len() > 1 {
            found.insert(Violation::TwoKeys { effect, count: keys.len() });
        }
    }
    for (key, calls) in by_key {
        let named = key.split_once('/').and_then(|(id, step)| Some((by_id.get(&id.parse().ok()?)?, step)));
        let Some((workflow, step)) = named.filter(|(_, step)| calls.iter().all(|call| call.step == *step)) else {
            let ticket = calls.first().map(|call| call.ticket.clone()).unwrap_or_default();
            found.insert(Violation::StrayCall { key: calls.first().and_then(|call| call.key.clone()), ticket });
            continue;
        };
        let bodies: BTreeSet<_> = calls.iter().map(|call| call.body.to_string()).collect();
        if bodies.len() > 1 {
            found.insert(Violation::TwoBodies { key: (*key).to_owned(), count: bodies.len() });
        }
        if calls.iter().any(|call| call.ticket != workflow.ticket) {
            let what = format!("{key} was called for another ticket");
            found.insert(Violation::Altered { workflow: workflow.id, what });
        }
        let first = calls.iter().map(|call| call.at).min();
        let approved = first_of(workflow, |act| act.action == "workflow.approved");
        if approved.zip(first).is_none_or(|(approved, first)| approved > first) {
            found.insert(Violation::Unapproved { workflow: workflow.id, what: format!("called {key}") });
        }
        let begun = |act: &Act| act.action == "step.started" && act.detail["step"] == step;
        let mut attempts: Vec<_> = workflow.acts.iter().filter(|act| begun(act)).map(|act| act.at).collect();
        let mut times: Vec<_> = calls.iter().map(|call| call.at).collect();
        attempts.sort_unstable();
        times.sort_unstable();
        // The first call after the first attempt, the second after the second, and so on.
        let recorded = attempts.iter().zip(&times).filter(|(attempt, call)| attempt <= call).count();
        if recorded < times.len() {
            let (calls, attempts) = (times.len(), attempts.len());
            found.insert(Violation::Unrecorded { key: (*key).to_owned(), calls, attempts });
        }
    }
}

fn first_of(workflow: &Workflow, is: impl Fn(&Act) -> bool) -> Option<DateTime<Utc>> {
    workflow.acts.iter().find(|act| is(act)).map(|act| act.at)
}

#[cfg(test)]
mod tests;
