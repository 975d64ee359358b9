//! Trying a policy on a council's past. Nothing is written.

use std::collections::BTreeSet;

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use common::ids::{CouncilId, UserId, WorkflowId, WorkflowTypeId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::council_health::Days;
use governance::decide::Electorate;
use governance::mandate::MANDATE_TYPE;
use governance::money::Money;
use governance::policy::Policy;
use governance::simulate::{Asking, Fate, PastProposal, ReviewHistory, Simulation, simulate};
use governance::workflow::{Basis, ReviewOutcome, WorkflowStatus};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::councils::{self, electorate, policies, read_policy};
use super::health::read;
use crate::clock;
use crate::error::Result;

/// The most proposals that a policy is tried on: the newest.
const MOST: usize = 5_000;

/// What a draft would have made of a council's past.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SimulationReport {
    /// Which council.
    pub council_id: CouncilId,
    /// How far back it looks: proposals that were made since then are in it.
    pub since: DateTime<Utc>,
    /// Whether all of them are: of very many, the newest 5,000.
    pub is_complete: bool,
    /// What came of it.
    #[serde(flatten)]
    pub simulation: Simulation,
}

/// Tries a draft on the proposals that a council's policy had a say in, and on the reviews that others handed to it, of
/// the last days. A draft that could not be saved is refused as it would be then.
pub async fn try_policy(
    connection: &mut AsyncPgConnection,
    id: &CouncilId,
    draft: &Policy,
    days: Days,
) -> Result<SimulationReport> {
    let council = councils::find(connection, id).await?;
    policies::check(draft, council.seats.len())?;
    policies::check_escalation(connection, id, draft).await?;
    let since = clock::now(connection).await? - days.span();
    let domains: Vec<_> = council.domains.iter().map(|domain| domain.as_str().to_owned()).collect();
    // One more than is used tells whether there are more.
    let mut rows = past(connection, id, &domains, since, MOST + 1).await?;
    let is_complete = rows.len() <= MOST;
    rows.truncate(MOST);
    let today = electorate(connection, id, BTreeSet::new()).await?;
    let past = rows.into_iter().map(|row| row.proposal(&today)).collect::<Result<Vec<_>>>()?;
    Ok(SimulationReport { council_id: id.clone(), since, is_complete, simulation: simulate(draft, &past) })
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: WorkflowId,
    #[diesel(sql_type = Text)]
    workflow_type: WorkflowTypeId,
    #[diesel(sql_type = Nullable<Numeric>)]
    weekly_savings: Option<BigDecimal>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    basis: Basis,
    /// What the council's policy said, as it was written down when the proposal was made.
    #[diesel(sql_type = Nullable<Text>)]
    because: Option<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    parties: Vec<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<ReviewOutcome>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    opened_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    electorate: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    policy: Option<Value>,
    #[diesel(sql_type = Jsonb)]
    votes: Value,
}

