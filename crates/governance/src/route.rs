//! Whom a proposal needs.

use common::ids::{CouncilId, WorkflowTypeId};

use crate::money::Money;
use crate::policy::Policy;

/// A council that is responsible for a proposal's domain, and its policy.
#[derive(Clone, Debug)]
pub struct Responsible {
    /// The council.
    pub council: CouncilId,
    /// Its policy in force.
    pub policy: Policy,
}

/// What becomes of a proposal when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A policy forbids it.
    Blocked(CouncilId),
    /// These councils must all approve it.
    Review(Vec<CouncilId>),
    /// Every responsible council's policy says that it may run unreviewed.
    StraightThrough,
}

/// Decides whom a proposal needs, given the councils of its domain.
///
/// No responsible council is nobody's consent: the caller names the default council instead, as a must.
pub fn route(responsible: &[Responsible], workflow_type: &WorkflowTypeId, weekly_savings: Option<&Money>) -> Route {
    let name = workflow_type.as_str();
    let is_blocked = |policy: &Policy| policy.blocked_action_types.iter().any(|pattern| pattern.matches(name));
    let is_reviewed = |policy: &Policy| {
        let by_value = policy.review_threshold_weekly_savings.as_ref();
        policy.review_actions.iter().any(|pattern| pattern.matches(name))
            // A proposal that does not say its value may have any.
            || by_value.is_some_and(|threshold| weekly_savings.is_none_or(|savings| savings >= threshold))
    };
    if let Some(blocking) = responsible.iter().find(|one| is_blocked(&one.policy)) {
        return Route::Blocked(blocking.council.clone());
    }
    let reviewing: Vec<_> =
        responsible.iter().filter(|one| is_reviewed(&one.policy)).map(|one| one.council.clone()).collect();
    if reviewing.is_empty() { Route::StraightThrough } else { Route::Review(reviewing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn council(name: &str, policy: &str) -> Responsible {
        let rule = r#""decision_rule": {"kind": "unanimous"}"#;
        let policy = serde_json::from_str(&format!("{{{rule}{policy}}}")).expect("policy");
        Responsible { council: name.parse().expect("id"), policy }
    }

    fn outcome(councils: &[Responsible], savings: Option<&str>) -> String {
        let savings = savings.map(|text| Money::try_from(text.to_owned()).expect("money"));
        match route(councils, &"web.publish".parse().expect("id"), savings.as_ref()) {
            Route::Blocked(by) => format!("blocked by {by}"),
            Route::Review(by) => {
                format!("review by {}", by.iter().map(CouncilId::as_str).collect::<Vec<_>>().join(", "))
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
