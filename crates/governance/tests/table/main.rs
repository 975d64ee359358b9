//! Every policy, and what it makes of votes, values, time and terms: checked, and printed in `docs/governance.md`.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod council;
mod markdown;
mod rows;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta};
use council::council;
use governance::decide::{Decision, Period, deadline_after_quorum, decide, has_quorum};
use governance::mandate::covers;
use governance::money::Money;
use governance::policy::{DecisionRule, OnExpiry, Policy};
use governance::retry::{Approval, NewVote, new_vote};
use governance::route::{Responsible, Route, findings, route};
use serde_json::{Value, json};

/// A policy; what a row does not say of it does not matter there.
fn policy(text: &str) -> Policy {
    let mut policy: Value = serde_json::from_str(text).expect("a policy in JSON");
    let fields = policy.as_object_mut().expect("an object");
    fields.entry("decision_rule").or_insert_with(|| json!({"kind": "unanimous"}));
    serde_json::from_value(policy).expect("a policy")
}

fn money(text: &str) -> Money {
    Money::try_from(text.to_owned()).expect("an amount")
}

#[test]
fn each_decision_is_as_the_table_says() {
    let mut seen = BTreeSet::new();
    for group in rows::DECISIONS {
        for row in group.rows {
            let (electorate, ballots) = council(row.seats, row.votes);
            let decided = |on_expiry, period| {
                let policy = Policy { on_expiry, ..policy(group.policy) };
                format!("{:?}", decide(&policy, &electorate, &ballots, period)).to_lowercase()
            };
            let outcome = [
                decided(OnExpiry::Reject, Period::Running),
                decided(OnExpiry::Reject, Period::Over),
                decided(OnExpiry::Approve, Period::Over),
                decided(OnExpiry::Escalate, Period::Over),
            ];
            assert_eq!(outcome, row.outcome, "{}: {} of {}", group.title, row.votes, row.seats);
            // What silence means plays no part while votes are taken.
            for on_expiry in [OnExpiry::Approve, OnExpiry::Escalate] {
                assert_eq!(decided(on_expiry, Period::Running), outcome[0]);
            }
            let kind = match policy(group.policy).decision_rule {
                DecisionRule::Approvals { .. } => "approvals",
                DecisionRule::Majority { .. } => "majority",
                DecisionRule::Unanimous {} => "unanimous",
            };
            seen.insert((kind, row.outcome));
        }
    }
    let words: BTreeSet<_> = seen.iter().flat_map(|(_, outcome)| outcome).copied().collect();
    assert_eq!(words, BTreeSet::from(["approved", "escalated", "expired", "open", "rejected"]));
    for kind in ["approvals", "majority", "unanimous"] {
        for end in [["approved"; 4], ["rejected"; 4], ["open", "expired", "approved", "escalated"]] {
            assert!(seen.contains(&(kind, end)), "no row shows {kind} {end:?}");
        }
    }
}

#[test]
fn a_late_quorum_extends_the_period_as_the_table_says() {
    let policy = policy(rows::LATE_POLICY);
    let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    for row in rows::LATE {
        let (electorate, ballots) = council(4, row.votes);
        let deadline = at + TimeDelta::minutes(row.left);
        let then = match decide(&policy, &electorate, &ballots, Period::Running) {
            Decision::Open if has_quorum(&policy, &electorate, &ballots) => {
                Some(deadline_after_quorum(&policy, deadline, at))
            }
            Decision::Open => Some(deadline),
            _ => None,
        };
        assert_eq!(then.map(|then| (then - at).num_minutes()), row.then, "{} with {} left", row.votes, row.left);
    }
}

#[test]
fn each_proposal_goes_the_way_that_the_table_says() {
    for row in rows::WAYS {
        let responsible: Vec<_> = ["council-a", "council-b"]
            .into_iter()
            .zip(row.policies)
            .map(|(name, text)| Responsible {
                council: name.parse().expect("an id"),
                policy_version: 1,
                policy: policy(text),
            })
            .collect();
        let savings = row.savings.map(money);
        let findings = findings(&responsible, &"web.publish".parse().expect("an id"), savings.as_ref());
        let name = |id: &common::ids::CouncilId| id.as_str().trim_start_matches("council-").to_owned();
        let outcome = match route(&findings) {
            Route::Blocked(by) => format!("blocked by {}", name(&by.council_id)),
            Route::Review(by) => {
                let by: Vec<_> = by.iter().map(|finding| name(&finding.council_id)).collect();
                format!("review by {}", by.join(" and "))
            }
            Route::StraightThrough => "runs at once".to_owned(),
        };
        assert_eq!(outcome, row.outcome, "{:?} at {:?}", row.policies, row.savings);
    }
}

#[test]
fn a_mandate_covers_what_the_table_says() {
    for row in rows::COVERED {
        let inputs = serde_json::from_str(row.inputs).expect("inputs");
        let outcome = if covers(row.condition, &inputs) { "runs by the mandate" } else { "review" };
        assert_eq!(outcome, row.outcome, "{} of {}", row.condition, row.inputs);
    }
}

#[test]
fn an_approval_carries_the_retries_that_the_table_says() {
    let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    for row in rows::AGAIN {
        let (then, now) = (policy(row.then), policy(row.now));
        let approval = Approval { approved_at: at - TimeDelta::hours(row.hours), then: &then, now: &now };
        let outcome = match new_vote(&approval, row.savings.map(money).as_ref(), at) {
            None => "goes again",
            Some(NewVote::ApprovalExpired) => "new vote: approval expired",
            Some(NewVote::PolicyTightened) => "new vote: policy tightened",
            Some(NewVote::ValueAboveThreshold) => "new vote: value above threshold",
        };
        assert_eq!(outcome, row.outcome, "{} then, {} now, {} h", row.then, row.now, row.hours);
    }
}

#[test]
fn only_policies_that_can_work_are_saved() {
    for row in rows::SAVED {
        let fault = policy(row.policy).faults(row.seats).into_iter().next().map(|(place, _)| place);
        assert_eq!(fault, row.fault, "{} with {} seat(s)", row.policy, row.seats);
    }
}

#[test]
fn the_documentation_prints_these_rows() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/governance.md");
    let written = std::fs::read_to_string(path).expect("docs/governance.md");
    let (before, rest) = written.split_once(markdown::BEGIN).expect("the mark where the table begins");
    let (_, after) = rest.split_once(markdown::END).expect("the mark where the table ends");
    let expected = format!("{before}{}\n{}{}{after}", markdown::BEGIN, markdown::tables(), markdown::END);
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(path, expected).expect("docs/governance.md can be written");
    } else {
        assert!(written == expected, "docs/governance.md is behind: WRITE=1 cargo test -p governance --test table");
    }
}