/// The proposals of a council's domains and those that it reviewed, newest first, with its review of each; of a workflow
/// that came back to its councils, the first round. Votes are read off the timeline, which has those that were changed, too.
async fn past(
    connection: &mut AsyncPgConnection,
    id: &CouncilId,
    domains: &[String],
    since: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Row>> {
    // The newest of either kind are looked for where an index begins with them, so that a council with few proposals does not pass
    // all those of the others. A type's domain never changes.
    const PAST: &str = "
        WITH candidates AS (
            (SELECT workflow_id AS id FROM workflow_reviews
             WHERE council_id = $1 AND round = 1 AND kind = 'approval' AND opened_at >= $3
             ORDER BY opened_at DESC LIMIT $4)
            UNION
            SELECT n.id FROM workflow_types t CROSS JOIN unnest($5) s (status) CROSS JOIN LATERAL (
                SELECT id FROM workflows
                WHERE workflow_type = t.id AND status = s.status ORDER BY id DESC LIMIT $4) n
            WHERE t.domain = ANY ($2)
        ), newest AS (
            SELECT id FROM candidates ORDER BY id DESC LIMIT $4
        )
        SELECT w.id, w.workflow_type, w.weekly_savings, w.created_at, w.basis,
               (SELECT finding ->> 'because'
                FROM workflow_timeline t, jsonb_array_elements(t.detail -> 'findings') finding
                WHERE t.workflow_id = w.id AND t.event = 'proposed' AND finding ->> 'council_id' = $1
                LIMIT 1) AS because,
               array_remove(ARRAY[w.proposer_user_id,
                                  (SELECT owner_id FROM agents a WHERE a.id = w.proposer_agent_id)], NULL) AS parties,
               r.outcome, r.opened_at, r.electorate, p.policy,
               coalesce((SELECT jsonb_agg(jsonb_build_object(
                             'voter', t.actor_id, 'vote', t.detail ->> 'vote', 'cast_at', t.at,
                             -- Before votes were cast for seats, each was for the voter's own.
                             'seat_of', CASE WHEN t.detail ? 'seat_of' THEN t.detail ->> 'seat_of'
                                             WHEN NOT (t.detail ->> 'as_admin')::boolean THEN t.actor_id::text END
                         ) ORDER BY t.id)
                         FROM workflow_timeline t
                         WHERE t.workflow_id = r.workflow_id AND t.event = 'voted' AND t.detail ->> 'council_id' = $1
                           -- Of the first round.
                           AND t.id < (SELECT min(id) FROM workflow_timeline d
                                       WHERE d.workflow_id = r.workflow_id AND d.detail ->> 'council_id' = $1
                                         AND d.event IN ('review_decided', 'escalated'))
                        ), '[]') AS votes
        FROM newest JOIN workflows w USING (id)
        LEFT JOIN workflow_reviews r
            ON r.workflow_id = w.id AND r.council_id = $1 AND r.round = 1 AND r.kind = 'approval'
        LEFT JOIN council_policies p ON p.council_id = r.council_id AND p.version = r.policy_version
        WHERE w.created_at >= $3 AND (r.workflow_id IS NOT NULL OR w.domain = ANY ($2))
        ORDER BY w.created_at DESC, w.id DESC LIMIT $4";
    Ok(diesel::sql_query(PAST)
        .bind::<Text, _>(id)
        .bind::<Array<Text>, _>(domains)
        .bind::<Timestamptz, _>(since)
        .bind::<BigInt, _>(i64::try_from(most).unwrap_or(i64::MAX))
        .bind::<Array<Text>, _>(WorkflowStatus::ALL)
        .load(connection)
        .await?)
}

impl Row {
    /// Reads it as a proposal of the past; who could vote in an old review is taken from today.
    fn proposal(self, today: &Electorate) -> Result<PastProposal> {
        let (actual, asking) = (self.actual(), self.asking());
        let review = match (self.outcome, self.opened_at, self.policy) {
            (Some(outcome), Some(opened_at), Some(policy)) if decided(outcome).is_some() => Some(ReviewHistory {
                opened_at,
                policy: read_policy(policy)?,
                outcome,
                electorate_is_assumed: self.electorate.is_none(),
                electorate: match self.electorate {
                    Some(stored) => read(stored)?,
                    None => Electorate { excluded: self.parties.into_iter().collect(), ..today.clone() },
                },
                votes: read(self.votes)?,
            }),
            _ => None,
        };
        Ok(PastProposal {
            workflow_id: self.id,
            workflow_type: self.workflow_type,
            weekly_savings: self.weekly_savings.map(Money::from),
            proposed_at: self.created_at,
            asking,
            actual,
            review,
        })
    }

    fn actual(&self) -> Fate {
        if let Some(fate) = self.outcome.and_then(decided) {
            return fate;
        }
        match (self.because.as_deref(), self.outcome) {
            (Some("type_blocked"), _) => Fate::Blocked,
            (Some("not_asked") | None, None) => Fate::NotReviewed,
            (Some(_), None) if self.basis == Basis::Mandate => Fate::Mandate,
            (Some(_), None) | (_, Some(_)) => Fate::Review,
        }
    }

    fn asking(&self) -> Asking {
        match (self.because.as_deref(), self.outcome) {
            (Some("nobody_responsible"), _) | (None | Some("not_asked"), Some(_)) => Asking::Always,
            _ if self.workflow_type.as_str() == MANDATE_TYPE => Asking::Mandate,
            _ => Asking::Policy,
        }
    }
}

/// The council's answer or silence, if a review ended with either.
fn decided(outcome: ReviewOutcome) -> Option<Fate> {
    match outcome {
        ReviewOutcome::Approved => Some(Fate::Approved),
        ReviewOutcome::Rejected => Some(Fate::Rejected),
        ReviewOutcome::Expired => Some(Fate::Expired),
        ReviewOutcome::Escalated => Some(Fate::Escalated),
        ReviewOutcome::Open | ReviewOutcome::Cancelled => None,
    }
}
