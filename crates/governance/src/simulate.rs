//! What another policy would have made of a council's past.
//!
//! It answers for the one council: whether it would have been asked, and what the votes that were cast would have come to.
//! It can't know how people would have voted otherwise, nor who would have voted after the real decision fell.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::{WorkflowId, WorkflowTypeId};
use common::text_enum;
use serde::Serialize;
use utoipa::ToSchema;

use crate::council_health::PastVote;
use crate::decide::{
    Ballot, Decision, Electorate, Period, Tally, deadline_after_quorum, decide, has_quorum, standing, tally,
};
use crate::money::Money;
use crate::policy::{OnExpiry, Policy};
use crate::route::{Verdict, verdict};
use crate::workflow::ReviewOutcome;

/// The most differences that are told one by one.
pub const MOST_TOLD: usize = 100;

text_enum! {
    /// What a council makes of a proposal.
    pub enum Fate {
        /// Its policy forbids it.
        Blocked = "blocked",
        /// Its policy does not ask for a review.
        NotReviewed = "not_reviewed",
        /// A mandate carries it.
        Mandate = "mandate",
        /// It asks for a review; what that would come to is not known, or it never came to anything.
        Review = "review",
        /// The council approves it, by votes or by silence.
        Approved = "approved",
        /// The council rejects it.
        Rejected = "rejected",
        /// The council does not decide in time.
        Expired = "expired",
        /// The council does not decide in time, and another decides.
        Escalated = "escalated",
    }
}

/// Why a council was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// It is responsible: its policy says.
    Policy,
    /// It is responsible, and the proposal is a mandate: reviewed unless the policy blocks it.
    Mandate,
    /// In any case: nobody else is responsible, or another council handed it over.
    Always,
}

/// A review that the council decided, or let pass.
#[derive(Clone, Debug)]
pub struct ReviewHistory {
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Under which policy.
    pub policy: Policy,
    /// How it ended.
    pub outcome: ReviewOutcome,
    /// Who could vote.
    pub electorate: Electorate,
    /// Whether that is who can vote today: of a review from before it was kept.
    pub electorate_is_assumed: bool,
    /// The votes in the order in which they were cast, those that were changed later included.
    pub votes: Vec<PastVote>,
}

/// A proposal of the past.
#[derive(Clone, Debug)]
pub struct PastProposal {
    /// Which.
    pub workflow_id: WorkflowId,
    /// Of which type.
    pub workflow_type: WorkflowTypeId,
    /// What it was expected to save in a week.
    pub weekly_savings: Option<Money>,
    /// When it was made.
    pub proposed_at: DateTime<Utc>,
    /// Why the council was asked.
    pub asking: Asking,
    /// What the council made of it.
    pub actual: Fate,
    /// The council's review, if that ended with its answer or its silence.
    pub review: Option<ReviewHistory>,
}

/// A proposal of which the other policy would have made something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// Which.
    pub workflow_id: WorkflowId,
    /// Of which type.
    pub workflow_type: WorkflowTypeId,
    /// When it was made.
    pub proposed_at: DateTime<Utc>,
    /// What the council made of it.
    pub actual: Fate,
    /// What it would have made of it.
    pub simulated: Fate,
    /// Why.
    pub why: String,
    /// Whether who could vote then is not known, and who can today was taken instead.
    pub electorate_is_assumed: bool,
}

/// How often one fate would have been another, or the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    /// What the council made of them.
    pub actual: Fate,
    /// What it would have made of them.
    pub simulated: Fate,
    /// How many.
    pub count: usize,
}

/// What another policy would have made of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Simulation {
    /// How many proposals were looked at.
    pub proposals: usize,
    /// Of how many it would have made something else.
    pub differing: usize,
    /// For how many who could vote then is not known, and who can today was taken instead.
    pub assumed_electorates: usize,
    /// How often one fate would have been another, or the same.
    pub counts: Vec<Count>,
    /// The newest proposals of which it would have made something else, at most 100.
    pub differences: Vec<Difference>,
}

