//! States as badges, and other things that several pages say in the same words.

use database::governance::dead_letters::FailureClass;
use governance::workflow::{StepStatus, WorkflowStatus};
use maud::{Markup, html};

use crate::pages::parts::{Tone, badge};

/// What stands where something is not known.
pub fn unknown() -> Markup {
    html! { span.soft title="not known: a part does not answer" { "?" } }
}

/// A word of ours for people: without underscores.
pub fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// Where a workflow stands.
pub fn status(status: WorkflowStatus) -> Markup {
    let tone = match status {
        WorkflowStatus::Completed => Tone::Good,
        WorkflowStatus::Failed => Tone::Bad,
        WorkflowStatus::Running | WorkflowStatus::Queued | WorkflowStatus::Approved => Tone::Busy,
        WorkflowStatus::PendingReview => Tone::Warn,
        _ => Tone::Quiet,
    };
    badge(tone, plain(status.as_str()))
}

/// Where a step stands.
pub fn step_status(status: StepStatus) -> Markup {
    let tone = match status {
        StepStatus::Completed => Tone::Good,
        StepStatus::Failed => Tone::Bad,
        StepStatus::Running => Tone::Busy,
        StepStatus::Pending | StepStatus::Skipped => Tone::Quiet,
    };
    badge(tone, status.as_str())
}

/// Why a run was not tried again.
pub fn class(class: FailureClass) -> Markup {
    badge(
        Tone::Quiet,
        match class {
            FailureClass::Final => "final",
            FailureClass::Exhausted => "attempts used up",
            FailureClass::NotRun => "not run",
        },
    )
}

/// At most so many characters, and a mark where something was cut off.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
