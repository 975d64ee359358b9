//! Whom a proposal needs, and why.

use common::ids::{CouncilId, WorkflowTypeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::money::Money;
use crate::policy::{Pattern, Policy};

/// A council that is responsible for a proposal's domain, and its policy.
#[derive(Clone, Debug)]
pub struct Responsible {
    /// The council.
    pub council: CouncilId,
    /// The version of its policy in force.
    pub policy_version: i32,
    /// Its policy in force.
    pub policy: Policy,
}

/// What one council's policy says to a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Verdict {
    /// It never runs: the policy blocks the type.
    TypeBlocked {
        /// What in the policy names the type.
        pattern: Pattern,
    },
    /// It is reviewed: the policy has the type reviewed.
    TypeReviewed {
        /// What in the policy names the type.
        pattern: Pattern,
    },
    /// It is reviewed: it is worth as much as the policy's threshold, or does not say what it is worth.
    ValueReviewed {
        /// The policy's threshold.
        threshold: Money,
        /// What the proposal says that it saves in a week.
        weekly_savings: Option<Money>,
    },
    /// It is reviewed: no council is responsible for the domain, so that the default council is.
    NobodyResponsible,
    /// It is reviewed, whatever the policy says: it is a mandate, which lets others run unreviewed.
    IsMandate,
    /// The council lets it run unreviewed: nothing in its policy asks for a review.
    NotAsked,
}

/// A responsible council, and what it says to a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Which council.
    pub council_id: CouncilId,
    /// By which version of its policy.
    pub policy_version: i32,
    /// What it says.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What becomes of a proposal when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// This council's policy forbids it.
    Blocked(&'a Finding),
    /// These councils must all approve it.
    Review(Vec<&'a Finding>),
    /// Every responsible council's policy says that it may run unreviewed.
    StraightThrough,
}

/// Asks each responsible council's policy.
pub fn findings(
    responsible: &[Responsible],
    workflow_type: &WorkflowTypeId,
    weekly_savings: Option<&Money>,
) -> Vec<Finding> {
    let found = |one: &Responsible| Finding {
        council_id: one.council.clone(),
        policy_version: one.policy_version,
        verdict: verdict(&one.policy, workflow_type.as_str(), weekly_savings),
    };
    responsible.iter().map(found).collect()
}

/// Asks one policy.
pub fn verdict(policy: &Policy, workflow_type: &str, weekly_savings: Option<&Money>) -> Verdict {
    let naming = |patterns: &[Pattern]| patterns.iter().find(|pattern| pattern.matches(workflow_type)).cloned();
    if let Some(pattern) = naming(&policy.blocked_action_types) {
        return Verdict::TypeBlocked { pattern };
    }
    if let Some(pattern) = naming(&policy.review_actions) {
        return Verdict::TypeReviewed { pattern };
    }
    match &policy.review_threshold_weekly_savings {
        // A proposal that does not say its value may have any.
        Some(threshold) if weekly_savings.is_none_or(|savings| savings >= threshold) => {
            Verdict::ValueReviewed { threshold: threshold.clone(), weekly_savings: weekly_savings.cloned() }
        }
        _ => Verdict::NotAsked,
    }
}

/// Joins the councils' findings: one that blocks is enough, and so is one that reviews.
///
/// No responsible council is nobody's consent: the caller names the default council instead, as a must.
pub fn route(findings: &[Finding]) -> Route<'_> {
    if let Some(blocking) = findings.iter().find(|one| matches!(one.verdict, Verdict::TypeBlocked { .. })) {
        return Route::Blocked(blocking);
    }
    let reviewing: Vec<_> = findings.iter().filter(|one| one.verdict != Verdict::NotAsked).collect();
    if reviewing.is_empty() { Route::StraightThrough } else { Route::Review(reviewing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn council(name: &str, policy: &str) -> Responsible {
        let rule = r#""decision_rule": {"kind": "unanimous"}"#;
        let policy = serde_json::from_str(&format!("{{{rule}{policy}}}")).expect("policy");
        Responsible { council: name.parse().expect("id"), policy_version: 1, policy }
    }

    fn outcome(councils: &[Responsible], savings: Option<&str>) -> String {
        let savings = savings.map(|text| Money::try_from(text.to_owned()).expect("money"));
        let findings = findings(councils, &"web.publish".parse().expect("id"), savings.as_ref());
        match route(&findings) {
            Route::Blocked(by) => format!("blocked by {}", by.council_id),
            Route::Review(by) => {
                let by: Vec<_> = by.iter().map(|one| one.council_id.as_str()).collect();
                format!("review by {}", by.join(", "))
            }
            Route::StraightThrough => "straight through".to_owned(),
        }
    }

    #[test]
    fn every_policy_has_its_say() {
        let silent = council("silent", "");
        let open = council("open", r#", "review_actions": []"#);
        let valued = council("valued", r#", "review_actions": [], "review_threshold_weekly_savings": "500.00""#);
        let strict = council("strict", r#", "blocked_action_types": ["web.*"]"#);
        let elsewhere = council("elsewhere", r#", "review_actions": ["shop.*"]"#);

        assert_eq!(outcome(std::slice::from_ref(&silent), None), "review by silent");
        assert_eq!(outcome(std::slice::from_ref(&open), None), "straight through");
        assert_eq!(outcome(std::slice::from_ref(&elsewhere), None), "straight through");
        assert_eq!(outcome(std::slice::from_ref(&valued), Some("499.99")), "straight through");
        assert_eq!(outcome(std::slice::from_ref(&valued), Some("500")), "review by valued");
        assert_eq!(outcome(std::slice::from_ref(&valued), None), "review by valued");
        assert_eq!(outcome(&[open.clone(), silent.clone()], None), "review by silent");
        assert_eq!(outcome(&[silent.clone(), valued], None), "review by silent, valued");
        assert_eq!(outcome(&[open, silent, strict], None), "blocked by strict");
    }
}