/// Tries a policy on proposals of the past, newest first.
pub fn simulate(draft: &Policy, past: &[PastProposal]) -> Simulation {
    let mut counts: BTreeMap<(Fate, Fate), usize> = BTreeMap::new();
    let mut differences = Vec::new();
    for proposal in past {
        let (simulated, why) = fate(draft, proposal);
        *counts.entry((proposal.actual, simulated)).or_default() += 1;
        if simulated != proposal.actual && differences.len() < MOST_TOLD {
            differences.push(Difference {
                workflow_id: proposal.workflow_id,
                workflow_type: proposal.workflow_type.clone(),
                proposed_at: proposal.proposed_at,
                actual: proposal.actual,
                simulated,
                why,
                electorate_is_assumed: proposal.review.as_ref().is_some_and(|review| review.electorate_is_assumed),
            });
        }
    }
    let assumed = |proposal: &&PastProposal| proposal.review.as_ref().is_some_and(|one| one.electorate_is_assumed);
    Simulation {
        proposals: past.len(),
        differing: counts.iter().filter(|((actual, other), _)| actual != other).map(|(_, count)| count).sum(),
        assumed_electorates: past.iter().filter(assumed).count(),
        counts: counts.into_iter().map(|((actual, simulated), count)| Count { actual, simulated, count }).collect(),
        differences,
    }
}

/// What a policy makes of a proposal, and why.
fn fate(draft: &Policy, proposal: &PastProposal) -> (Fate, String) {
    let by_policy = verdict(draft, proposal.workflow_type.as_str(), proposal.weekly_savings.as_ref());
    let because = match (proposal.asking, by_policy) {
        (Asking::Always, _) | (_, Verdict::NobodyResponsible) => "the council is asked in any case".to_owned(),
        (_, Verdict::TypeBlocked { pattern }) => {
            return (Fate::Blocked, format!("blocked_action_types has \"{}\"", String::from(pattern)));
        }
        (Asking::Policy, Verdict::NotAsked) => {
            return (Fate::NotReviewed, "nothing in the policy asks for a review".to_owned());
        }
        (_, Verdict::TypeReviewed { pattern }) => format!("review_actions has \"{}\"", String::from(pattern)),
        (_, Verdict::ValueReviewed { threshold, weekly_savings: Some(savings) }) => {
            format!("it saves {} a week, and the threshold is {}", String::from(savings), String::from(threshold))
        }
        (_, Verdict::ValueReviewed { weekly_savings: None, .. }) => {
            "it does not say what it saves, and there is a threshold".to_owned()
        }
        (_, Verdict::NotAsked | Verdict::IsMandate) => "a mandate is always reviewed".to_owned(),
    };
    match (&proposal.review, proposal.actual) {
        (Some(review), _) => replay(draft, review),
        (None, Fate::Mandate) => (Fate::Mandate, because),
        (None, _) => (Fate::Review, because),
    }
}

/// Counts the votes of a review again, one after the other, as another policy has it.
fn replay(draft: &Policy, review: &ReviewHistory) -> (Fate, String) {
    let mut deadline = review.opened_at + TimeDelta::seconds(draft.voting_period_seconds.into());
    let (mut kept, mut quorum_seen, mut late): (Vec<PastVote>, _, _) = (Vec::new(), false, 0);
    for &vote in &review.votes {
        if vote.cast_at >= deadline {
            late += 1;
            continue;
        }
        // Each person has one vote: a changed one takes the place of the one before.
        kept.retain(|other| other.voter != vote.voter);
        kept.push(vote);
        let ballots = standing(kept.iter().map(PastVote::ballot), &review.electorate);
        match decide(draft, &review.electorate, &ballots, Period::Running) {
            Decision::Open => {}
            decision => return (ended(decision, review), format!("by vote: {}", told(&review.electorate, &ballots))),
        }
        if !quorum_seen && has_quorum(draft, &review.electorate, &ballots) {
            quorum_seen = true;
            deadline = deadline_after_quorum(draft, deadline, vote.cast_at);
        }
    }
    let ballots = standing(kept.iter().map(PastVote::ballot), &review.electorate);
    let decision = decide(draft, &review.electorate, &ballots, Period::Over);
    let late = if late > 0 { format!(", {late} vote(s) came too late") } else { String::new() };
    let why = format!(
        "by the end of the voting period: {}{late}; on_expiry is {}",
        told(&review.electorate, &ballots),
        draft.on_expiry
    );
    (ended(decision, review), why)
}

