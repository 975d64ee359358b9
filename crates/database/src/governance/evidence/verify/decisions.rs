//! What follows by rule from policies and votes, worked out again.

use std::collections::{BTreeMap, BTreeSet};

use common::ids::{CouncilId, UserId};
use governance::decide::{Ballot, Decision, Period, Tally, decide_review, standing, tally};
use governance::digest::Digest;
use governance::policy::Policy;
use governance::route::{Finding, Responsible, Route, Verdict, findings, route};
use governance::workflow::{Basis, ReviewOutcome};
use serde::Deserialize;

use super::story::{Count, Review, ReviewKey, Story};
use super::{Act, Checked, Fault, ensure, fault, is_time_of, is_time_of_any};
use crate::governance::evidence::{Evidence, ReviewEvidence};

/// A review whose votes were counted again.
pub(super) struct Counted {
    pub council: CouncilId,
    pub round: i32,
    pub outcome: ReviewOutcome,
    pub tally: Tally,
    pub policy_version: i32,
}

/// The policies are those that the record names, word for word.
pub(super) fn policies(evidence: &Evidence, story: &Story) -> Checked {
    let mut shown = BTreeSet::new();
    for (index, text) in evidence.policies.iter().enumerate() {
        let (place, key) = (format!("/policies/{index}"), (text.council_id.clone(), text.version));
        let Some(digest) = story.policies.get(&key) else { return fault(place, "is not named by the record") };
        let same = Digest::of_json(&text.policy) == *digest;
        ensure(same, format!("{place}/policy"), "is not the policy that the record has the digest of")?;
        ensure(shown.insert(key), place, "is there twice")?;
    }
    match story.policies.keys().find(|key| !shown.contains(*key)) {
        Some((council, version)) => fault("/policies", format!("lacks version {version} of the policy of {council}")),
        None => Ok(()),
    }
}

fn policy(evidence: &Evidence, council: &CouncilId, version: i32) -> Checked<Policy> {
    let mut all = evidence.policies.iter().enumerate();
    let Some((index, text)) = all.find(|(_, text)| text.council_id == *council && text.version == version) else {
        return fault("/policies", format!("lacks version {version} of the policy of {council}"));
    };
    Policy::deserialize(&text.policy)
        .map_err(|error| Fault { at: format!("/policies/{index}/policy"), what: format!("is not a policy: {error}") })
}

/// Whenever policies were asked, they said what the record says that they did, and the workflow took that way.
pub(super) fn routes(evidence: &Evidence, story: &Story) -> Checked {
    for act in &story.asked {
        let recorded: Vec<Finding> = act.get("findings")?;
        for finding in &recorded {
            asked(evidence, act, finding)?;
        }
        let (basis, reviewed_by): (Basis, Vec<CouncilId>) = (act.get("basis")?, act.get("reviewed_by")?);
        let goes = match route(&recorded) {
            Route::Blocked(_) => basis == Basis::Blocked,
            Route::StraightThrough => basis == Basis::Policy,
            Route::Review(reviewers) => {
                let all = reviewers.iter().map(|one| &one.council_id).collect::<BTreeSet<_>>();
                basis == Basis::Mandate || basis == Basis::Review && all == reviewed_by.iter().collect()
            }
        };
        act.ensure(
            goes && (basis == Basis::Review) != reviewed_by.is_empty(),
            "goes another way than its findings say",
        )?;
    }
    Ok(())
}

/// A council's policy says what was found.
fn asked(evidence: &Evidence, act: &Act, finding: &Finding) -> Checked {
    let policy = policy(evidence, &finding.council_id, finding.policy_version)?;
    let (council, policy_version) = (finding.council_id.clone(), finding.policy_version);
    let responsible = [Responsible { council, policy_version, policy }];
    let found = findings(&responsible, &evidence.proposal.workflow_type, evidence.workflow.weekly_savings.as_ref());
    let said = found.iter().any(|again| match finding.verdict {
        // Nobody's policy was asked.
        Verdict::NobodyResponsible => true,
        Verdict::IsMandate => evidence.proposal.workflow_type.as_str() == governance::mandate::MANDATE_TYPE,
        _ => again == finding,
    });
    act.ensure(said, format!("is not what the policy of {} says to it", finding.council_id))
}

