//! What the rows of the record tell, one after the other: each act must have been possible when it was done.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use common::actor::ActorKind;
use common::ids::{CouncilId, StepName, UserId, WorkflowId};
use governance::decide::Tally;
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::retry::RetryFrom;
use governance::steps::{Condition, skipped};
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, WorkflowStatus};
use serde::Deserialize;
use serde_json::Value;

use super::asked::Question;
use super::{Checked, Fault, fault};
use crate::governance::evidence::Evidence;
use crate::governance::evidence::verify::record::Act;

/// Where a workflow stands by its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// What becomes of it follows at once.
    Proposed,
    /// It waits for its councils.
    Pending,
    /// It may run, and has perhaps been sent to the workers.
    Approved,
    /// A worker has it.
    Running,
    /// It has ended like this.
    Ended(WorkflowStatus),
}

impl Standing {
    /// Whether a status says the same.
    pub fn says(self, status: WorkflowStatus) -> bool {
        match self {
            Self::Proposed => false,
            Self::Pending => status == WorkflowStatus::PendingReview,
            Self::Approved => matches!(status, WorkflowStatus::Approved | WorkflowStatus::Queued),
            Self::Running => status == WorkflowStatus::Running,
            Self::Ended(how) => status == how,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proposed => f.write_str("proposed, and nothing after that"),
            Self::Pending => WorkflowStatus::PendingReview.fmt(f),
            Self::Approved => WorkflowStatus::Approved.fmt(f),
            Self::Running => WorkflowStatus::Running.fmt(f),
            Self::Ended(how) => how.fmt(f),
        }
    }
}

/// A review by the record.
pub(super) struct Review<'a> {
    pub policy_version: i32,
    pub kind: ReviewKind,
    pub outcome: ReviewOutcome,
    /// The act that ended it.
    pub ended: Option<&'a Act>,
    /// What was counted then, where votes were.
    pub count: Option<Count>,
}

/// What the record says was counted.
pub(super) struct Count {
    pub tally: Tally,
    pub electorate: Digest,
    /// Whether the deadline decided, and not a vote.
    pub at_deadline: bool,
}

/// A step by the record.
#[derive(Clone)]
pub(super) struct Step<'a> {
    pub name: String,
    pub kind: String,
    pub status: StepStatus,
    pub attempt: i32,
    pub fence: i64,
    pub request: Option<Digest>,
    pub response: Option<Digest>,
    pub error: Option<String>,
    pub started: Option<&'a Act>,
    pub finished: Option<&'a Act>,
    /// The round that it asked in.
    pub asked: Option<i32>,
    /// Whom it asks, if it is one that asks.
    pub whom: Whom,
}

/// Whom a step asks.
#[derive(Clone)]
pub(super) enum Whom {
    /// Those that answer for the domain.
    Responsible,
    /// This council.
    Named(CouncilId),
    /// What an expression over inputs and outputs comes to.
    Rendered,
}

impl Step<'_> {
    /// A step that was not tried.
    fn planned(name: String, kind: String, whom: Whom) -> Self {
        Self {
            name,
            kind,
            status: StepStatus::Pending,
            attempt: 0,
            fence: 0,
            request: None,
            response: None,
            error: None,
            started: None,
            finished: None,
            asked: None,
            whom,
        }
    }
}

impl Step<'_> {
    fn is_pure(&self) -> bool {
        self.kind.parse::<StepKind>().is_ok_and(StepKind::is_pure)
    }
}

/// A version of a policy, as rows name it.
#[derive(Deserialize)]
struct Applied {
    council_id: CouncilId,
    policy_version: i32,
    policy_digest: Digest,
}

/// A review: in which round, by which council.
pub(super) type ReviewKey = (i32, CouncilId);

