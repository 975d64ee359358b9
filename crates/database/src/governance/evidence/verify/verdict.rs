//! What a document proves, and what it does not, in sentences.

use std::fmt;

use governance::workflow::{Basis, ReviewOutcome, StepStatus, Vote, WorkflowStatus};

use super::asked;
use super::decisions::{Counted, in_words};
use super::record::{Act, Coverage};
use super::story::{Standing, Story};
use crate::governance::evidence::{Evidence, StepEvidence};

/// What a document proves, and what it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is about.
    pub subject: String,
    /// What it proves.
    pub proves: Vec<String>,
    /// What it does not.
    pub leaves_open: Vec<String>,
    /// Whether every row is in a log that the expected key has signed for.
    pub complete: bool,
}

impl Verdict {
    pub(super) fn new(
        evidence: &Evidence,
        story: &Story,
        acts: &[Act],
        granted: &[Act],
        counts: &[Counted],
        coverage: &Coverage,
    ) -> Self {
        let (workflow, proposal) = (&evidence.workflow, &evidence.proposal);
        let subject = format!(
            "workflow {}, {} version {}, which is {}",
            workflow.id, proposal.workflow_type, proposal.version, workflow.status
        );
        let mut proves = vec![
            format!(
                "What was proposed, by {} {}, has the digest {}: it is over the type, its version, schema and steps, and \
                 the inputs of this document.",
                workflow.proposed_by.kind, workflow.proposed_by.id, workflow.digest
            ),
            why(evidence, story),
        ];
        proves.extend(counts.iter().map(counted));
        proves.extend(votes(evidence));
        proves.extend(asked::told(evidence, story));
        proves.extend(what_ran(evidence, story));
        proves.extend(record(acts, coverage));
        let complete = coverage.sealed + coverage.unsealed == 0 && coverage.key_id.is_some();
        Self { subject, proves, leaves_open: open(story, acts, granted, coverage), complete }
    }
}

/// Why it might run, or might not.
fn why(evidence: &Evidence, story: &Story) -> String {
    // Before a step asked: what it ran on from the beginning.
    let first = story.questions.values().next();
    let basis = first.map_or(story.basis, |question| question.until_then);
    let way = match basis {
        Basis::Review => "The policies asked for a review".to_owned(),
        Basis::Policy => {
            "No responsible council's policy asked for a review: asked again, they say the same".to_owned()
        }
        Basis::Blocked => "A policy forbids it: asked again, it says the same".to_owned(),
        Basis::Mandate => evidence.mandate.as_ref().map_or_else(String::new, |mandate| {
            let councils: Vec<_> = mandate.councils.iter().map(ToString::to_string).collect();
            format!(
                "It needed no vote of its own: mandate {} of {} covers it (\"{}\", at most {} per {}, until {})",
                mandate.id,
                councils.join(" and "),
                mandate.condition,
                mandate.max_uses,
                mandate.per,
                mandate.valid_until.to_rfc3339()
            )
        }),
        Basis::BreakGlass => evidence.break_glass.as_ref().map_or_else(String::new, |glass| {
            let after = match (glass.ratified_at, glass.refused_at) {
                (Some(_), _) => "the councils have ratified that",
                (None, Some(_)) => "a council has refused to ratify that",
                (None, None) => "that is not ratified",
            };
            format!("Admin {} had it run before its councils decided (\"{}\"); {after}", glass.admin.id, glass.reason)
        }),
    };
    let outcome = match (story.standing, basis) {
        (_, Basis::Review) if first.is_some() => ", and every council that it needed approved it.",
        _ if first.is_some() => ".",
        (Standing::Ended(WorkflowStatus::Rejected), _) => ", and it was rejected.",
        (Standing::Ended(WorkflowStatus::Expired), _) => ", and nobody decided in time.",
        (Standing::Pending, _) => ", and it is not decided.",
        (_, Basis::Review) if story.let_run.is_some() => ", and every council that it needed approved it.",
        _ => ".",
    };
    way + outcome
}

fn counted(counted: &Counted) -> String {
    let Counted { council, round, outcome, tally, policy_version } = counted;
    let did = match outcome {
        ReviewOutcome::Approved => "approved it",
        ReviewOutcome::Rejected => "rejected it",
        ReviewOutcome::Escalated => "did not decide in time and let another council decide",
        _ => "did not decide in time",
    };
    format!(
        "Council {council} {did} in round {round}, under version {policy_version} of its policy: {}. Counted again from \
         the policy, the electorate and the votes, it comes to the same.",
        in_words(tally)
    )
}

