//! When a review is decided, and how.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use common::claims::Seat;
use common::ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::policy::{DecisionRule, OnExpiry, Policy};
use crate::workflow::{ReviewKind, Vote};

/// Who may vote on a proposal, as things stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Electorate {
    /// The seats of the council whose holders are active, by holder.
    pub seats: BTreeMap<UserId, Seat>,
    /// The active admins: their votes count for and against, but add no seat and no quorum.
    pub admins: BTreeSet<UserId>,
    /// Who may not vote on it: whoever has a part in the proposal (its proposer, or the owner of the agent that made it),
    /// and whoever has voted and may not any more.
    pub excluded: BTreeSet<UserId>,
}

impl Electorate {
    /// The seats that may vote on this proposal.
    fn eligible_seats(&self) -> usize {
        self.seats.keys().filter(|holder| !self.excluded.contains(holder)).count()
    }

    fn counts(&self, ballot: &Ballot) -> bool {
        let entitled = match ballot.capacity {
            Capacity::Seat(holder) => self.seats.contains_key(&holder) && !self.excluded.contains(&holder),
            Capacity::Admin => self.admins.contains(&ballot.voter),
        };
        entitled && !self.excluded.contains(&ballot.voter)
    }
}

/// By what right a vote is cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capacity {
    /// For the seat of this person: the voter, or somebody for whom the voter stands in.
    Seat(UserId),
    /// As an admin without a seat.
    Admin,
}

/// A vote that was cast. A seat has one: of its holder and whoever stands in, the one who voted last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Who cast it.
    pub voter: UserId,
    /// By what right.
    pub capacity: Capacity,
    /// What they said.
    pub vote: Vote,
}

impl Ballot {
    /// A vote as it is kept: who cast it, for whose seat or, as an admin, for none, and what they said.
    pub fn new(voter: UserId, seat: Option<UserId>, vote: Vote) -> Self {
        Self { voter, capacity: seat.map_or(Capacity::Admin, Capacity::Seat), vote }
    }

    /// The seat that it is cast for.
    const fn seat(&self) -> Option<UserId> {
        match self.capacity {
            Capacity::Seat(holder) => Some(holder),
            Capacity::Admin => None,
        }
    }
}

/// Whether votes can still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// The deadline lies ahead.
    Running,
    /// The deadline has passed.
    Over,
}

/// What a review has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It could still go either way.
    Open,
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// The deadline passed without a decision.
    Expired,
    /// The deadline passed without a decision, and another council decides now.
    Escalated,
}

/// The votes that count, and the seats that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// Approvals.
    pub approve: usize,
    /// Rejections.
    pub reject: usize,
    /// Abstentions.
    pub abstain: usize,
    /// Seats that may vote on this proposal.
    pub seats: usize,
}

/// Of ballots in the order in which they were cast, those that stand: of each seat the last one. Ballots of people who may
/// not vote, or not any more, are as if they had not been cast.
pub fn standing(cast: impl IntoIterator<Item = Ballot>, electorate: &Electorate) -> Vec<Ballot> {
    let mut standing = BTreeMap::new();
    for ballot in cast.into_iter().filter(|ballot| !electorate.excluded.contains(&ballot.voter)) {
        standing.insert((ballot.capacity, ballot.seat().is_none().then_some(ballot.voter)), ballot);
    }
    standing.into_values().collect()
}

/// Counts the votes of those who may vote now; votes of people who lost their seat do not count.
pub fn tally(electorate: &Electorate, ballots: &[Ballot]) -> Tally {
    let mut tally = Tally { seats: electorate.eligible_seats(), ..Tally::default() };
    for ballot in ballots.iter().filter(|ballot| electorate.counts(ballot)) {
        match ballot.vote {
            Vote::Approve => tally.approve += 1,
            Vote::Reject => tally.reject += 1,
            Vote::Abstain => tally.abstain += 1,
        }
    }
    tally
}