fn ended(decision: Decision, review: &ReviewHistory) -> Fate {
    // There was nobody to hand it to: nor would there have been.
    let nobody = review.policy.on_expiry == OnExpiry::Escalate && review.outcome == ReviewOutcome::Expired;
    match decision {
        Decision::Approved => Fate::Approved,
        Decision::Rejected => Fate::Rejected,
        Decision::Escalated if !nobody => Fate::Escalated,
        Decision::Expired | Decision::Escalated => Fate::Expired,
        Decision::Open => Fate::Review,
    }
}

fn told(electorate: &Electorate, ballots: &[Ballot]) -> String {
    let Tally { approve, reject, abstain, seats } = tally(electorate, ballots);
    format!("{approve} for, {reject} against, {abstain} abstained, of {seats} seat(s)")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use common::claims::Seat;
    use common::ids::UserId;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::workflow::Vote;

    fn policy(changes: serde_json::Value) -> Policy {
        let mut policy = json!({"decision_rule": {"kind": "approvals", "required": 2}, "voting_period_seconds": 3600});
        policy.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        serde_json::from_value(policy).expect("a policy")
    }

    fn begin() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    struct Council {
        people: Vec<UserId>,
        electorate: Electorate,
    }

    /// Some seats, the first of them the chair's, and one admin, who comes last.
    fn council(seats: usize) -> Council {
        let people: Vec<_> = (0..=seats).map(|_| UserId::new()).collect();
        let seat = |index| if index == 0 { Seat::Chair } else { Seat::Member };
        let electorate = Electorate {
            seats: people[..seats].iter().enumerate().map(|(index, &id)| (id, seat(index))).collect(),
            admins: BTreeSet::from([people[seats]]),
            excluded: BTreeSet::new(),
        };
        Council { people, electorate }
    }

    /// A vote of the person of this number, so many seconds after the opening.
    type Cast = (usize, Vote, i64);

    /// What really happens to a review: votes are taken one after the other while it is open, and each may be changed.
    fn live_through(policy: &Policy, council: &Council, casts: &[Cast]) -> ReviewHistory {
        let mut casts = casts.to_vec();
        casts.sort_by_key(|&(_, _, after)| after);
        let mut deadline = begin() + TimeDelta::seconds(policy.voting_period_seconds.into());
        let (mut kept, mut cast, mut quorum) = (BTreeMap::new(), Vec::new(), false);
        let mut decision = Decision::Open;
        let standing = |kept: &BTreeMap<UserId, PastVote>| kept.values().map(PastVote::ballot).collect::<Vec<_>>();
        for (person, vote, after) in casts {
            let (voter, cast_at) = (council.people[person], begin() + TimeDelta::seconds(after));
            if cast_at >= deadline {
                break;
            }
            let seat_of = council.electorate.seats.contains_key(&voter).then_some(voter);
            let vote = PastVote { voter, seat_of, vote, cast_at };
            kept.insert(voter, vote);
            cast.push(vote);
            decision = decide(policy, &council.electorate, &standing(&kept), Period::Running);
            if decision != Decision::Open {
                break;
            }
            if !quorum && has_quorum(policy, &council.electorate, &standing(&kept)) {
                quorum = true;
                deadline = deadline.max(cast_at + TimeDelta::seconds(policy.late_quorum_extension_seconds.into()));
            }
        }
        if decision == Decision::Open {
            decision = decide(policy, &council.electorate, &standing(&kept), Period::Over);
        }
        ReviewHistory {
            opened_at: begin(),
            policy: policy.clone(),
            outcome: match decision {
                Decision::Approved => ReviewOutcome::Approved,
                Decision::Rejected => ReviewOutcome::Rejected,
                Decision::Escalated => ReviewOutcome::Escalated,
                Decision::Expired | Decision::Open => ReviewOutcome::Expired,
            },
            electorate: council.electorate.clone(),
            electorate_is_assumed: false,
            votes: cast,
        }
    }

    /// A proposal as the policy in force makes of it what it makes.
    fn past(policy: &Policy, workflow_type: &str, savings: Option<&str>, review: ReviewHistory) -> PastProposal {
        let workflow_type: WorkflowTypeId = workflow_type.parse().expect("an id");
        let weekly_savings = savings.map(|text| Money::try_from(text.to_owned()).expect("money"));
        let verdict = verdict(policy, workflow_type.as_str(), weekly_savings.as_ref());
        let (actual, review) = match verdict {
            Verdict::TypeBlocked { .. } => (Fate::Blocked, None),
            Verdict::NotAsked => (Fate::NotReviewed, None),
            _ => (review.outcome.as_str().parse().expect("a fate"), Some(review)),
        };
        let (workflow_id, proposed_at) = (WorkflowId::new(), begin());
        PastProposal { workflow_id, workflow_type, weekly_savings, proposed_at, asking: Asking::Policy, actual, review }
    }

    fn one(draft: &Policy, proposal: PastProposal) -> (Fate, String) {
        let simulation = simulate(draft, &[proposal]);
        match simulation.differences.as_slice() {
            [] => (simulation.counts[0].simulated, String::new()),
            [difference] => (difference.simulated, difference.why.clone()),
            more => panic!("{more:?}"),
        }
    }

    #[test]
    fn a_stricter_rule_a_shorter_period_and_a_veto_would_have_decided_otherwise() {
        let council = council(3);
        let in_force = policy(json!({}));
        let casts = [(1, Vote::Approve, 60), (2, Vote::Approve, 1800)];
        let approved = || past(&in_force, "web.page", None, live_through(&in_force, &council, &casts));
        assert_eq!(approved().actual, Fate::Approved);
        let unanimous = policy(json!({"decision_rule": {"kind": "unanimous"}}));
        let (fate, why) = one(&unanimous, approved());
        assert_eq!(fate, Fate::Expired);
        let expected =
            "by the end of the voting period: 2 for, 0 against, 0 abstained, of 3 seat(s); on_expiry is reject";
        assert_eq!(why, expected);
        let hasty = policy(json!({"voting_period_seconds": 1200, "on_expiry": "approve"}));
        assert_eq!(one(&hasty, approved()), (Fate::Approved, String::new()));
        let hasty = policy(json!({"voting_period_seconds": 1200}));
        let (fate, why) = one(&hasty, approved());
        assert_eq!(fate, Fate::Expired);
        assert!(why.contains("1 for") && why.contains("1 vote(s) came too late"), "{why}");

        let one_is_enough = policy(json!({"decision_rule": {"kind": "approvals", "required": 1}}));
        let casts = [(0, Vote::Reject, 60), (1, Vote::Approve, 120), (2, Vote::Reject, 180)];
        let rejected = || past(&in_force, "web.page", None, live_through(&in_force, &council, &casts));
        assert_eq!(one(&one_is_enough, rejected()).0, Fate::Approved);
        let vetoed = Policy { chair_veto: true, ..one_is_enough };
        assert_eq!(one(&vetoed, rejected()), (Fate::Rejected, String::new()));
    }

    #[test]
    fn what_was_not_asked_for_would_have_been_and_the_other_way_round() {
        let council = council(3);
        let open = policy(json!({"review_actions": [], "review_threshold_weekly_savings": "100"}));
        let review = || live_through(&open, &council, &[(1, Vote::Approve, 60), (2, Vote::Approve, 90)]);
        let all = policy(json!({}));
        let blocking = policy(json!({"blocked_action_types": ["web.*"]}));
        let small = || past(&open, "web.page", Some("99.99"), review());
        assert_eq!(one(&all, small()), (Fate::Review, "review_actions has \"*\"".to_owned()));
        assert_eq!(one(&blocking, small()), (Fate::Blocked, "blocked_action_types has \"web.*\"".to_owned()));
        let large = || past(&open, "web.page", Some("100"), review());
        assert_eq!(large().actual, Fate::Approved);
        assert_eq!(one(&all, large()), (Fate::Approved, String::new()));
        let dear = policy(json!({"review_actions": [], "review_threshold_weekly_savings": "1000"}));
        assert_eq!(one(&dear, large()).0, Fate::NotReviewed);
        let blocked = past(&blocking, "web.page", None, review());
        assert_eq!(one(&open, blocked).1, "it does not say what it saves, and there is a threshold");
        // What is asked in any case stays so, and what a mandate carried is carried.
        let escalated = PastProposal { asking: Asking::Always, ..large() };
        assert_eq!(one(&blocking, escalated), (Fate::Approved, String::new()));
        let carried = PastProposal { actual: Fate::Mandate, review: None, ..large() };
        assert_eq!(one(&all, carried), (Fate::Mandate, String::new()));
        let mandate = PastProposal { asking: Asking::Mandate, ..large() };
        assert_eq!(one(&dear, mandate), (Fate::Approved, String::new()));
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let rule = prop_oneof![
            (1_u32..4).prop_map(|required| json!({"kind": "approvals", "required": required})),
            Just(json!({"kind": "unanimous"})),
            (1_u32..=100, 1_u32..=100).prop_map(|(quorum, threshold)| {
                json!({"kind": "majority", "quorum_percent": quorum, "threshold_percent": threshold})
            }),
        ];
        let patterns = proptest::sample::subsequence(vec!["web.*", "shop.sale", "*"], 0..3);
        let threshold = proptest::option::of(Just("100"));
        (rule, any::<bool>(), 0..3_usize, 0..2000_u32, 1000..4000_u32, patterns.clone(), patterns, threshold).prop_map(
            |(rule, veto, expiry, extension, period, reviewed, blocked, threshold)| {
                let on_expiry = OnExpiry::ALL[expiry];
                policy(json!({
                    "decision_rule": rule,
                    "chair_veto": veto,
                    "on_expiry": on_expiry,
                    "escalate_to": (on_expiry == OnExpiry::Escalate).then_some("governance"),
                    "late_quorum_extension_seconds": extension,
                    "voting_period_seconds": period,
                    "review_actions": reviewed,
                    "blocked_action_types": blocked,
                    "review_threshold_weekly_savings": threshold,
                }))
            },
        )
    }

    /// Proposals: their type, their savings, and the votes on them in case that they are reviewed.
    fn any_history() -> impl Strategy<Value = Vec<(usize, usize, Vec<Cast>)>> {
        let cast = (0..5_usize, 0..3_usize, 0..5000_i64);
        let casts = proptest::collection::vec(cast.prop_map(|(who, vote, after)| (who, Vote::ALL[vote], after)), 0..9);
        proptest::collection::vec((0..3_usize, 0..3_usize, casts), 0..8)
    }

    fn lived(policy: &Policy, history: &[(usize, usize, Vec<Cast>)]) -> Vec<PastProposal> {
        let council = council(4);
        let types = ["web.page", "shop.sale", "mail.send"];
        let savings = [None, Some("99.99"), Some("100")];
        let proposal = |(kind, saves, casts): &(usize, usize, Vec<Cast>)| {
            past(policy, types[*kind], savings[*saves], live_through(policy, &council, casts))
        };
        history.iter().map(proposal).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_policy_in_force_differs_in_nothing_from_its_own_past(policy in any_policy(), history in any_history()) {
            let simulation = simulate(&policy, &lived(&policy, &history));
            prop_assert_eq!(simulation.proposals, history.len());
            prop_assert_eq!(simulation.differing, 0, "{:#?}", simulation.differences);
        }

        #[test]
        fn what_is_told_adds_up_whatever_the_draft(
            policy in any_policy(), draft in any_policy(), history in any_history(),
        ) {
            let simulation = simulate(&draft, &lived(&policy, &history));
            let all: usize = simulation.counts.iter().map(|count| count.count).sum();
            prop_assert_eq!(all, history.len());
            prop_assert_eq!(simulation.differences.len(), simulation.differing);
            prop_assert!(simulation.differences.iter().all(|one| one.actual != one.simulated && !one.why.is_empty()));
        }
    }
}
