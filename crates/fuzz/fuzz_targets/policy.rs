//! A council's policy: what is accepted can be kept, compared and decided by, and does what its rule says.
//!
//! The first line says how seats vote, one letter for each: `a`pproves, `r`ejects, abst`n`ains, anything else does not.

#![no_main]

use common::claims::Seat;
use common::ids::UserId;
use governance::decide::{Ballot, Decision, Electorate, Period, decide, standing, tally};
use governance::diff::changes;
use governance::policy::{DecisionRule, Policy};
use governance::retry::is_tighter;
use governance::route::{Verdict, verdict};
use governance::workflow::Vote;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

fn seat(number: usize) -> UserId {
    UserId(Uuid::from_u128(number as u128 + 1))
}

fuzz_target!(|text: &str| {
    let (votes, json) = fuzz::first_line(text);
    let Some(policy) = fuzz::round_trip::<Policy>(json) else { return };
    let kept = serde_json::to_value(&policy).expect("JSON");
    assert_eq!(changes(&kept, &kept), []);
    assert!(!is_tighter(&policy, &policy));

    let votes: Vec<char> = votes.chars().take(9).collect();
    let faults = policy.faults(votes.len());
    for (place, _) in &faults {
        assert!(kept.pointer(place).is_some(), "{place} is not in {kept}");
    }
    if !faults.is_empty() || votes.is_empty() {
        return;
    }
    assert!(policy.voting_period_seconds >= 60 && policy.approval_valid_seconds >= 3600);
    for wanted in ["web.publish", "commerce.refund", "a.b.c"] {
        let named = policy.blocked_action_types.iter().any(|pattern| pattern.matches(wanted));
        assert_eq!(named, matches!(verdict(&policy, wanted, None), Verdict::TypeBlocked { .. }));
    }

    let role = |number| if number == 0 { Seat::Chair } else { Seat::Member };
    let electorate = Electorate {
        seats: (0..votes.len()).map(|number| (seat(number), role(number))).collect(),
        ..Electorate::default()
    };
    let ballots = |votes: &[char]| -> Vec<Ballot> {
        let cast = votes.iter().enumerate().filter_map(|(number, letter)| {
            let vote = match letter {
                'a' => Vote::Approve,
                'r' => Vote::Reject,
                'n' => Vote::Abstain,
                _ => return None,
            };
            Some(Ballot::new(seat(number), Some(seat(number)), vote))
        });
        standing(cast, &electorate)
    };
    let come_to = |votes: &[char], period| decide(&policy, &electorate, &ballots(votes), period);
    let (all_for, all_against) = (vec!['a'; votes.len()], vec!['r'; votes.len()]);
    assert_eq!(come_to(&all_for, Period::Running), Decision::Approved, "everybody approves under {kept}");
    assert_eq!(come_to(&all_against, Period::Running), Decision::Rejected, "everybody rejects under {kept}");
    let (running, over) = (come_to(&votes, Period::Running), come_to(&votes, Period::Over));
    assert_ne!(over, Decision::Open, "nothing is open after the deadline");
    assert!(running == Decision::Open || running == over, "{running:?}, then {over:?} by the same votes under {kept}");
    let counted = tally(&electorate, &ballots(&votes));
    assert!(counted.approve + counted.reject + counted.abstain <= counted.seats);
    if running == Decision::Approved {
        let enough = match policy.decision_rule {
            DecisionRule::Approvals { required } => counted.approve >= required as usize,
            DecisionRule::Majority { .. } => counted.approve >= 1,
            DecisionRule::Unanimous {} => counted.approve == counted.seats,
        };
        assert!(enough, "{counted:?} under {kept}");
    }
});