fn votes(evidence: &Evidence) -> Option<String> {
    let number = evidence.votes.len();
    let approvals = evidence.votes.iter().filter(|vote| vote.vote == Vote::Approve).count();
    (number > 0).then(|| {
        format!(
            "Each of the {number} vote(s), {approvals} of them approvals, is on that digest and on the record, with \
             person, seat, comment, time and address."
        )
    })
}

fn what_ran(evidence: &Evidence, story: &Story) -> Vec<String> {
    let Some(begun) = story.begun else {
        let last = match story.standing {
            Standing::Ended(how) => format!("and nothing follows on {how}"),
            _ => "as far as this record goes".to_owned(),
        };
        return vec![format!(
            "Nothing of it ran: no worker ever claimed it, none of its {} step(s) was tried, {last}.",
            evidence.steps.len()
        )];
    };
    let steps: Vec<_> = evidence.steps.iter().map(step).collect();
    vec![
        format!(
            "No step was tried before it was allowed to run; a worker first claimed it at {}, and only the steps of the \
             digest were tried.",
            begun.at.to_rfc3339()
        ),
        format!("Its steps: {}.", steps.join("; ")),
    ]
}

fn step(step: &StepEvidence) -> String {
    let name = &step.name;
    match (step.status, step.request_digest) {
        (StepStatus::Skipped, _) => format!("{name} was left out by a condition, as its outcome demands"),
        (StepStatus::Pending, _) => format!("{name} was not tried"),
        (status, Some(request)) => {
            let response = step.response_digest.map_or_else(String::new, |digest| format!(", received {digest}"));
            format!("{name} {status} in {} attempt(s), sent {request}{response}", step.attempt)
        }
        (status, None) => format!("{name} is {status}, in attempt {}", step.attempt),
    }
}

fn record(acts: &[Act], coverage: &Coverage) -> Vec<String> {
    let mut said = Vec::new();
    if coverage.unnumbered == 0 {
        let number = acts.len();
        said.push(format!("Its record is whole: rows 1 to {number}, none left out, in the order of the acts."));
    }
    if coverage.covered > 0
        && let Some((position, at)) = coverage.last
    {
        let signed = match &coverage.key_id {
            Some(key) => format!("signed by the key {key}"),
            None => "whose signatures were not checked".to_owned(),
        };
        said.push(format!(
            "{} row(s) are unaltered and in the log, by checkpoints {signed}; the last is of position {position}, at {}.",
            coverage.covered,
            at.to_rfc3339()
        ));
    }
    said
}

fn open(story: &Story, acts: &[Act], granted: &[Act], coverage: &Coverage) -> Vec<String> {
    let mut open = Vec::new();
    if coverage.unsealed > 0 {
        open.push(format!(
            "{} row(s), the newest, are not sealed yet: nothing but this document vouches for them.",
            coverage.unsealed
        ));
    }
    if coverage.sealed > 0 {
        open.push(format!(
            "{} row(s) are sealed, but no checkpoint is over them yet: ask again in a minute.",
            coverage.sealed
        ));
    }
    if coverage.key_id.is_none() {
        open.push("Who signed: give the public key, from a source that you trust, with --public-key.".to_owned());
    }
    if coverage.unnumbered > 0 {
        open.push(format!(
            "That no row was left out among the first {}: they are from before rows were numbered.",
            coverage.unnumbered
        ));
    }
    if let Some(last) = acts.last() {
        open.push(format!("What happened after its last row, {}, of {}.", last.action, last.at.to_rfc3339()));
    }
    if let Some(last) = granted.last() {
        open.push(format!(
            "What happened to the mandate after its last row, {}, of {}.",
            last.action,
            last.at.to_rfc3339()
        ));
    }
    for question in story.questions.values() {
        let uncertain = question.uncertain.as_ref();
        open.extend(
            uncertain.map(|what| format!("Whom step {} asks: {what}, is the word of the record.", question.step)),
        );
    }
    if !story.reviews.is_empty() {
        open.push("When voting had to end: that the deadline had come is the word of the record.".to_owned());
    }
    if story.begun.is_some() {
        open.push("What the called systems did: only the digests of what was sent and received are known.".to_owned());
    }
    if story.mandate.is_some() {
        open.push("How often the mandate was used by other workflows: each has evidence of its own.".to_owned());
    }
    open.push("Names, and when this document was made: they are not on the record.".to_owned());
    open
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The evidence holds. It is of {}.", self.subject)?;
        writeln!(f, "\nIt proves:")?;
        self.proves.iter().try_for_each(|sentence| writeln!(f, "- {sentence}"))?;
        write!(f, "\nIt does not prove:")?;
        self.leaves_open.iter().try_for_each(|sentence| write!(f, "\n- {sentence}"))
    }
}
