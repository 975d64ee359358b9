//! What stands behind a run that its councils did not approve: a mandate, or an admin who broke the glass.

use std::collections::BTreeSet;

use chrono::SubsecRound;
use common::ids::CouncilId;
use governance::mandate::{Terms, covers};
use governance::route::{Finding, Verdict};

use super::story::Story;
use super::{Act, Checked, ensure, fault, is_time_of, is_time_of_any};
use crate::governance::evidence::{Evidence, MandateEvidence};

/// The mandate was granted as shown, was in force, and covers the proposal.
pub(super) fn mandate(evidence: &Evidence, story: &Story, granted: &[Act]) -> Checked {
    let (mandate, named) = match (&evidence.mandate, story.mandate) {
        (Some(mandate), Some(named)) => (mandate, named),
        (None, Some(_)) => return fault("/mandate", "is missing: the workflow ran by one"),
        (Some(_), None) => return fault("/mandate", "is not what the workflow ran by"),
        (None, None) => return Ok(()),
    };
    ensure(named == mandate.id, "/mandate/id", "is not the mandate that the record names")?;
    let Some(grant) = granted.iter().find(|act| act.action == "mandate.granted") else {
        return fault("/mandate/audit", "does not hold that the mandate was granted");
    };
    terms(mandate, grant)?;
    is_time_of(mandate.granted_at, grant, "/mandate/granted_at")?;
    let revoked = granted.iter().find(|act| act.action == "mandate.revoked");
    is_time_of_any(mandate.revoked_at, revoked, "/mandate/revoked_at")?;
    let by = revoked.and_then(|act| act.actor_id);
    ensure(mandate.revoked_by.map(|user| user.0) == by, "/mandate/revoked_by", "is not who the record names")?;

    let covered = mandate.workflow_type == evidence.proposal.workflow_type
        && covers(&mandate.condition, &evidence.proposal.inputs);
    ensure(covered, "/mandate", "does not cover the proposal")?;
    // The act that names the mandate, not a later one that let it run again.
    let Some(let_run) = story.mandate_let_run else { return Ok(()) };
    let asked = story.asked.last().copied().unwrap_or(story.proposed);
    let needed = asked.get::<Vec<Finding>>("findings")?;
    let needed =
        needed.iter().filter(|finding| finding.verdict != Verdict::NotAsked).map(|finding| &finding.council_id);
    let granting: BTreeSet<&CouncilId> = mandate.councils.iter().collect();
    let missing = needed.filter(|council| !granting.contains(council)).count();
    ensure(missing == 0, "/mandate/councils", "lack one that reviews the proposal")?;
    for act in [Some(let_run), story.mandate_used].into_iter().flatten() {
        let in_force = grant.at < act.at && act.at - super::TRANSACTION < mandate.valid_until;
        let kept = revoked.is_none_or(|revoked| act.at < revoked.at);
        ensure(in_force && kept, "/mandate", format!("was not in force when {} was done", act.place))?;
    }
    Ok(())
}

fn terms(mandate: &MandateEvidence, grant: &Act) -> Checked {
    let Terms { workflow_type, condition, max_uses, per, valid_until } = grant.get("terms")?;
    let granted = "is not what was granted";
    ensure(mandate.workflow_type == workflow_type, "/mandate/workflow_type", granted)?;
    ensure(mandate.condition == condition, "/mandate/condition", granted)?;
    ensure(mandate.max_uses == max_uses, "/mandate/max_uses", granted)?;
    ensure(mandate.per == per, "/mandate/per", granted)?;
    // The terms are as they were written, the table keeps microseconds.
    ensure(mandate.valid_until == valid_until.trunc_subsecs(6), "/mandate/valid_until", granted)?;
    grant.says("councils", &mandate.councils, "/mandate/councils")
}

/// Who broke the glass, and whether that was ratified, is as the record has it.
pub(super) fn broken_glass(evidence: &Evidence, story: &Story) -> Checked {
    let (glass, broken) = match (&evidence.break_glass, story.glass) {
        (Some(glass), Some(broken)) => (glass, broken),
        (None, Some(_)) => return fault("/break_glass", "is missing, but the record has it"),
        (Some(_), None) => return fault("/break_glass", "is not on the record"),
        (None, None) => return Ok(()),
    };
    let by = format!("is not who {} names", broken.place);
    ensure(Some(glass.admin.id.0) == broken.actor_id, "/break_glass/admin/id", by)?;
    broken.says("reason", &glass.reason, "/break_glass/reason")?;
    is_time_of(glass.broken_at, broken, "/break_glass/broken_at")?;
    is_time_of_any(glass.ratified_at, story.ratified, "/break_glass/ratified_at")?;
    is_time_of_any(glass.refused_at, story.refused, "/break_glass/refused_at")
}