/// Decides a review as soon as no vote still to come could change the outcome, at the latest at the deadline.
///
/// The order of the ballots never matters.
pub fn decide(policy: &Policy, electorate: &Electorate, ballots: &[Ballot], period: Period) -> Decision {
    let counted: Vec<_> = ballots.iter().filter(|ballot| electorate.counts(ballot)).collect();
    let chair = |ballot: &Ballot| ballot.seat().and_then(|holder| electorate.seats.get(&holder)) == Some(&Seat::Chair);
    let vetoed = counted.iter().any(|ballot| ballot.vote == Vote::Reject && chair(ballot));
    if policy.chair_veto && vetoed {
        return Decision::Rejected;
    }
    let Tally { approve, reject, abstain: _, seats } = tally(electorate, ballots);
    let seated: Vec<_> = counted.iter().filter(|ballot| ballot.seat().is_some()).collect();
    let withheld = seated.iter().filter(|ballot| ballot.vote != Vote::Approve).count();
    let remaining = seats - seated.len();

    let decided = match policy.decision_rule {
        DecisionRule::Approvals { required } => {
            let required = required as usize;
            if approve >= required {
                Decision::Approved
            // An admin could still approve what too few seats can; only where somebody withheld their
            // approval is a shortfall of seats the council's answer.
            } else if withheld > 0 && approve + remaining < required {
                Decision::Rejected
            } else {
                Decision::Open
            }
        }
        DecisionRule::Unanimous {} => {
            if reject > 0 || withheld > 0 {
                Decision::Rejected
            } else if seats > 0 && remaining == 0 {
                Decision::Approved
            } else {
                Decision::Open
            }
        }
        DecisionRule::Majority { quorum_percent, threshold_percent } => {
            let quorum = is_quorum(seated.len(), seats, quorum_percent);
            let passes = |yes: usize, no: usize| yes > no && yes * 100 >= threshold_percent as usize * (yes + no);
            if !quorum {
                Decision::Open
            } else if passes(approve, reject + remaining) {
                Decision::Approved
            } else if !passes(approve + remaining, reject) || period == Period::Over {
                if passes(approve, reject) { Decision::Approved } else { Decision::Rejected }
            } else {
                Decision::Open
            }
        }
    };
    match (decided, period, policy.on_expiry) {
        (Decision::Open, Period::Over, OnExpiry::Approve) => Decision::Approved,
        (Decision::Open, Period::Over, OnExpiry::Reject) => Decision::Expired,
        (Decision::Open, Period::Over, OnExpiry::Escalate) => Decision::Escalated,
        (decided, _, _) => decided,
    }
}

/// Decides a review by what it is asked. Silence neither ratifies nor hands over: a ratification waits until the council
/// itself has answered.
pub fn decide_review(
    kind: ReviewKind,
    policy: &Policy,
    electorate: &Electorate,
    ballots: &[Ballot],
    period: Period,
) -> Decision {
    if kind == ReviewKind::Approval {
        return decide(policy, electorate, ballots, period);
    }
    let silent = Policy { on_expiry: OnExpiry::Reject, ..policy.clone() };
    match decide(&silent, electorate, ballots, period) {
        Decision::Expired => Decision::Open,
        answered => answered,
    }
}

fn is_quorum(voted: usize, seats: usize, quorum_percent: u32) -> bool {
    seats > 0 && voted * 100 >= quorum_percent as usize * seats
}

/// Whether enough seats have voted for a majority to decide. The other rules count approvals, not voters: they have no
/// quorum.
pub fn has_quorum(policy: &Policy, electorate: &Electorate, ballots: &[Ballot]) -> bool {
    let DecisionRule::Majority { quorum_percent, .. } = policy.decision_rule else { return false };
    let voted = ballots.iter().filter(|ballot| ballot.seat().is_some() && electorate.counts(ballot)).count();
    is_quorum(voted, electorate.eligible_seats(), quorum_percent)
}

