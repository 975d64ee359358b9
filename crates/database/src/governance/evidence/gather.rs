//! Gathering the document, all of it from one view of the database.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use common::actor::ActorKind;
use common::ids::{AgentId, CouncilId, Domain, UserId, WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::decide::Electorate;
use governance::digest::Digest;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, Vote, WorkflowStatus};
use ipnet::IpNet;
use serde_json::Value;

use super::document::{
    BrokenGlass, Evidence, Format, MandateEvidence, PolicyText, Proposal, ReviewEvidence, Signatory, StepEvidence,
    Subject, VoteEvidence, Voter,
};
use crate::audit::{self, Checkpoint, ProvenLink};
use crate::error::Result;
use crate::governance::decision::stored_policy;
use crate::governance::mandates::Mandate;
use crate::governance::workflow_types;
use crate::schema::{
    agents, break_glass, mandates, users, votes, workflow_reviews as reviews, workflow_steps as steps, workflows,
};

/// Gathers the evidence of a workflow.
pub async fn gather(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Evidence> {
    connection
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run(async |connection| {
            let row: Option<Row> =
                workflows::table.find(id).select(Row::as_select()).first(connection).await.optional()?;
            let row = row.ok_or_else(|| Problem::not_found("workflow"))?;
            let definition = workflow_types::find(connection, &row.workflow_type, Some(row.type_version)).await?;
            let proposal = Proposal {
                workflow_type: definition.id,
                version: definition.version,
                input_schema: definition.input_schema,
                steps: definition.steps,
                inputs: row.inputs.clone(),
            };
            let mut checkpoints = BTreeMap::new();
            let audit = rows(connection, "workflow", id, &mut checkpoints).await?;
            let reviews = reviews_of(connection, id).await?;
            let mandate = match granted_by(&audit) {
                Some(mandate) => Some(mandate_of(connection, mandate, &mut checkpoints).await?),
                None => None,
            };
            Ok(Evidence {
                format: Format::First,
                generated_at: Utc::now(),
                proposal,
                policies: policies_of(connection, &audit, &reviews).await?,
                reviews,
                votes: votes_of(connection, id).await?,
                mandate,
                break_glass: glass_of(connection, id).await?,
                steps: steps_of(connection, id).await?,
                workflow: subject(connection, row).await?,
                audit,
                checkpoints: checkpoints.into_values().collect(),
            })
        })
        .await
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
struct Row {
    id: WorkflowId,
    workflow_type: WorkflowTypeId,
    type_version: i32,
    inputs: Value,
    digest: Digest,
    domain: Domain,
    status: WorkflowStatus,
    basis: Basis,
    round: i32,
    proposer_user_id: Option<UserId>,
    proposer_agent_id: Option<AgentId>,
    reason: Option<String>,
    weekly_savings: Option<BigDecimal>,
    supersedes: Option<WorkflowId>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    fence: i64,
    error: Option<String>,
}

async fn subject(connection: &mut AsyncPgConnection, row: Row) -> Result<Subject> {
    let proposed_by = match (row.proposer_agent_id, row.proposer_user_id) {
        (Some(agent), _) => {
            let name = agents::table.find(agent).select(agents::name).first(connection).await?;
            Signatory { kind: ActorKind::Agent, id: agent.0, name }
        }
        (None, Some(user)) => {
            let name = users::table.find(user).select(users::name).first(connection).await?;
            Signatory { kind: ActorKind::User, id: user.0, name }
        }
        (None, None) => return Err(Problem::internal("a proposal without a proposer").into()),
    };
    Ok(Subject {
        id: row.id,
        digest: row.digest,
        domain: row.domain,
        status: row.status,
        basis: row.basis,
        round: row.round,
        proposed_by,
        reason: row.reason,
        weekly_savings: row.weekly_savings.map(Into::into),
        supersedes: row.supersedes,
        created_at: row.created_at,
        finished_at: row.finished_at,
        fence: row.fence,
        error: row.error,
    })
}

/// A thing's rows of the record, with their proofs.
async fn rows(
    connection: &mut AsyncPgConnection,
    kind: &str,
    id: WorkflowId,
    checkpoints: &mut BTreeMap<i64, Checkpoint>,
) -> Result<Vec<ProvenLink>> {
    let links = audit::links_of(connection, kind, &id.to_string()).await?;
    audit::prove(connection, links, checkpoints).await
}

async fn reviews_of(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Vec<ReviewEvidence>> {
    type Asked = (Option<String>, Option<String>);
    type Found = (CouncilId, i32, ReviewKind, i32, ReviewOutcome, Option<DateTime<Utc>>, Option<Value>, Asked);
    let found: Vec<Found> = reviews::table
        .filter(reviews::workflow_id.eq(id))
        .order((reviews::round, reviews::council_id))
        .select((
            reviews::council_id,
            reviews::round,
            reviews::kind,
            reviews::policy_version,
            reviews::outcome,
            reviews::decided_at,
            reviews::electorate,
            (reviews::step, reviews::question),
        ))
        .load(connection)
        .await?;
    found
        .into_iter()
        .map(|(council_id, round, kind, policy_version, outcome, decided_at, electorate, (step, question))| {
            let electorate: Option<Electorate> =
                electorate.map(serde_json::from_value).transpose().map_err(Problem::internal)?;
            Ok(ReviewEvidence {
                council_id,
                round,
                kind,
                policy_version,
                outcome,
                decided_at,
                electorate,
                step,
                question,
            })
        })
        .collect()
}

async fn votes_of(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Vec<VoteEvidence>> {
    type Stored = (CouncilId, i32, Option<UserId>, Vote, Option<String>, Digest, Option<IpNet>, DateTime<Utc>);
    let found: Vec<((UserId, String), Stored)> = votes::table
        .inner_join(users::table)
        .filter(votes::workflow_id.eq(id))
        .order((votes::round, votes::council_id, votes::cast_at, votes::user_id))
        .select((
            (votes::user_id, users::name),
            (
                votes::council_id,
                votes::round,
                votes::seat_of,
                votes::vote,
                votes::comment,
                votes::digest,
                votes::address,
                votes::cast_at,
            ),
        ))
        .load(connection)
        .await?;
    Ok(found
        .into_iter()
        .map(|((id, name), (council_id, round, seat_of, vote, comment, digest, address, cast_at))| VoteEvidence {
            council_id,
            round,
            voter: Voter { id, name },
            seat_of,
            vote,
            comment,
            digest,
            address: address.map(|network| network.addr()),
            cast_at,
        })
        .collect())
}

/// The policies that the rows say were asked, and those of the reviews.
async fn policies_of(
    connection: &mut AsyncPgConnection,
    audit: &[ProvenLink],
    reviews: &[ReviewEvidence],
) -> Result<Vec<PolicyText>> {
    let asked = audit.iter().filter_map(|link| link.record["detail"]["policies"].as_array()).flatten();
    let asked = asked.filter_map(|policy| {
        let council: CouncilId = policy["council_id"].as_str()?.parse().ok()?;
        Some((council, i32::try_from(policy["policy_version"].as_i64()?).ok()?))
    });
    let reviewed = reviews.iter().map(|review| (review.council_id.clone(), review.policy_version));
    let versions: BTreeSet<_> = asked.chain(reviewed).collect();
    let mut policies = Vec::new();
    for (council_id, version) in versions {
        let policy = stored_policy(connection, &council_id, version).await?;
        policies.push(PolicyText { council_id, version, policy });
    }
    Ok(policies)
}

/// The mandate that it may run by, or that it ran by until its councils were asked.
fn granted_by(audit: &[ProvenLink]) -> Option<WorkflowId> {
    audit.iter().fold(None, |mandate, link| {
        let detail = &link.record["detail"];
        let named = |field: &str| detail[field].as_str().and_then(|id| id.parse().ok());
        match link.record["action"].as_str() {
            Some("workflow.approved") => named("mandate_id").or(mandate),
            // What a policy blocks by now is cancelled as what it was.
            Some("workflow.mandate_ended") if detail["basis"] != Basis::Blocked.as_str() => named("by"),
            _ => mandate,
        }
    })
}

async fn mandate_of(
    connection: &mut AsyncPgConnection,
    id: WorkflowId,
    checkpoints: &mut BTreeMap<i64, Checkpoint>,
) -> Result<MandateEvidence> {
    let mandate: Mandate = mandates::table.find(id).select(Mandate::as_select()).first(connection).await?;
    let audit = rows(connection, "mandate", id, checkpoints).await?;
    let Mandate { id, workflow_type, condition, max_uses, per, valid_until, councils, .. } = mandate;
    let Mandate { granted_at, revoked_at, revoked_by, .. } = mandate;
    Ok(MandateEvidence {
        id,
        workflow_type,
        condition,
        max_uses,
        per,
        valid_until,
        councils,
        granted_at,
        revoked_at,
        revoked_by,
        audit,
    })
}

async fn glass_of(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<BrokenGlass>> {
    type Found = (UserId, String, String, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let found: Option<Found> = break_glass::table
        .inner_join(users::table.on(users::id.eq(break_glass::admin_id)))
        .filter(break_glass::workflow_id.eq(id))
        .select((
            users::id,
            users::name,
            break_glass::reason,
            break_glass::broken_at,
            break_glass::ratified_at,
            break_glass::refused_at,
        ))
        .first(connection)
        .await
        .optional()?;
    Ok(found.map(|(id, name, reason, broken_at, ratified_at, refused_at)| BrokenGlass {
        admin: Voter { id, name },
        reason,
        broken_at,
        ratified_at,
        refused_at,
    }))
}

async fn steps_of(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Vec<StepEvidence>> {
    Ok(steps::table
        .filter(steps::workflow_id.eq(id))
        .order(steps::position)
        .select(StepEvidence::as_select())
        .load(connection)
        .await?)
}
