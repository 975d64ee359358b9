//! What the events of the timeline ask for.

use std::collections::BTreeSet;

use common::ids::CouncilId;
use governance::workflow::WorkflowStatus;
use serde_json::Value;

/// The councils whose votes an event asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// These.
    These(BTreeSet<CouncilId>),
    /// All that now review the workflow.
    All,
}

impl Default for Asked {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Asked {
    pub(super) fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::These(these), Self::These(more)) => these.extend(more),
            _ => *self = Self::All,
        }
    }

    pub(super) fn includes(&self, council: &CouncilId) -> bool {
        match self {
            Self::These(these) => these.contains(council),
            Self::All => true,
        }
    }
}

/// Whether anybody is told of such an event.
pub(super) fn matters(event: &str) -> bool {
    const NOBODY_IS_TOLD: [&str; 9] = [
        "voted",
        "review_decided",
        "deadline_extended",
        "queued",
        "mandate_used",
        "step_started",
        "step_completed",
        "step_failed",
        "step_will_be_retried",
    ];
    !NOBODY_IS_TOLD.contains(&event)
}

/// Whose votes an event asks for, if it asks for any.
pub(super) fn asked(event: &str, detail: &Value) -> Option<Asked> {
    let council = |value: &Value| value.as_str()?.parse::<CouncilId>().ok();
    match event {
        "proposed" | "asked" => {
            let reviewers = detail["reviewed_by"].as_array()?.iter();
            Some(Asked::These(reviewers.filter_map(council).collect()))
        }
        "escalated" | "moved" => Some(Asked::These(BTreeSet::from([council(&detail["to"])?]))),
        "retried" | "mandate_ended" => Some(Asked::All),
        _ => None,
    }
}

/// The decision that an event is, if it is one.
pub(super) fn decision(event: &str) -> Option<WorkflowStatus> {
    use WorkflowStatus::{Approved, Blocked, Cancelled, Expired, Rejected};
    event.parse().ok().filter(|status| matches!(status, Approved | Rejected | Expired | Cancelled | Blocked))
}

/// Whether an approval was nobody's decision: a policy, or a mandate given earlier, let the workflow through at once.
pub(super) fn is_automatic(detail: &Value) -> bool {
    detail.get("because").is_some() || detail.get("mandate_id").is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn these(ids: &[&str]) -> Asked {
        Asked::These(ids.iter().map(|id| id.parse().expect("an id")).collect())
    }

    #[test]
    fn an_event_asks_the_councils_that_it_names() {
        assert_eq!(
            asked("proposed", &json!({"reviewed_by": ["a-team", "b-team"]})),
            Some(these(&["a-team", "b-team"]))
        );
        assert_eq!(asked("proposed", &json!({"reviewed_by": []})), Some(these(&[])));
        assert_eq!(asked("asked", &json!({"reviewed_by": ["c-team"]})), Some(these(&["c-team"])));
        assert_eq!(asked("escalated", &json!({"council_id": "a-team", "to": "b-team"})), Some(these(&["b-team"])));
        assert_eq!(asked("retried", &json!({})), Some(Asked::All));
        assert_eq!(asked("moved", &json!({"to": 1})), None);
        assert_eq!(asked("voted", &json!({"council_id": "a-team"})), None);
        let mut all = these(&["a-team"]);
        all.join(these(&["b-team"]));
        assert_eq!(all, these(&["a-team", "b-team"]));
        all.join(Asked::All);
        assert!(all.includes(&"c-team".parse().expect("an id")));
    }

    #[test]
    fn a_decision_is_one_of_five_words() {
        let decisions: Vec<_> = WorkflowStatus::ALL.iter().filter_map(|status| decision(status.as_str())).collect();
        let expected = ["approved", "rejected", "expired", "cancelled", "blocked"];
        assert_eq!(decisions.iter().map(|status| status.as_str()).collect::<Vec<_>>(), expected);
        assert!(is_automatic(&json!({"because": "no policy asks"})) && !is_automatic(&json!({"digest": ""})));
    }
}
