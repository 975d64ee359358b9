//! How a council is doing: how soon it decides, who takes part, and who approves without reading.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::decide::{Ballot, Electorate};
use crate::policy::DecisionRule;
use crate::workflow::{ReviewOutcome, Vote};

/// An approval within this time of the review's opening is a rubber stamp: a proposal can't be opened, its inputs read and
/// the button be found in less. It says nothing of slower ones, so that the rate is a lower bound.
pub const RUBBER_STAMP: TimeDelta = TimeDelta::seconds(10);
/// Who voted in none of so many reviews is absent.
const ABSENT_FROM: usize = 5;
/// Of fewer reviews, nobody is called absent.
const ABSENT_AT_LEAST: usize = 3;

/// How many days back to look: 1 to 366, 90 when not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schema(value_type = i64, minimum = 1, maximum = 366, default = 90)]
pub struct Days(u16);

impl Days {
    /// The time that they make.
    pub fn span(self) -> TimeDelta {
        TimeDelta::days(self.0.into())
    }
}

impl Default for Days {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<i64> for Days {
    type Error = &'static str;

    fn try_from(days: i64) -> Result<Self, Self::Error> {
        let within = u16::try_from(days).ok().filter(|days| (1..=366).contains(days));
        within.map(Self).ok_or("days must be 1 to 366")
    }
}

impl From<Days> for i64 {
    fn from(days: Days) -> Self {
        days.0.into()
    }
}

/// A vote that was cast, as it stands; of one that was changed, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastVote {
    /// Who cast it.
    pub voter: UserId,
    /// For whose seat; none as an admin.
    pub seat_of: Option<UserId>,
    /// What they said.
    pub vote: Vote,
    /// When.
    pub cast_at: DateTime<Utc>,
}

impl PastVote {
    /// As it is counted.
    pub fn ballot(&self) -> Ballot {
        Ballot::new(self.voter, self.seat_of, self.vote)
    }
}

/// A review that was opened.
#[derive(Clone, Debug)]
pub struct PastReview {
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub decided_at: Option<DateTime<Utc>>,
    /// How it ended, if it did.
    pub outcome: ReviewOutcome,
    /// When there was a quorum, if that was noted.
    pub quorum_at: Option<DateTime<Utc>>,
    /// By which rule it is decided.
    pub rule: DecisionRule,
    /// Who could vote when it was decided; not known of one that is open, or was ended by others.
    pub electorate: Option<Electorate>,
    /// The votes, in the order in which they were cast.
    pub votes: Vec<PastVote>,
}

/// The middle and the long end of some times, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Spread {
    /// Half of them are at most this long.
    pub median: i64,
    /// Nine in ten are at most this long.
    pub p90: i64,
}

/// How reviews ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewCounts {
    /// All that were opened.
    pub opened: usize,
    /// Approved or rejected by the council.
    pub decided: usize,
    /// Not decided in time.
    pub expired: usize,
    /// Not decided in time, and handed to another council.
    pub escalated: usize,
    /// Ended by others: the proposer, an admin, or another council's rejection.
    pub cancelled: usize,
    /// Still open.
    pub open: usize,
}

/// How one operator takes part.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OperatorHealth {
    /// Who.
    pub user_id: UserId,
    /// Whether they hold a seat now.
    pub seated: bool,
    /// In how many decided reviews they could vote. One in which somebody stood in for them is not counted.
    pub could_vote: usize,
    /// In how many of these they did.
    pub voted: usize,
    /// The share.
    pub share: Option<f64>,
    /// From the opening of a review to their vote, in seconds: half of their votes came within this.
    pub median_seconds_to_vote: Option<i64>,
    /// When they last voted.
    pub last_voted_at: Option<DateTime<Utc>>,
    /// Whether they hold a seat and voted in none of the last five reviews in which they could, of which there were at
    /// least three.
    pub absent: bool,
    /// The share of their approvals that came within ten seconds of the review's opening.
    pub rubber_stamp_ratio: Option<f64>,
}

