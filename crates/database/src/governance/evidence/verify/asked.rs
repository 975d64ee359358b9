//! What steps asked in the middle of the run: another vote, before anything after it was tried.

use common::ids::CouncilId;
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, WorkflowStatus};

use super::record::Act;
use super::story::{Standing, Story, Whom};
use super::{Checked, ensure};
use crate::governance::decision::not_answered;
use crate::governance::evidence::Evidence;

/// What a step asked, by the record.
pub(super) struct Question<'a> {
    pub step: String,
    pub digest: Digest,
    /// On which basis it had run until then.
    pub until_then: Basis,
    /// Why the council that was asked is not for certain the one that the step asks, if it is not.
    pub uncertain: Option<String>,
    pub act: &'a Act,
}

impl<'a> Story<'a> {
    /// A step asks: the run waits for another round, by the council that the step names.
    pub(super) fn ask(&mut self, act: &'a Act) -> Checked {
        self.on_digest(act)?;
        self.must(act, self.standing == Standing::Running)?;
        let (name, attempt): (String, i32) = (act.get("step")?, act.get("attempt")?);
        act.says("fence", self.fence, format!("{}/record/detail/fence", act.place))?;
        let (fence, round) = (self.fence, self.round + 1);
        let asking = self.steps.iter_mut().find(|step| {
            let tried = step.status == StepStatus::Running && step.attempt == attempt && step.fence == fence;
            step.name == name && step.kind == StepKind::Approval.as_str() && tried && step.asked.is_none()
        });
        let Some(step) = asking else { return act.fault("is of a step that could not ask then") };
        step.asked = Some(round);
        let uncertain = who_answers(act, &step.whom)?;
        let digest = act.get("question_digest")?;
        self.questions.insert(round, Question { step: name, digest, until_then: self.basis, uncertain, act });
        (self.standing, self.basis, self.round, self.let_run) = (Standing::Pending, Basis::Review, round, None);
        self.open(act, ReviewKind::Approval, round)
    }

    /// The step that asked in this round is done: it has been answered.
    pub(super) fn answered(&self, act: &Act, asked: Option<i32>) -> Checked {
        let Some((round, question)) = asked.and_then(|round| Some((round, self.questions.get(&round)?))) else {
            return act.fault("is of a step that asks, and has not");
        };
        let broken = self.glass.is_some() && self.glass_round == round;
        act.ensure(self.is_carried(round) || broken, "is of a step whose councils had not all approved")?;
        act.says("request_digest", question.digest, format!("{}/record/detail/request_digest", act.place))
    }

    /// The workflow ends: a step that has asked, and is not done, with it.
    pub(super) fn end_asking(&mut self, act: &'a Act, how: WorkflowStatus) {
        let waits = |step: &&mut super::story::Step<'_>| step.status == StepStatus::Running && step.asked.is_some();
        for step in self.steps.iter_mut().filter(waits) {
            (step.status, step.error, step.finished) = (StepStatus::Failed, Some(not_answered(how)), Some(act));
        }
    }
}

/// The councils that are asked are those that the step asks; tells what of it is the word of the record.
fn who_answers(act: &Act, whom: &Whom) -> Checked<Option<String>> {
    let (meant, asked): (Option<CouncilId>, Vec<CouncilId>) = (act.get("council")?, act.get("reviewed_by")?);
    let (meant, asked) = match (whom, meant, asked.as_slice()) {
        (Whom::Responsible, None, [_, ..]) => return Ok(None),
        (Whom::Named(named), Some(meant), [one]) if *named == meant => (meant, one),
        (Whom::Rendered, Some(meant), [one]) => (meant, one),
        _ => return act.fault("asks others than the step does"),
    };
    Ok(if meant != *asked {
        Some(format!("that {asked} answers in place of {meant}, which is retired"))
    } else if matches!(whom, Whom::Rendered) {
        Some(format!("that {meant} is what its expression comes to"))
    } else {
        None
    })
}

/// The questions are those that the record has the digests of, and each review is of the one of its round.
pub(super) fn questions(evidence: &Evidence, story: &Story) -> Checked {
    for (index, review) in evidence.reviews.iter().enumerate() {
        let place = format!("/reviews/{index}");
        let question = story.questions.get(&review.round);
        let by_record = "is not what the record says";
        ensure(review.step.as_ref() == question.map(|one| &one.step), format!("{place}/step"), by_record)?;
        let digest = review.question.as_ref().map(|text| Digest::of(text.as_bytes()));
        ensure(digest == question.map(|one| one.digest), format!("{place}/question"), by_record)?;
    }
    Ok(())
}

/// What became of each question, in sentences.
pub(super) fn told(evidence: &Evidence, story: &Story) -> Vec<String> {
    let told = story.questions.iter().map(|(&round, question)| {
        let asked = evidence.reviews.iter().filter(|review| review.round == round);
        let councils: Vec<_> = asked.clone().map(|review| review.council_id.as_str()).collect();
        let text = asked.clone().find_map(|review| review.question.as_deref()).unwrap_or_default();
        let became = if story.glass.is_some() && story.glass_round == round {
            "an admin did not wait for the answer"
        } else if story.is_carried(round) {
            "it was approved before anything after it was tried"
        } else if story.has(round, ReviewOutcome::Rejected) {
            "it was rejected, and nothing after it was tried"
        } else if story.has(round, ReviewOutcome::Expired) {
            "nobody decided in time, and nothing after it was tried"
        } else {
            "it was not decided, and nothing after it was tried"
        };
        format!(
            "In the middle of the run, at {}, step {} asked {} in round {round} (\"{text}\"): {became}.",
            question.act.at.to_rfc3339(),
            question.step,
            councils.join(" and ")
        )
    });
    told.collect()
}
