//! What ran.

use super::story::{Step, Story};
use super::{Checked, ensure, is_time_of_any};
use crate::governance::evidence::{Evidence, StepEvidence};

/// Each step is one that was approved, and stands where its attempts on the record have brought it.
pub(super) fn steps(evidence: &Evidence, story: &Story) -> Checked {
    let number = story.steps.len();
    ensure(evidence.steps.len() == number, "/steps", format!("are not as many as were approved: {number}"))?;
    for (index, (step, recorded)) in evidence.steps.iter().zip(&story.steps).enumerate() {
        ensure(usize::try_from(step.position) == Ok(index), format!("/steps/{index}/position"), "is out of place")?;
        is_as_recorded(step, recorded, &format!("/steps/{index}"))?;
    }
    Ok(())
}

fn is_as_recorded(step: &StepEvidence, recorded: &Step, place: &str) -> Checked {
    let (approved, by_record) = ("is not what was approved", "is not what the record says");
    ensure(step.name == recorded.name, format!("{place}/name"), approved)?;
    ensure(step.kind == recorded.kind, format!("{place}/kind"), approved)?;
    ensure(step.status == recorded.status, format!("{place}/status"), by_record)?;
    ensure(step.attempt == recorded.attempt, format!("{place}/attempt"), by_record)?;
    ensure(step.fence == recorded.fence, format!("{place}/fence"), by_record)?;
    ensure(step.request_digest == recorded.request, format!("{place}/request_digest"), by_record)?;
    ensure(step.response_digest == recorded.response, format!("{place}/response_digest"), by_record)?;
    ensure(step.asked_round == recorded.asked, format!("{place}/asked_round"), by_record)?;
    ensure(step.error == recorded.error, format!("{place}/error"), by_record)?;
    is_time_of_any(step.started_at, recorded.started, format!("{place}/started_at"))?;
    is_time_of_any(step.finished_at, recorded.finished, format!("{place}/finished_at"))
}