/// How a council is doing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CouncilHealth {
    /// How reviews ended.
    pub reviews: ReviewCounts,
    /// From the opening to the vote with which there were enough votes to decide.
    pub seconds_to_quorum: Option<Spread>,
    /// From the opening to the decision, by vote or by time.
    pub seconds_to_decision: Option<Spread>,
    /// The votes of seats as a share of the seats that could vote, in all decided reviews together.
    pub participation: Option<f64>,
    /// The share of approvals that came within ten seconds of the review's opening.
    pub rubber_stamp_ratio: Option<f64>,
}

/// Says how a council is doing by these reviews of it.
pub fn council_health(reviews: &[PastReview]) -> CouncilHealth {
    let known: Vec<_> = known(reviews).collect();
    let seats: usize = known.iter().map(|(_, electorate)| eligible(electorate).count()).sum();
    let seat_votes: usize = known
        .iter()
        .map(|(review, electorate)| {
            eligible(electorate).filter(|&seat| vote_for(review, electorate, seat).is_some()).count()
        })
        .sum();
    CouncilHealth {
        reviews: counts(reviews),
        seconds_to_quorum: spread(known.iter().filter_map(|(review, electorate)| {
            Some((quorum_at(review, electorate)? - review.opened_at).num_seconds())
        })),
        seconds_to_decision: spread(
            known.iter().filter_map(|(review, _)| Some((review.decided_at? - review.opened_at).num_seconds())),
        ),
        participation: share(seat_votes, seats),
        rubber_stamp_ratio: rubber_stamps(reviews.iter().flat_map(with_votes)),
    }
}

/// Says how each operator takes part by these reviews of their council: whoever is seated now, or could vote then.
pub fn operators_health(reviews: &[PastReview], seated: &BTreeSet<UserId>) -> Vec<OperatorHealth> {
    let mut newest_first: Vec<_> = reviews.iter().collect();
    newest_first.sort_by_key(|review| std::cmp::Reverse(review.opened_at));
    let known: Vec<_> = known(newest_first.iter().copied()).collect();
    let could_vote = known.iter().flat_map(|(_, electorate)| eligible(electorate));
    let people: BTreeSet<UserId> = could_vote.chain(seated.iter().copied()).collect();
    let of = |person| operator_health(person, seated.contains(&person), &newest_first, &known);
    people.into_iter().map(of).collect()
}

/// The reviews of which it is known who could vote.
fn known<'a>(
    reviews: impl IntoIterator<Item = &'a PastReview>,
) -> impl Iterator<Item = (&'a PastReview, &'a Electorate)> {
    reviews.into_iter().filter_map(|review| Some((review, review.electorate.as_ref()?)))
}

fn operator_health(
    person: UserId,
    seated: bool,
    newest_first: &[&PastReview],
    known: &[(&PastReview, &Electorate)],
) -> OperatorHealth {
    let own = |vote: &PastVote| vote.voter == person && vote.seat_of == Some(person);
    // Newest first: whether they voted in each review in which they could.
    let took_part: Vec<bool> = known
        .iter()
        .filter(|(_, electorate)| eligible(electorate).any(|seat| seat == person))
        .filter_map(|(review, electorate)| match vote_for(review, electorate, person) {
            Some(vote) if own(vote) => Some(true),
            // Somebody stood in for them.
            Some(_) => None,
            None => Some(false),
        })
        .collect();
    let voted = took_part.iter().filter(|voted| **voted).count();
    let lately = &took_part[..took_part.len().min(ABSENT_FROM)];
    let cast: Vec<(&PastReview, &PastVote)> =
        newest_first.iter().copied().flat_map(with_votes).filter(|(_, vote)| vote.voter == person).collect();
    let times = cast.iter().map(|(review, vote)| (vote.cast_at - review.opened_at).num_seconds());
    OperatorHealth {
        user_id: person,
        seated,
        could_vote: took_part.len(),
        voted,
        share: share(voted, took_part.len()),
        median_seconds_to_vote: spread(times).map(|times| times.median),
        last_voted_at: cast.iter().map(|(_, vote)| vote.cast_at).max(),
        absent: seated && lately.len() >= ABSENT_AT_LEAST && !lately.contains(&true),
        rubber_stamp_ratio: rubber_stamps(cast.iter().copied()),
    }
}