/// What the rows tell.
pub(super) struct Story<'a> {
    pub proposed: &'a Act,
    pub standing: Standing,
    pub basis: Basis,
    pub round: i32,
    pub fence: i64,
    pub error: Option<String>,
    pub ended: Option<&'a Act>,
    /// The act that let it run, the last one.
    pub let_run: Option<&'a Act>,
    /// The first claim by a worker.
    pub begun: Option<&'a Act>,
    /// Acts at which policies were asked.
    pub asked: Vec<&'a Act>,
    pub policies: BTreeMap<(CouncilId, i32), Digest>,
    pub reviews: BTreeMap<ReviewKey, Review<'a>>,
    /// The last vote of each person in each review, in the order of the acts.
    pub votes: Vec<((ReviewKey, UserId), &'a Act)>,
    pub steps: Vec<Step<'a>>,
    /// The steps as they were approved, where they can be read as what conditions are checked by.
    approved: Vec<governance::definition::Step>,
    /// The mandate that it may run by, or ran by until one of its steps asked.
    pub mandate: Option<WorkflowId>,
    pub mandate_let_run: Option<&'a Act>,
    pub mandate_used: Option<&'a Act>,
    /// What steps asked, by round.
    pub questions: BTreeMap<i32, Question<'a>>,
    pub glass: Option<&'a Act>,
    /// The round in which it was broken.
    pub glass_round: i32,
    pub ratified: Option<&'a Act>,
    pub refused: Option<&'a Act>,
    digest: Digest,
}

impl<'a> Story<'a> {
    /// Goes through the acts.
    pub fn of(acts: &'a [Act], evidence: &Evidence) -> Checked<Self> {
        let Some((proposed, rest)) = acts.split_first().filter(|(first, _)| first.action == "workflow.proposed") else {
            return fault("/audit", "does not begin with the proposal");
        };
        let mut story = Self {
            proposed,
            standing: Standing::Proposed,
            basis: proposed.get("basis")?,
            round: 1,
            fence: 0,
            error: None,
            ended: None,
            let_run: None,
            begun: None,
            asked: vec![proposed],
            policies: BTreeMap::new(),
            reviews: BTreeMap::new(),
            votes: Vec::new(),
            steps: steps(&evidence.proposal.steps)?,
            approved: serde_json::from_value(evidence.proposal.steps.clone()).unwrap_or_default(),
            mandate: None,
            mandate_let_run: None,
            mandate_used: None,
            questions: BTreeMap::new(),
            glass: None,
            glass_round: 0,
            ratified: None,
            refused: None,
            digest: evidence.workflow.digest,
        };
        story.on_digest(proposed)?;
        story.open(proposed, ReviewKind::Approval, 1)?;
        if story.basis == Basis::Review {
            story.standing = Standing::Pending;
        }
        for act in rest {
            story.take(act)?;
        }
        Ok(story)
    }

