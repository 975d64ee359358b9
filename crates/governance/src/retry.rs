//! Whether the approval of a failed run carries another try.

use chrono::{DateTime, TimeDelta, Utc};
use common::text_enum;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::Money;
use crate::policy::{DecisionRule, Policy};

text_enum! {
    /// Where a retry begins.
    #[derive(Default)]
    pub enum RetryFrom {
        /// At the step that failed; what is done stays done.
        #[default]
        FailedStep = "failed_step",
        /// At the first step: every step is run again, under the same `Idempotency-Key`.
        Start = "start",
    }
}

/// A council's approval, and the policies then and now.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// When the council approved.
    pub approved_at: DateTime<Utc>,
    /// The policy that it approved under.
    pub then: &'a Policy,
    /// Its policy in force.
    pub now: &'a Policy,
}

/// Why a retry needs a new vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewVote {
    /// The approval is too old.
    ApprovalExpired,
    /// The policy asks for more than it did then.
    PolicyTightened,
    /// What is at stake is at or above the value that the policy always has reviewed.
    ValueAboveThreshold,
}

/// Tells why a retry at `at` needs a new vote of the council, if it does.
pub fn new_vote(approval: &Approval<'_>, weekly_savings: Option<&Money>, at: DateTime<Utc>) -> Option<NewVote> {
    let valid =
        TimeDelta::seconds(approval.now.approval_valid_seconds.min(approval.then.approval_valid_seconds).into());
    let threshold = approval.now.review_threshold_weekly_savings.as_ref();
    if at - approval.approved_at > valid {
        Some(NewVote::ApprovalExpired)
    } else if is_tighter(approval.now, approval.then) {
        Some(NewVote::PolicyTightened)
    } else if threshold.is_some_and(|threshold| weekly_savings.is_none_or(|savings| savings >= threshold)) {
        Some(NewVote::ValueAboveThreshold)
    } else {
        None
    }
}

/// Whether a policy asks for anything that another did not. Rules of two kinds can't be compared: another kind counts as
/// tighter, and so does a pattern more of what is reviewed or blocked.
pub fn is_tighter(now: &Policy, then: &Policy) -> bool {
    let rule = match (&now.decision_rule, &then.decision_rule) {
        (DecisionRule::Approvals { required: now }, DecisionRule::Approvals { required: then }) => now > then,
        (
            DecisionRule::Majority { quorum_percent: quorum_now, threshold_percent: threshold_now },
            DecisionRule::Majority { quorum_percent: quorum_then, threshold_percent: threshold_then },
        ) => quorum_now > quorum_then || threshold_now > threshold_then,
        (DecisionRule::Unanimous {}, DecisionRule::Unanimous {}) => false,
        _ => true,
    };
    let threshold = match (&now.review_threshold_weekly_savings, &then.review_threshold_weekly_savings) {
        (Some(now), Some(then)) => now < then,
        (Some(_), None) => true,
        (None, _) => false,
    };
    rule || threshold
        || (now.chair_veto && !then.chair_veto)
        || now.cooling_off_seconds > then.cooling_off_seconds
        || now.approval_valid_seconds < then.approval_valid_seconds
        || now.review_actions.iter().any(|pattern| !then.review_actions.contains(pattern))
        || now.blocked_action_types.iter().any(|pattern| !then.blocked_action_types.contains(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Policy {
        serde_json::from_str(&format!(r#"{{"decision_rule": {{"kind": "approvals", "required": 2}}{json}}}"#))
            .expect("policy")
    }

    fn money(text: &str) -> Money {
        Money::try_from(text.to_owned()).expect("money")
    }

    #[test]
    fn an_approval_carries_a_retry_while_it_is_young_and_nothing_is_stricter() {
        let (then, at) = (policy(""), DateTime::from_timestamp(1_800_000_000, 0).expect("a time"));
        let ask = |now: &Policy, age: i64, savings: Option<&Money>| {
            let approval = Approval { approved_at: at - TimeDelta::seconds(age), then: &then, now };
            new_vote(&approval, savings, at)
        };
        assert_eq!(ask(&then, 7 * 24 * 3600, None), None);
        assert_eq!(ask(&then, 7 * 24 * 3600 + 1, None), Some(NewVote::ApprovalExpired));
        assert_eq!(ask(&policy(r#", "approval_valid_seconds": 3600"#), 3601, None), Some(NewVote::ApprovalExpired));
        assert_eq!(ask(&policy(r#", "chair_veto": true"#), 1, None), Some(NewVote::PolicyTightened));
        assert_eq!(ask(&policy(r#", "blocked_action_types": ["a.*"]"#), 1, None), Some(NewVote::PolicyTightened));
        let unanimous = Policy { decision_rule: DecisionRule::Unanimous {}, ..then.clone() };
        assert_eq!(ask(&unanimous, 1, None), Some(NewVote::PolicyTightened));
        let milder = Policy { decision_rule: DecisionRule::Approvals { required: 1 }, ..then.clone() };
        assert_eq!(ask(&milder, 1, None), None);

        let valued = policy(r#", "review_threshold_weekly_savings": "100""#);
        let ask =
            |savings: Option<&Money>| new_vote(&Approval { approved_at: at, then: &valued, now: &valued }, savings, at);
        assert_eq!(ask(Some(&money("99.99"))), None);
        assert_eq!(ask(Some(&money("100"))), Some(NewVote::ValueAboveThreshold));
        assert_eq!(ask(None), Some(NewVote::ValueAboveThreshold));
    }
}
