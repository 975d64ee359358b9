//! The check of a document, offline: everything in it is compared with the record in it, the record with the log, and what
//! follows by rule is worked out again.

mod asked;
mod behind;
mod decisions;
mod record;
mod run;
mod story;
mod verdict;

use chrono::{DateTime, TimeDelta, Utc};
use governance::digest::{Digest, proposal_digest};

use self::record::{Act, Log};
use self::story::Story;
pub use self::verdict::Verdict;
use super::Evidence;
use crate::audit::PublicKey;

/// The fields that the check does not look at, as JSON Pointers; `*` is any index. Whether what is approved has been sent
/// to the workers yet (`approved` or `queued`) is not looked at either.
pub const NOT_COVERED: [&str; 4] =
    ["/generated_at", "/workflow/proposed_by/name", "/votes/*/voter/name", "/break_glass/admin/name"];

/// The first thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct Fault {
    /// Where, as a JSON Pointer into the document.
    pub at: String,
    /// What is wrong there.
    pub what: String,
}

type Checked<T = ()> = Result<T, Fault>;

fn fault<T>(at: impl Into<String>, what: impl Into<String>) -> Checked<T> {
    Err(Fault { at: at.into(), what: what.into() })
}

/// Faults with this, unless something is so.
fn ensure(so: impl Into<bool>, at: impl Into<String>, what: impl Into<String>) -> Checked {
    if so.into() { Ok(()) } else { fault(at, what) }
}

/// How much earlier than its row of the record an act can have been: the time in a table is that of the transaction.
const TRANSACTION: TimeDelta = TimeDelta::minutes(5);

/// Compares a time in the document with the row of the record that it belongs to.
fn is_time_of(time: DateTime<Utc>, act: &Act, at: impl Into<String>) -> Checked {
    let what = || format!("is not the time of the act, which {} has at {}", act.place, act.at.to_rfc3339());
    ensure(time <= act.at && act.at - time <= TRANSACTION, at, what())
}

/// The same for an act that may not have been done: then there is no time either.
fn is_time_of_any(time: Option<DateTime<Utc>>, act: Option<&Act>, at: impl Into<String>) -> Checked {
    match (time, act) {
        (None, None) => Ok(()),
        (Some(time), Some(act)) => is_time_of(time, act, at),
        (Some(_), None) => fault(at, "is not on the record"),
        (None, Some(act)) => fault(at, format!("is missing, but {} has it", act.place)),
    }
}

/// Checks a document. With a public key, checkpoints must be signed by it.
pub fn verify(evidence: &Evidence, key: Option<&PublicKey>) -> Result<Verdict, Fault> {
    digest(evidence)?;
    let mut log = Log::open(&evidence.checkpoints, key)?;
    let id = evidence.workflow.id.to_string();
    let acts = log.read("/audit", &evidence.audit, "workflow", &id)?;
    let granted = match &evidence.mandate {
        Some(mandate) => log.read("/mandate/audit", &mandate.audit, "mandate", &mandate.id.to_string())?,
        None => Vec::new(),
    };
    let coverage = log.close()?;
    let story = Story::of(&acts, evidence)?;
    subject(evidence, &story)?;
    decisions::policies(evidence, &story)?;
    decisions::routes(evidence, &story)?;
    decisions::votes(evidence, &story)?;
    let counts = decisions::reviews(evidence, &story)?;
    asked::questions(evidence, &story)?;
    behind::mandate(evidence, &story, &granted)?;
    behind::broken_glass(evidence, &story)?;
    run::steps(evidence, &story)?;
    Ok(Verdict::new(evidence, &story, &acts, &granted, &counts, &coverage))
}

/// The digest is that of the proposal.
fn digest(evidence: &Evidence) -> Checked {
    let proposal = &evidence.proposal;
    let computed = proposal_digest(
        &proposal.workflow_type,
        proposal.version,
        &proposal.input_schema,
        &proposal.steps,
        &proposal.inputs,
    );
    let what = format!("is not the digest of the proposal, which is {computed}");
    ensure(evidence.workflow.digest == computed, "/workflow/digest", what)
}

/// What the document says of the workflow is what follows from its rows.
fn subject(evidence: &Evidence, story: &Story) -> Checked {
    let (workflow, proposal, proposed) = (&evidence.workflow, &evidence.proposal, story.proposed);
    let place = &proposed.place;
    proposed.says("workflow_type", &proposal.workflow_type, "/proposal/workflow_type")?;
    proposed.says("version", proposal.version, "/proposal/version")?;
    proposed.says("domain", &workflow.domain, "/workflow/domain")?;
    proposed.says("weekly_savings", &workflow.weekly_savings, "/workflow/weekly_savings")?;
    proposed.says("supersedes", workflow.supersedes, "/workflow/supersedes")?;
    let reason = workflow.reason.as_ref().map(|reason| Digest::of(reason.as_bytes()));
    proposed.says("reason_digest", reason, "/workflow/reason")?;
    let by = &workflow.proposed_by;
    ensure(by.kind == proposed.actor_kind, "/workflow/proposed_by/kind", format!("is not the one of {place}"))?;
    ensure(Some(by.id) == proposed.actor_id, "/workflow/proposed_by/id", format!("is not the one of {place}"))?;
    is_time_of(workflow.created_at, proposed, "/workflow/created_at")?;

    let stands = story.standing.says(workflow.status);
    ensure(stands, "/workflow/status", format!("is not what the record ends with: {}", story.standing))?;
    ensure(workflow.basis == story.basis, "/workflow/basis", format!("is {} by the record", story.basis))?;
    ensure(workflow.round == story.round, "/workflow/round", format!("is {} by the record", story.round))?;
    ensure(workflow.fence == story.fence, "/workflow/fence", format!("is {} by the record", story.fence))?;
    ensure(workflow.error == story.error, "/workflow/error", "is not what the record says")?;
    is_time_of_any(workflow.finished_at, story.ended, "/workflow/finished_at")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A real document, which the console's tests verify, too, and the key that its log is signed with.
    const DOCUMENT: &str = include_str!("../../../../../../frontend/src/evidence/fixtures/evidence.json");
    const KEY: &str = include_str!("../../../../../../frontend/src/evidence/fixtures/public-key.txt");

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).expect("JSON")
    }

    fn check(document: Value) -> Result<Verdict, Fault> {
        verify(&serde_json::from_value(document).expect("a document"), Some(&KEY.parse().expect("a key")))
    }

    /// Nothing but the document vouches for rows without a seal: they can say anything.
    #[test]
    fn a_time_that_no_row_can_be_of_is_a_fault_and_nothing_is_reckoned_from_it() {
        assert!(check(document()).expect("is genuine").complete);
        for time in ["+262142-12-31T23:59:59.999Z", "-262143-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"] {
            let mut forged = document();
            forged["checkpoints"] = json!([]);
            for row in forged["audit"].as_array_mut().expect("rows") {
                *row = json!({"position": null, "previous_hash": null, "hash": null, "proof": null, "record": row["record"]});
                row["record"]["at"] = json!(time);
            }
            let fault = check(forged).expect_err("a fault");
            assert_eq!(fault.to_string(), "/audit/0: is of a time that no row can be of");
        }
    }
}