/// The deadline of a review from the vote on that makes its quorum at `at`: when that is so late that others could hardly
/// answer, votes are taken for as long as the policy says.
pub fn deadline_after_quorum(policy: &Policy, deadline: DateTime<Utc>, at: DateTime<Utc>) -> DateTime<Utc> {
    deadline.max(at + TimeDelta::seconds(policy.late_quorum_extension_seconds.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(rule: DecisionRule) -> Policy {
        let base = r#"{"decision_rule": {"kind": "unanimous"}}"#;
        Policy { decision_rule: rule, ..serde_json::from_str(base).expect("policy") }
    }

    struct Council {
        people: Vec<UserId>,
        electorate: Electorate,
    }

    /// A council whose first seat is the chair's, and one admin without a seat, who comes last.
    fn council(seats: usize) -> Council {
        let people: Vec<_> = (0..=seats).map(|_| UserId::new()).collect();
        let seat = |index| if index == 0 { Seat::Chair } else { Seat::Member };
        let electorate = Electorate {
            seats: people[..seats].iter().enumerate().map(|(index, &id)| (id, seat(index))).collect(),
            admins: people[seats..].iter().copied().collect(),
            excluded: BTreeSet::new(),
        };
        Council { people, electorate }
    }

    /// Reads votes off a word: `+` approves, `-` rejects, `0` abstains, `.` has not voted.
    fn ballots(council: &Council, votes: &str) -> Vec<Ballot> {
        let seats = council.electorate.seats.len();
        votes
            .chars()
            .enumerate()
            .filter_map(|(index, vote)| {
                let vote = match vote {
                    '+' => Vote::Approve,
                    '-' => Vote::Reject,
                    '0' => Vote::Abstain,
                    _ => return None,
                };
                let person = council.people[index];
                let capacity = if index < seats { Capacity::Seat(person) } else { Capacity::Admin };
                Some(Ballot { voter: person, capacity, vote })
            })
            .collect()
    }

    fn outcome(policy: &Policy, votes: &str, period: Period) -> Decision {
        let council = council(votes.len() - 1);
        decide(policy, &council.electorate, &ballots(&council, votes), period)
    }

    #[test]
    fn approvals_m_of_n() {
        let two = policy(DecisionRule::Approvals { required: 2 });
        for (votes, expected) in [
            ("....", Decision::Open),
            ("+...", Decision::Open),
            ("++..", Decision::Approved),
            ("+..+", Decision::Approved),
            ("+--.", Decision::Rejected),
            ("--..", Decision::Rejected),
            ("-0..", Decision::Rejected),
            ("-...", Decision::Open),
        ] {
            assert_eq!(outcome(&two, votes, Period::Running), expected, "{votes}");
        }
        assert_eq!(outcome(&two, "+...", Period::Over), Decision::Expired);
        let consenting = Policy { on_expiry: OnExpiry::Approve, ..two.clone() };
        assert_eq!(outcome(&consenting, "....", Period::Over), Decision::Approved);
        assert_eq!(outcome(&consenting, "--..", Period::Over), Decision::Rejected);
        let escalating = Policy { on_expiry: OnExpiry::Escalate, ..two };
        assert_eq!(outcome(&escalating, "+...", Period::Over), Decision::Escalated);
        assert_eq!(outcome(&escalating, "--..", Period::Over), Decision::Rejected);
    }

    #[test]
    fn majority_with_quorum_and_threshold() {
        let majority = policy(DecisionRule::Majority { quorum_percent: 50, threshold_percent: 50 });
        for (votes, running, over) in [
            (".....", Decision::Open, Decision::Expired),
            ("+....", Decision::Open, Decision::Expired),
            ("++...", Decision::Open, Decision::Approved),
            ("+++..", Decision::Approved, Decision::Approved),
            ("+-+-.", Decision::Rejected, Decision::Rejected),
            ("0000.", Decision::Rejected, Decision::Rejected),
            ("0+...", Decision::Open, Decision::Approved),
            // The admin alone makes no quorum, but counts once there is one.
            ("....+", Decision::Open, Decision::Expired),
            ("+-+-+", Decision::Approved, Decision::Approved),
        ] {
            assert_eq!(outcome(&majority, votes, Period::Running), running, "{votes} running");
            assert_eq!(outcome(&majority, votes, Period::Over), over, "{votes} over");
        }
    }

    #[test]
    fn unanimity_and_the_chairs_veto() {
        let unanimous = policy(DecisionRule::Unanimous {});
        for (votes, expected) in [
            ("++.", Decision::Approved),
            ("+..", Decision::Open),
            ("+0.", Decision::Rejected),
            ("++-", Decision::Rejected),
            ("..+", Decision::Open),
        ] {
            assert_eq!(outcome(&unanimous, votes, Period::Running), expected, "{votes}");
        }
        let veto = Policy { chair_veto: true, ..policy(DecisionRule::Approvals { required: 1 }) };
        assert_eq!(outcome(&veto, "-+..", Period::Running), Decision::Rejected);
        assert_eq!(outcome(&veto, "+-..", Period::Running), Decision::Approved);
    }

    #[test]
    fn who_has_a_part_in_the_proposal_has_no_vote_on_it() {
        let mut council = council(2);
        let votes = ballots(&council, "++.");
        council.electorate.excluded.insert(council.people[0]);
        let two = policy(DecisionRule::Approvals { required: 2 });
        assert_eq!(decide(&two, &council.electorate, &votes, Period::Running), Decision::Open);
        assert_eq!(tally(&council.electorate, &votes), Tally { approve: 1, reject: 0, abstain: 0, seats: 1 });
    }

    #[test]
    fn who_stands_in_for_a_seat_votes_for_it_and_for_no_proposal_of_its_holder() {
        let mut council = council(2);
        let (holder, stand_in) = (council.people[1], UserId::new());
        let two = policy(DecisionRule::Approvals { required: 2 });
        let mut votes = ballots(&council, "+..");
        votes.push(Ballot { voter: stand_in, capacity: Capacity::Seat(holder), vote: Vote::Approve });
        assert_eq!(decide(&two, &council.electorate, &votes, Period::Running), Decision::Approved);
        for excluded in [holder, stand_in] {
            council.electorate.excluded = BTreeSet::from([excluded]);
            assert_eq!(decide(&two, &council.electorate, &votes, Period::Running), Decision::Open);
        }
    }

    #[test]
    fn of_a_seat_the_last_vote_stands_but_for_those_of_who_may_not_vote() {
        let mut council = council(2);
        let (holder, stand_in) = (council.people[1], UserId::new());
        let cast =
            [Ballot::new(holder, Some(holder), Vote::Approve), Ballot::new(stand_in, Some(holder), Vote::Reject)];
        assert_eq!(standing(cast, &council.electorate), [cast[1]]);
        council.electorate.excluded = BTreeSet::from([stand_in]);
        assert_eq!(standing(cast, &council.electorate), [cast[0]]);
    }

    #[test]
    fn silence_ratifies_nothing() {
        let consenting = Policy { on_expiry: OnExpiry::Approve, ..policy(DecisionRule::Approvals { required: 2 }) };
        let council = council(3);
        for (votes, approval, ratification) in [
            ("....", Decision::Approved, Decision::Open),
            ("+...", Decision::Approved, Decision::Open),
            ("++..", Decision::Approved, Decision::Approved),
            ("--..", Decision::Rejected, Decision::Rejected),
        ] {
            let ballots = ballots(&council, votes);
            let asked = |kind| decide_review(kind, &consenting, &council.electorate, &ballots, Period::Over);
            assert_eq!(asked(ReviewKind::Approval), approval, "{votes}");
            assert_eq!(asked(ReviewKind::Ratification), ratification, "{votes}");
        }
    }

    #[test]
    fn a_majority_has_a_quorum_and_the_other_rules_do_not() {
        let half = policy(DecisionRule::Majority { quorum_percent: 50, threshold_percent: 50 });
        let council = council(4);
        for (votes, expected) in [("+....", false), ("+...+", false), ("+0...", true), ("+-+..", true)] {
            assert_eq!(has_quorum(&half, &council.electorate, &ballots(&council, votes)), expected, "{votes}");
        }
        let four = ballots(&council, "++++.");
        assert!(!has_quorum(&policy(DecisionRule::Unanimous {}), &council.electorate, &four));
    }

    fn any_rule() -> impl Strategy<Value = DecisionRule> {
        prop_oneof![
            (1_u32..5).prop_map(|required| DecisionRule::Approvals { required }),
            (1_u32..=100, 1_u32..=100).prop_map(|(quorum_percent, threshold_percent)| DecisionRule::Majority {
                quorum_percent,
                threshold_percent
            }),
            Just(DecisionRule::Unanimous {}),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_votes_never_matters(
            rule in any_rule(), chair_veto: bool, votes in "[-+0.]{2,7}", seed: u64, over: bool,
        ) {
            let policy = Policy { chair_veto, ..policy(rule) };
            let council = council(votes.len() - 1);
            let period = if over { Period::Over } else { Period::Running };
            let mut shuffled = ballots(&council, &votes);
            let first = decide(&policy, &council.electorate, &shuffled, period);
            let length = shuffled.len().max(1);
            shuffled.rotate_left(usize::try_from(seed % length as u64).expect("small"));
            shuffled.reverse();
            prop_assert_eq!(first, decide(&policy, &council.electorate, &shuffled, period));
        }

        #[test]
        fn an_approval_has_the_approvals_that_the_rule_asks_for(required in 1_u32..5, votes in "[-+0.]{2,7}", over: bool) {
            let policy = policy(DecisionRule::Approvals { required });
            let period = if over { Period::Over } else { Period::Running };
            let approvals = votes.chars().filter(|&vote| vote == '+').count();
            prop_assert_eq!(outcome(&policy, &votes, period) == Decision::Approved, approvals >= required as usize);
        }

        #[test]
        fn people_without_a_seat_never_count(rule in any_rule(), votes in "[-+0.]{2,6}", strangers in "[-+0]{1,4}") {
            let policy = policy(rule);
            let council = council(votes.len() - 1);
            let own = ballots(&council, &votes);
            let mut all = own.clone();
            all.extend(strangers.chars().map(|vote| {
                let voter = UserId::new();
                let capacity = if vote == '-' { Capacity::Admin } else { Capacity::Seat(voter) };
                Ballot { voter, capacity, vote: if vote == '+' { Vote::Approve } else { Vote::Reject } }
            }));
            prop_assert_eq!(
                decide(&policy, &council.electorate, &own, Period::Running),
                decide(&policy, &council.electorate, &all, Period::Running)
            );
        }

        /// Seats that vote after an early decision could not have changed it.
        #[test]
        fn a_decision_never_flips(rule in any_rule(), votes in "[-+0.]{2,7}", later in "[-+0]{7}") {
            let policy = policy(rule);
            let council = council(votes.len() - 1);
            let early = decide(&policy, &council.electorate, &ballots(&council, &votes), Period::Running);
            prop_assume!(early != Decision::Open);
            let seats = votes.len() - 1;
            let completed: String = votes.chars().zip(later.chars()).enumerate()
                .map(|(index, (now, then))| if now == '.' && index < seats { then } else { now }).collect();
            let last = decide(&policy, &council.electorate, &ballots(&council, &completed), Period::Over);
            prop_assert_eq!(early, last);
        }
    }
}