    fn take(&mut self, act: &'a Act) -> Checked {
        match act.action.as_str() {
            "workflow.proposed" => act.fault("is a second proposal"),
            "workflow.blocked" => {
                self.must(act, self.standing == Standing::Proposed && self.basis == Basis::Blocked)?;
                self.end(act, WorkflowStatus::Blocked)
            }
            "workflow.approved" => self.approve(act),
            "workflow.glass_broken" => self.break_glass(act),
            "workflow.mandate_used" => {
                let named: WorkflowId = act.get("mandate_id")?;
                let by_mandate = self.basis == Basis::Mandate && self.mandate == Some(named);
                self.must(act, self.standing == Standing::Approved && by_mandate)?;
                self.mandate_used = Some(act);
                Ok(())
            }
            "workflow.mandate_ended" => self.mandate_ended(act),
            "vote.cast" => self.vote(act),
            "workflow.review_decided" => self.decide(act, act.get("outcome")?),
            "workflow.escalated" => {
                self.decide(act, ReviewOutcome::Escalated)?;
                self.open(act, ReviewKind::Approval, self.round)
            }
            "workflow.moved" => {
                // A ratification can be of an earlier round.
                let round: i32 = act.get("round")?;
                let kind = self.close(act, (round, act.get("council_id")?), ReviewOutcome::Escalated, None)?;
                self.open(act, kind, round)
            }
            "workflow.rejected" => {
                self.must(act, self.standing == Standing::Pending)?;
                let rejected = self.has(self.round, ReviewOutcome::Rejected);
                act.ensure(rejected, "ends what no council had rejected")?;
                self.end(act, WorkflowStatus::Rejected)
            }
            "workflow.expired" => {
                self.must(act, self.standing == Standing::Pending)?;
                let expired = self.has(self.round, ReviewOutcome::Expired);
                act.ensure(expired, "ends what no council had let expire")?;
                self.end(act, WorkflowStatus::Expired)
            }
            "workflow.cancelled" => {
                self.must(act, matches!(self.standing, Standing::Pending | Standing::Approved | Standing::Running))?;
                self.end(act, WorkflowStatus::Cancelled)
            }
            "workflow.asked" => self.ask(act),
            "workflow.retried" => self.retry(act),
            "workflow.ratified" => {
                self.must(act, self.glass.is_some() && self.ratified.or(self.refused).is_none())?;
                let carried = self.is_carried(self.glass_round);
                act.ensure(carried, "ratifies what its councils had not all ratified")?;
                self.ratified = Some(act);
                Ok(())
            }
            "workflow.ratification_refused" => {
                self.must(act, self.glass.is_some() && self.ratified.or(self.refused).is_none())?;
                let refused = self.has(self.glass_round, ReviewOutcome::Rejected);
                act.ensure(refused, "refuses what no council had refused")?;
                self.refused = Some(act);
                Ok(())
            }
            "workflow.started" | "workflow.resumed" | "workflow.completed" | "workflow.failed" => self.run(act),
            "step.skipped" => self.skip(act),
            step if step.starts_with("step.") => self.step(act),
            // Tells something that nothing else here depends on.
            _ => Ok(()),
        }
    }

    /// The act must have been possible.
    pub(super) fn must(&self, act: &Act, possible: bool) -> Checked {
        act.ensure(possible, format!("{} is not possible where the record stands: {}", act.action, self.standing))
    }

    /// How the reviews of a round stand.
    fn outcomes(&self, round: i32) -> impl Iterator<Item = ReviewOutcome> {
        self.reviews.iter().filter(move |((other, _), _)| *other == round).map(|(_, review)| review.outcome)
    }

    pub(super) fn has(&self, round: i32, outcome: ReviewOutcome) -> bool {
        self.outcomes(round).any(|other| other == outcome)
    }

    /// Whether every council of a round lets it go on, and one said yes.
    pub(super) fn is_carried(&self, round: i32) -> bool {
        self.outcomes(round).all(ReviewOutcome::is_carried) && self.has(round, ReviewOutcome::Approved)
    }

    pub(super) fn on_digest(&self, act: &Act) -> Checked {
        act.says("digest", self.digest, format!("{}/record/detail/digest", act.place))
    }

    fn end(&mut self, act: &'a Act, how: WorkflowStatus) -> Checked {
        self.on_digest(act)?;
        let open = |review: &&mut Review| review.outcome == ReviewOutcome::Open && review.kind == ReviewKind::Approval;
        for review in self.reviews.values_mut().filter(open) {
            (review.outcome, review.ended) = (ReviewOutcome::Cancelled, Some(act));
        }
        self.end_asking(act, how);
        (self.standing, self.ended) = (Standing::Ended(how), Some(act));
        Ok(())
    }

    /// Takes up the policies that an act applies, and the reviews that it opens.
    pub(super) fn open(&mut self, act: &'a Act, kind: ReviewKind, round: i32) -> Checked {
        let policies: Vec<Applied> = act.get("policies")?;
        let reviewers: Vec<CouncilId> = act.get("reviewed_by")?;
        act.says("round", round, format!("{}/record/detail/round", act.place))?;
        for policy in &policies {
            let key = (policy.council_id.clone(), policy.policy_version);
            let known = *self.policies.entry(key).or_insert(policy.policy_digest);
            act.ensure(known == policy.policy_digest, "another row has another digest of the same policy")?;
        }
        for council in reviewers {
            let Some(policy) = policies.iter().find(|policy| policy.council_id == council) else {
                return act.fault(format!("does not say by which policy {council} reviews"));
            };
            let review = Review {
                policy_version: policy.policy_version,
                kind,
                outcome: ReviewOutcome::Open,
                ended: None,
                count: None,
            };
            let twice = self.reviews.insert((round, council), review).is_some();
            act.ensure(!twice, "opens a review that there is already")?;
        }
        Ok(())
    }