/// The seats that could vote, by holder.
fn eligible(electorate: &Electorate) -> impl Iterator<Item = UserId> {
    electorate.seats.keys().filter(|holder| !electorate.excluded.contains(holder)).copied()
}

/// The vote that stands for a seat: the last one that somebody cast for it who could.
fn vote_for<'a>(review: &'a PastReview, electorate: &Electorate, seat: UserId) -> Option<&'a PastVote> {
    let of_seat = |vote: &&PastVote| vote.seat_of == Some(seat) && !electorate.excluded.contains(&vote.voter);
    review.votes.iter().rev().find(of_seat)
}

fn with_votes(review: &PastReview) -> impl Iterator<Item = (&PastReview, &PastVote)> {
    review.votes.iter().map(move |vote| (review, vote))
}

fn rubber_stamps<'a>(votes: impl Iterator<Item = (&'a PastReview, &'a PastVote)>) -> Option<f64> {
    let (mut approvals, mut stamps) = (0, 0);
    for (review, vote) in votes.filter(|(_, vote)| vote.vote == Vote::Approve) {
        approvals += 1;
        stamps += usize::from(vote.cast_at - review.opened_at <= RUBBER_STAMP);
    }
    share(stamps, approvals)
}

/// When enough had voted for a decision: what was noted, or the vote with which the rule's count was reached.
fn quorum_at(review: &PastReview, electorate: &Electorate) -> Option<DateTime<Utc>> {
    if review.quorum_at.is_some() {
        return review.quorum_at;
    }
    let seats = eligible(electorate).count();
    let (needed, approvals_only) = match review.rule {
        DecisionRule::Approvals { required } => (required as usize, true),
        DecisionRule::Unanimous {} => (seats, false),
        DecisionRule::Majority { quorum_percent, .. } => ((quorum_percent as usize * seats).div_ceil(100), false),
    };
    let mut seen: BTreeMap<(Option<UserId>, Option<UserId>), DateTime<Utc>> = BTreeMap::new();
    for vote in &review.votes {
        let is_admin = vote.seat_of.is_none();
        let counts = !electorate.excluded.contains(&vote.voter)
            && match vote.seat_of {
                Some(seat) => electorate.seats.contains_key(&seat) && !electorate.excluded.contains(&seat),
                None => approvals_only && electorate.admins.contains(&vote.voter),
            };
        if counts && (!approvals_only || vote.vote == Vote::Approve) {
            // Of a seat, one vote.
            seen.insert((vote.seat_of, is_admin.then_some(vote.voter)), vote.cast_at);
        }
        if needed > 0 && seen.len() >= needed {
            return Some(vote.cast_at);
        }
    }
    None
}

fn counts(reviews: &[PastReview]) -> ReviewCounts {
    let mut counts = ReviewCounts { opened: reviews.len(), ..ReviewCounts::default() };
    for review in reviews {
        *match review.outcome {
            ReviewOutcome::Open => &mut counts.open,
            ReviewOutcome::Approved | ReviewOutcome::Rejected => &mut counts.decided,
            ReviewOutcome::Expired => &mut counts.expired,
            ReviewOutcome::Escalated => &mut counts.escalated,
            ReviewOutcome::Cancelled => &mut counts.cancelled,
        } += 1;
    }
    counts
}

/// The nearest ranks: a time that there was, not one between two.
fn spread(times: impl Iterator<Item = i64>) -> Option<Spread> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    let rank = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Spread { median: rank(50)?, p90: rank(90)? })
}