/// The votes are those of the record: each person's last one in each review.
pub(super) fn votes(evidence: &Evidence, story: &Story) -> Checked {
    let recorded: BTreeMap<&(ReviewKey, UserId), &Act> = story.votes.iter().map(|(key, act)| (key, *act)).collect();
    let mut shown = BTreeSet::new();
    for (index, vote) in evidence.votes.iter().enumerate() {
        let (place, key) = (format!("/votes/{index}"), ((vote.round, vote.council_id.clone()), vote.voter.id));
        let Some(act) = recorded.get(&key) else { return fault(place, "is not on the record") };
        act.says("vote", vote.vote, format!("{place}/vote"))?;
        act.says("seat_of", vote.seat_of, format!("{place}/seat_of"))?;
        act.says("digest", vote.digest, format!("{place}/digest"))?;
        let comment = vote.comment.as_ref().map(|comment| Digest::of(comment.as_bytes()));
        act.says("comment_digest", comment, format!("{place}/comment"))?;
        let what = format!("is not the address that {} has", act.place);
        ensure(vote.address == act.address, format!("{place}/address"), what)?;
        is_time_of(vote.cast_at, act, format!("{place}/cast_at"))?;
        ensure(shown.insert(key), place, "is there twice")?;
    }
    match story.votes.iter().find(|(key, _)| !shown.contains(key)) {
        Some((_, act)) => fault("/votes", format!("lacks the vote that {} has", act.place)),
        None => Ok(()),
    }
}

/// The reviews are those of the record, and their votes, counted again, come to what was decided.
pub(super) fn reviews(evidence: &Evidence, story: &Story) -> Checked<Vec<Counted>> {
    let (mut shown, mut counted) = (BTreeSet::new(), Vec::new());
    for (index, review) in evidence.reviews.iter().enumerate() {
        let (place, key) = (format!("/reviews/{index}"), (review.round, review.council_id.clone()));
        let Some(recorded) = story.reviews.get(&key) else { return fault(place, "is not on the record") };
        let by_record = "is not what the record says";
        ensure(review.kind == recorded.kind, format!("{place}/kind"), by_record)?;
        ensure(review.policy_version == recorded.policy_version, format!("{place}/policy_version"), by_record)?;
        ensure(review.outcome == recorded.outcome, format!("{place}/outcome"), by_record)?;
        is_time_of_any(review.decided_at, recorded.ended, format!("{place}/decided_at"))?;
        match &recorded.count {
            Some(count) => counted.push(recount(evidence, story, (&place, review), recorded, count)?),
            None => ensure(review.electorate.is_none(), format!("{place}/electorate"), "is there, but nobody counted")?,
        }
        ensure(shown.insert(key), place, "is there twice")?;
    }
    match story.reviews.keys().find(|key| !shown.contains(*key)) {
        Some((round, council)) => fault("/reviews", format!("lacks the review by {council} in round {round}")),
        None => Ok(counted),
    }
}

fn recount(
    evidence: &Evidence,
    story: &Story,
    (place, review): (&str, &ReviewEvidence),
    recorded: &Review,
    count: &Count,
) -> Checked<Counted> {
    let Some(electorate) = &review.electorate else {
        return fault(format!("{place}/electorate"), "is missing, but votes were counted");
    };
    let same = Digest::of_json(&serde_json::json!(electorate)) == count.electorate;
    ensure(same, format!("{place}/electorate"), "is not the one that the record has the digest of")?;
    let policy = policy(evidence, &review.council_id, review.policy_version)?;
    let here = |((round, council), _): &(ReviewKey, UserId)| (*round, council) == (review.round, &review.council_id);
    let mut cast = Vec::new();
    for ((_, voter), act) in story.votes.iter().filter(|(key, _)| here(key)) {
        cast.push(Ballot::new(*voter, act.get("seat_of")?, act.get("vote")?));
    }
    let ballots = standing(cast, electorate);
    let tally = tally(electorate, &ballots);
    ensure(tally == count.tally, place, format!("counts otherwise than the record: {}", in_words(&tally)))?;
    let period = if count.at_deadline { Period::Over } else { Period::Running };
    let decision = decide_review(recorded.kind, &policy, electorate, &ballots, period);
    let follows = match decision {
        Decision::Open => false,
        Decision::Approved => recorded.outcome == ReviewOutcome::Approved,
        Decision::Rejected => recorded.outcome == ReviewOutcome::Rejected,
        Decision::Expired => recorded.outcome == ReviewOutcome::Expired,
        // Where there was no other council to go to, it expired.
        Decision::Escalated => matches!(recorded.outcome, ReviewOutcome::Escalated | ReviewOutcome::Expired),
    };
    let what = format!("does not follow from the policy, the electorate and the votes: they come to {decision:?}");
    ensure(follows, format!("{place}/outcome"), what)?;
    Ok(Counted {
        council: review.council_id.clone(),
        round: review.round,
        outcome: review.outcome,
        tally,
        policy_version: review.policy_version,
    })
}

/// A tally as a sentence has it.
pub(super) fn in_words(tally: &Tally) -> String {
    let Tally { approve, reject, abstain, seats } = tally;
    format!("{approve} for it, {reject} against it, {abstain} abstained, of {seats} seat(s)")
}