    fn close(
        &mut self,
        act: &'a Act,
        key: ReviewKey,
        outcome: ReviewOutcome,
        count: Option<Count>,
    ) -> Checked<ReviewKind> {
        let open = self.reviews.get_mut(&key).filter(|review| review.outcome == ReviewOutcome::Open);
        let Some(review) = open else { return act.fault("ends a review that is not open") };
        (review.outcome, review.ended, review.count) = (outcome, Some(act), count);
        Ok(review.kind)
    }

    fn decide(&mut self, act: &'a Act, outcome: ReviewOutcome) -> Checked {
        let key: ReviewKey = (act.get("round")?, act.get("council_id")?);
        let at_deadline = act.actor_kind == ActorKind::System;
        let count = Count { tally: act.get("tally")?, electorate: act.get("electorate_digest")?, at_deadline };
        let kind = self.close(act, key.clone(), outcome, Some(count))?;
        act.says("kind", kind, format!("{}/record/detail/kind", act.place))?;
        act.says("policy_version", self.reviews[&key].policy_version, format!("{}/record/detail", act.place))
    }

    fn vote(&mut self, act: &'a Act) -> Checked {
        self.on_digest(act)?;
        let review: ReviewKey = (act.get("round")?, act.get("council_id")?);
        let open = self.reviews.get(&review).is_some_and(|review| review.outcome == ReviewOutcome::Open);
        act.ensure(open, "is a vote in a review that is not open")?;
        let Some(voter) = act.actor_id.filter(|_| act.actor_kind == ActorKind::User) else {
            return act.fault("is a vote of nobody");
        };
        let key = (review, UserId(voter));
        self.votes.retain(|(other, _)| *other != key);
        self.votes.push((key, act));
        Ok(())
    }

    fn approve(&mut self, act: &'a Act) -> Checked {
        self.on_digest(act)?;
        match self.basis {
            Basis::Policy => self.must(act, self.standing == Standing::Proposed)?,
            Basis::Mandate => {
                self.must(act, self.standing == Standing::Proposed)?;
                (self.mandate, self.mandate_let_run) = (Some(act.get("mandate_id")?), Some(act));
            }
            Basis::Review => {
                self.must(act, self.standing == Standing::Pending)?;
                act.ensure(self.is_carried(self.round), "approves what its councils had not all approved")?;
            }
            Basis::BreakGlass | Basis::Blocked => return act.fault("approves what was not to be approved"),
        }
        (self.standing, self.let_run) = (Standing::Approved, Some(act));
        Ok(())
    }

    fn break_glass(&mut self, act: &'a Act) -> Checked {
        self.on_digest(act)?;
        self.must(act, self.standing == Standing::Pending && self.glass.is_none())?;
        for ((round, _), review) in &mut self.reviews {
            if *round == self.round && review.outcome == ReviewOutcome::Open {
                review.kind = ReviewKind::Ratification;
            }
        }
        (self.standing, self.basis) = (Standing::Approved, Basis::BreakGlass);
        (self.glass, self.glass_round, self.let_run) = (Some(act), self.round, Some(act));
        Ok(())
    }

    fn mandate_ended(&mut self, act: &'a Act) -> Checked {
        let named: WorkflowId = act.get("mandate_id")?;
        let by_mandate = self.basis == Basis::Mandate && self.mandate == Some(named);
        self.must(act, self.standing == Standing::Approved && by_mandate)?;
        self.asked.push(act);
        let basis = act.get("basis")?;
        self.open(act, ReviewKind::Approval, self.round)?;
        self.mandate_let_run = None;
        match basis {
            Basis::Review => {
                (self.standing, self.basis, self.mandate) = (Standing::Pending, basis, None);
                self.let_run = None;
            }
            Basis::Policy => (self.basis, self.mandate, self.let_run) = (basis, None, Some(act)),
            Basis::Mandate => {
                (self.mandate, self.let_run, self.mandate_let_run) = (act.get("by")?, Some(act), Some(act));
            }
            // It is cancelled in the next row.
            Basis::Blocked => self.let_run = None,
            Basis::BreakGlass => return act.fault("breaks no glass"),
        }
        Ok(())
    }