#[expect(clippy::cast_precision_loss, reason = "a share of some thousands")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use common::claims::Seat;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    /// Reviews of a council of some seats, each an hour after the one before it; of each seat's vote, after how many
    /// seconds it came.
    struct Council(Vec<UserId>);

    impl Council {
        fn of(seats: usize) -> Self {
            Self((0..seats).map(|_| UserId::new()).collect())
        }

        fn seated(&self) -> BTreeSet<UserId> {
            self.0.iter().copied().collect()
        }

        fn review(&self, number: i64, outcome: ReviewOutcome, votes: &[(usize, Vote, i64)]) -> PastReview {
            let opened_at = at(number * 3600);
            let mut votes: Vec<_> = votes
                .iter()
                .map(|&(seat, vote, after)| PastVote {
                    voter: self.0[seat],
                    seat_of: Some(self.0[seat]),
                    vote,
                    cast_at: opened_at + TimeDelta::seconds(after),
                })
                .collect();
            votes.sort_by_key(|vote| vote.cast_at);
            let seats = self.0.iter().map(|&id| (id, Seat::Member)).collect();
            PastReview {
                opened_at,
                decided_at: (outcome != ReviewOutcome::Open).then_some(opened_at + TimeDelta::seconds(600)),
                outcome,
                quorum_at: None,
                rule: DecisionRule::Approvals { required: 2 },
                electorate: (outcome != ReviewOutcome::Open).then(|| Electorate { seats, ..Electorate::default() }),
                votes,
            }
        }
    }

    const YES: Vote = Vote::Approve;
    const NO: Vote = Vote::Reject;

    #[test]
    fn a_council_with_one_who_reads_one_who_stamps_and_one_who_is_away() {
        let council = Council::of(3);
        let reviews: Vec<_> = (0..4)
            .map(|number| council.review(number, ReviewOutcome::Approved, &[(0, YES, 300 + number), (1, YES, 4)]))
            .chain([council.review(4, ReviewOutcome::Expired, &[(1, YES, 11)])])
            .chain([council.review(5, ReviewOutcome::Open, &[(1, YES, 10)])])
            .collect();
        let (health, operators) = (council_health(&reviews), operators_health(&reviews, &council.seated()));
        assert_eq!(health.reviews, ReviewCounts { opened: 6, decided: 4, expired: 1, open: 1, ..Default::default() });
        assert_eq!(health.seconds_to_quorum, Some(Spread { median: 301, p90: 303 }));
        assert_eq!(health.seconds_to_decision, Some(Spread { median: 600, p90: 600 }));
        assert_eq!(health.participation, Some(9.0 / 15.0));
        assert_eq!(health.rubber_stamp_ratio, Some(0.5));
        let of = |index: usize| operators.iter().find(|one| one.user_id == council.0[index]).expect("is told of");
        let (reader, stamper, away) = (of(0), of(1), of(2));
        assert_eq!((reader.could_vote, reader.voted, reader.rubber_stamp_ratio), (5, 4, Some(0.0)));
        assert_eq!((stamper.voted, stamper.rubber_stamp_ratio), (5, Some(5.0 / 6.0)));
        assert_eq!((stamper.median_seconds_to_vote, stamper.last_voted_at), (Some(4), Some(at(5 * 3600 + 10))));
        assert_eq!((away.could_vote, away.voted, away.share, away.absent), (5, 0, Some(0.0), true));
        assert_eq!((away.median_seconds_to_vote, away.rubber_stamp_ratio), (None, None));
        assert!(!reader.absent && !stamper.absent);
    }

    #[test]
    fn nobody_is_absent_by_two_reviews_without_a_seat_or_while_somebody_stands_in() {
        let council = Council::of(2);
        let missed = |number| council.review(number, ReviewOutcome::Approved, &[(0, YES, 60)]);
        let absent = |reviews: &[PastReview], seated: &BTreeSet<UserId>| {
            operators_health(reviews, seated).iter().any(|one| one.user_id == council.0[1] && one.absent)
        };
        assert!(!absent(&[missed(0), missed(1)], &council.seated()));
        let three = [missed(0), missed(1), missed(2)];
        assert!(absent(&three, &council.seated()));
        assert!(!absent(&three, &BTreeSet::from([council.0[0]])));
        // An old vote does not help, a late one does.
        let voted = |number| council.review(number, ReviewOutcome::Approved, &[(1, NO, 60)]);
        let mut six = vec![voted(0)];
        six.extend((1..6).map(missed));
        assert!(absent(&six, &council.seated()));
        six.push(voted(6));
        assert!(!absent(&six, &council.seated()));

        let stood_in = |number| {
            let mut review = missed(number);
            let cast_at = review.opened_at + TimeDelta::seconds(70);
            let stand_in = PastVote { voter: UserId::new(), seat_of: Some(council.0[1]), vote: YES, cast_at };
            review.votes.push(stand_in);
            review
        };
        let reviews = [stood_in(0), stood_in(1), stood_in(2)];
        assert_eq!(council_health(&reviews).participation, Some(1.0));
        let operators = operators_health(&reviews, &council.seated());
        let holder = operators.iter().find(|one| one.user_id == council.0[1]).expect("is told of");
        assert_eq!((holder.could_vote, holder.absent), (0, false));
    }

    #[test]
    fn each_rule_has_its_quorum() {
        let council = Council::of(4);
        let votes = [(0, YES, 60), (1, NO, 120), (2, Vote::Abstain, 180), (3, YES, 240)];
        let quorum = |rule, noted: Option<i64>| {
            let mut review = council.review(0, ReviewOutcome::Rejected, &votes);
            (review.rule, review.quorum_at) = (rule, noted.map(at));
            council_health(&[review]).seconds_to_quorum.map(|spread| spread.median)
        };
        let half = DecisionRule::Majority { quorum_percent: 50, threshold_percent: 50 };
        assert_eq!(quorum(DecisionRule::Approvals { required: 2 }, None), Some(240));
        assert_eq!(quorum(DecisionRule::Approvals { required: 3 }, None), None);
        assert_eq!(quorum(DecisionRule::Unanimous {}, None), Some(240));
        assert_eq!(quorum(half.clone(), None), Some(120));
        assert_eq!(quorum(half, Some(90)), Some(90));
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        let council = Council::of(1);
        let health = council_health(&[]);
        assert_eq!((health.seconds_to_quorum, health.participation, health.rubber_stamp_ratio), (None, None, None));
        assert_eq!(operators_health(&[], &council.seated()).len(), 1);
    }

    proptest! {
        #[test]
        fn shares_are_shares_and_counts_add_up(
            histories in proptest::collection::vec(
                (0..6_usize, proptest::collection::vec((0..4_usize, 0..3_usize, 0..600_i64), 0..6)), 0..20),
        ) {
            let council = Council::of(4);
            let reviews: Vec<_> = (0..).zip(&histories).map(|(number, (outcome, votes))| {
                let votes: Vec<_> = votes.iter().map(|&(seat, vote, after)| (seat, Vote::ALL[vote], after)).collect();
                council.review(number, ReviewOutcome::ALL[*outcome], &votes)
            }).collect();
            let (health, operators) = (council_health(&reviews), operators_health(&reviews, &council.seated()));
            let counts = health.reviews;
            let ended = counts.decided + counts.expired + counts.escalated + counts.cancelled;
            prop_assert_eq!(counts.opened, ended + counts.open);
            let shares = operators.iter().flat_map(|one| [one.share, one.rubber_stamp_ratio]);
            for share in shares.chain([health.participation, health.rubber_stamp_ratio]).flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            for one in &operators {
                prop_assert!(one.voted <= one.could_vote && one.could_vote <= reviews.len());
                prop_assert!(!one.absent || one.could_vote - one.voted >= ABSENT_AT_LEAST);
            }
            for spread in [health.seconds_to_quorum, health.seconds_to_decision].into_iter().flatten() {
                prop_assert!(spread.median <= spread.p90);
            }
        }
    }
}