    fn retry(&mut self, act: &'a Act) -> Checked {
        self.on_digest(act)?;
        self.must(act, self.standing == Standing::Ended(WorkflowStatus::Failed))?;
        let new_votes: Vec<Value> = act.get("new_votes")?;
        (self.ended, self.error) = (None, None);
        // Rows from before there was a choice don't say.
        let from: Option<RetryFrom> = act.get("from")?;
        for step in &mut self.steps {
            match from.unwrap_or_default() {
                RetryFrom::Start => {
                    let (name, kind, whom) = (step.name.clone(), step.kind.clone(), step.whom.clone());
                    *step = Step::planned(name, kind, whom);
                }
                RetryFrom::FailedStep if !step.status.is_done() => {
                    (step.status, step.attempt, step.error, step.finished) = (StepStatus::Pending, 0, None, None);
                    step.asked = None;
                }
                RetryFrom::FailedStep => {}
            }
        }
        if new_votes.is_empty() {
            self.standing = Standing::Approved;
        } else {
            (self.standing, self.let_run) = (Standing::Pending, None);
            self.round += 1;
        }
        self.open(act, ReviewKind::Approval, self.round)
    }

    fn run(&mut self, act: &'a Act) -> Checked {
        let fence: i64 = act.get("fence")?;
        match act.action.as_str() {
            "workflow.started" => {
                self.must(act, self.standing == Standing::Approved && self.let_run.is_some())?;
                let cooled_off = self.let_run.map(cooled_off_at).transpose()?;
                let in_time = cooled_off.is_none_or(|at| at <= act.at + super::TRANSACTION);
                act.ensure(in_time, "starts before its cooling-off period was over")?;
            }
            _ => self.must(act, self.standing == Standing::Running)?,
        }
        match act.action.as_str() {
            "workflow.started" | "workflow.resumed" => {
                act.ensure(fence == self.fence + 1, "is a claim whose number does not follow the one before it")?;
                (self.standing, self.fence) = (Standing::Running, fence);
                self.begun = self.begun.or(Some(act));
            }
            ended => {
                act.ensure(fence == self.fence, "is by a worker that did not have it any more")?;
                self.error = act.get("error")?;
                let done = self.steps.iter().all(|step| step.status.is_done());
                let how = if ended == "workflow.completed" {
                    act.ensure(done, "completes a run of which a step was not done")?;
                    WorkflowStatus::Completed
                } else {
                    WorkflowStatus::Failed
                };
                (self.standing, self.ended) = (Standing::Ended(how), Some(act));
            }
        }
        Ok(())
    }

    /// The steps that the conditions that are decided leave out.
    fn left_out(&self) -> impl Iterator<Item = StepName> {
        let conditions = self.steps.iter().zip(&self.approved).filter(|(_, step)| step.kind == StepKind::Condition);
        conditions.flat_map(|(recorded, step)| {
            decided(recorded).map(|result| skipped(&self.approved, &step.name, result)).unwrap_or_default()
        })
    }

    /// A step is left out: its condition is done, and came to what leaves it out.
    fn skip(&mut self, act: &'a Act) -> Checked {
        self.must(act, self.standing == Standing::Running)?;
        let (name, because): (StepName, StepName) = (act.get("step")?, act.get("because")?);
        let fence = self.fence;
        let condition = self.steps.iter().find(|step| step.name == because.as_str());
        let Some(result) = condition.and_then(decided) else {
            return act.fault("leaves a step out by what is no condition, or not decided");
        };
        let follows = skipped(&self.approved, &because, result).contains(&name);
        act.ensure(follows, "leaves out a step that its condition does not leave out")?;
        let Some(step) = self.steps.iter_mut().find(|step| step.name == name.as_str()) else {
            return act.fault("is of a step that was not approved");
        };
        act.ensure(step.status == StepStatus::Pending, "leaves out a step that was tried")?;
        (step.status, step.fence, step.finished) = (StepStatus::Skipped, fence, Some(act));
        Ok(())
    }

    fn step(&mut self, act: &'a Act) -> Checked {
        self.must(act, self.standing == Standing::Running)?;
        let (name, attempt): (String, i32) = (act.get("step")?, act.get("attempt")?);
        let fence = self.fence;
        let before_it = self.steps.iter().take_while(|step| step.name != name);
        let in_order = before_it.clone().all(|step| step.status.is_done());
        act.ensure(in_order, "is of a step before which another was not done")?;
        act.ensure(
            !self.left_out().any(|left_out| left_out.as_str() == name),
            "is of a step that a condition leaves out",
        )?;
        let Some(step) = self.steps.iter_mut().find(|step| step.name == name) else {
            return act.fault("is of a step that was not approved");
        };
        if act.action == "step.started" {
            act.says("fence", fence, format!("{}/record/detail/fence", act.place))?;
            let again = matches!(step.status, StepStatus::Pending | StepStatus::Running) && step.asked.is_none();
            act.ensure(again && attempt == step.attempt + 1, "is an attempt that does not follow the one before it")?;
            (step.status, step.attempt, step.fence) = (StepStatus::Running, attempt, fence);
            step.started = step.started.or(Some(act));
            return Ok(());
        }
        // What touches nothing outside of its run is not announced: its attempt begins and ends in one row.
        if step.is_pure() && step.status != StepStatus::Completed && attempt == step.attempt + 1 {
            (step.status, step.attempt, step.fence) = (StepStatus::Running, attempt, fence);
            step.started = step.started.or(Some(act));
        }
        let in_it = step.status == StepStatus::Running && attempt == step.attempt;
        act.ensure(in_it, "ends an attempt that had not begun")?;
        // What has waited, or asked, is gone on with by a later claim.
        step.fence = fence;
        step.error = act.get("error")?;
        if act.action == "step.completed" && step.kind == StepKind::Approval.as_str() {
            let asked = step.asked;
            self.answered(act, asked)?;
        }
        let Some(step) = self.steps.iter_mut().find(|step| step.name == name) else { return Ok(()) };
        match act.action.as_str() {
            "step.completed" => step.status = StepStatus::Completed,
            "step.failed" => step.status = StepStatus::Failed,
            _ => return Ok(()),
        }
        (step.request, step.response) = (act.get("request_digest")?, act.get("response_digest")?);
        step.finished = Some(act);
        Ok(())
    }
}

/// What a condition came to, by the digest of its output: there are but two.
fn decided(step: &Step) -> Option<bool> {
    let response = step.response.filter(|_| step.status == StepStatus::Completed)?;
    [true, false].into_iter().find(|result| Digest::of_json(&Condition::output_of(*result)) == response)
}

/// When what this act let run could begin: an approval may ask for a cooling-off period.
fn cooled_off_at(let_run: &Act) -> Checked<DateTime<Utc>> {
    let seconds: Option<u32> = let_run.get("cooling_off_seconds")?;
    Ok(let_run.at + TimeDelta::seconds(seconds.unwrap_or_default().into()))
}

/// The steps as they were approved, before any was tried.
fn steps<'a>(approved: &Value) -> Checked<Vec<Step<'a>>> {
    #[derive(Deserialize)]
    struct Approved {
        name: String,
        kind: String,
        #[serde(default)]
        with: Value,
    }
    let approved = Vec::<Approved>::deserialize(approved)
        .map_err(|error| Fault { at: "/proposal/steps".to_owned(), what: format!("are no steps: {error}") })?;
    let planned = |step: Approved| {
        let whom = match step.with["council"].as_str() {
            Some(council) => council.parse().map_or(Whom::Rendered, Whom::Named),
            None => Whom::Responsible,
        };
        Step::planned(step.name, step.kind, whom)
    };
    Ok(approved.into_iter().map(planned).collect())
}
