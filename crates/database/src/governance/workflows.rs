//! Workflows as people and agents look at them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use common::actor::{Actor, ActorKind};
use common::claims::Claims;
use common::ids::{AgentId, CouncilId, Domain, UserId, WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::roles::Role;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::decide::{Ballot, Electorate, Tally, standing, tally};
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::money::Money;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, Vote, WorkflowStatus};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::councils::electorate;
use super::inbox;
use crate::error::Result;
use crate::identity::users::UserState;
use crate::schema::{
    agents, break_glass, councils, users, votes, workflow_reviews as reviews, workflow_steps,
    workflow_type_versions as versions, workflows,
};
use crate::timeline;

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
struct Row {
    id: WorkflowId,
    workflow_type: WorkflowTypeId,
    type_version: i32,
    domain: Domain,
    inputs: Value,
    digest: Digest,
    reason: Option<String>,
    weekly_savings: Option<BigDecimal>,
    proposer_user_id: Option<UserId>,
    proposer_agent_id: Option<AgentId>,
    status: WorkflowStatus,
    basis: Basis,
    supersedes: Option<WorkflowId>,
    request_id: Option<String>,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    output: Option<Value>,
    error: Option<String>,
}

/// A type, as a workflow names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TypeRef {
    /// Which type.
    pub id: WorkflowTypeId,
    /// Which version.
    pub version: i32,
    /// What it is called.
    pub name: String,
}

/// An actor with a name that people know.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NamedActor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Which one.
    pub id: Option<Uuid>,
    /// What they are called.
    pub name: Option<String>,
}

/// One council's review.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewView {
    /// Which council.
    pub council_id: CouncilId,
    /// What it is called.
    pub council_name: String,
    /// What it is asked.
    pub kind: ReviewKind,
    /// In which round: the first, and one more for each time that the workflow came back to its councils.
    pub round: i32,
    /// Where the review stands.
    pub outcome: ReviewOutcome,
    /// When votes end.
    pub deadline: DateTime<Utc>,
    /// The policy version that it was opened under.
    pub policy_version: i32,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The step of the run that asks, if one does; else the review is of the proposal.
    pub step: Option<String>,
    /// What it asks.
    pub question: Option<String>,
    /// The votes so far.
    pub tally: Tally,
}

/// A workflow in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Summary {
    /// Names it.
    pub id: WorkflowId,
    /// What kind it is.
    pub workflow_type: TypeRef,
    /// The domain that it belongs to.
    pub domain: Domain,
    /// Where it stands.
    pub status: WorkflowStatus,
    /// Why it may run, or why not.
    pub basis: Basis,
    /// What exactly would run.
    pub digest: Digest,
    /// What it would run with.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// What it is expected to save in a week.
    pub weekly_savings: Option<Money>,
    /// What that comes to in a month: a twelfth of the year.
    pub monthly_savings: Option<Money>,
    /// What that comes to in a year of 52 weeks.
    pub yearly_savings: Option<Money>,
    /// The proposal that it takes the place of.
    pub supersedes: Option<WorkflowId>,
    /// Why it was proposed.
    pub reason: Option<String>,
    /// Who proposed it.
    pub proposed_by: NamedActor,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The reviews that it needs.
    pub reviews: Vec<ReviewView>,
}

/// A vote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VoteView {
    /// In which council.
    pub council_id: CouncilId,
    /// Who cast it.
    pub voter: NamedActor,
    /// What they said.
    pub vote: Vote,
    /// Why.
    pub comment: Option<String>,
    /// In which round.
    pub round: i32,
    /// For whose seat: their own, or that of whom they stood in for; none as an admin.
    pub seat_of: Option<UserId>,
    /// Whether they cast it as an admin without a seat.
    pub as_admin: bool,
    /// What they voted on.
    pub digest: Digest,
    /// When.
    pub cast_at: DateTime<Utc>,
}

/// A step.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = workflow_steps)]
pub struct StepView {
    /// Its place in the order, from 0.
    pub position: i32,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was tried.
    pub attempt: i32,
    /// The digest of what was sent or rendered.
    pub request_digest: Option<Digest>,
    /// The digest of what came back.
    pub response_digest: Option<Digest>,
    /// What came of it.
    pub output: Option<Value>,
    /// What went wrong at last.
    pub error: Option<String>,
    /// When it was first tried.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The round that it asked its councils in, if it has.
    pub asked_round: Option<i32>,
}

/// An event of a workflow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: String,
    /// Who.
    pub actor: NamedActor,
    /// The particulars.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// A workflow with everything about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Detail {
    /// What a list shows.
    #[serde(flatten)]
    pub summary: Summary,
    /// The request that proposed it.
    pub request_id: Option<String>,
    /// Every vote.
    pub votes: Vec<VoteView>,
    /// Every step.
    pub steps: Vec<StepView>,
    /// Everything that happened.
    pub timeline: Vec<EventView>,
    /// What came of it.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Which workflows a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Only of these statuses; of every one when none is named.
    pub statuses: &'a [WorkflowStatus],
    /// Only those that wait for this person's vote.
    pub awaiting: Option<&'a Claims>,
    /// Only of this type.
    pub workflow_type: Option<WorkflowTypeId>,
    /// Only those that this person or agent proposed.
    pub proposed_by: Option<Uuid>,
    /// Only those that this council reviews or reviewed.
    pub council: Option<CouncilId>,
}

impl Filter<'_> {
    /// Whether something else than a vote is asked for.
    fn is_narrow(&self) -> bool {
        !self.statuses.is_empty()
            || self.workflow_type.is_some()
            || self.proposed_by.is_some()
            || self.council.is_some()
    }

    /// The statuses to look for, one after the other: each has its part of an index that ends with the id, and begins with
    /// the type where one is asked for. `None` is every status at once.
    fn parts(&self) -> Vec<Option<WorkflowStatus>> {
        match self.statuses {
            [] if self.workflow_type.is_some() => WorkflowStatus::ALL.iter().copied().map(Some).collect(),
            [] => vec![None],
            statuses => statuses.iter().copied().map(Some).collect(),
        }
    }
}

/// Workflows, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    filter: Filter<'_>,
    limit: Limit,
    after: Option<WorkflowId>,
) -> Result<(Vec<Summary>, Option<Cursor<WorkflowId>>)> {
    let after = after.unwrap_or(WorkflowId(Uuid::max()));
    let shown = limit.get() + 1;
    let awaiting = match filter.awaiting {
        // What waits is few; where more is asked for, the rows of a page may be any of it.
        Some(claims) => {
            let looked_at = if filter.is_narrow() { i64::MAX } else { shown };
            Some(inbox::awaiting(connection, claims, after, looked_at).await?)
        }
        None => None,
    };
    let proposer = match filter.proposed_by {
        Some(id) => Some((id, is_agent(connection, id).await?)),
        None => None,
    };
    let mut rows = Vec::new();
    for status in filter.parts() {
        let mut query = workflows::table
            .filter(workflows::id.lt(after))
            .order(workflows::id.desc())
            .limit(shown)
            .select(Row::as_select())
            .into_boxed();
        if let Some(status) = status {
            query = query.filter(workflows::status.eq(status));
        }
        if let Some(workflow_type) = &filter.workflow_type {
            query = query.filter(workflows::workflow_type.eq(workflow_type));
        }
        match proposer {
            Some((id, true)) => query = query.filter(workflows::proposer_agent_id.eq(AgentId(id))),
            Some((id, false)) => query = query.filter(workflows::proposer_user_id.eq(UserId(id))),
            None => {}
        }
        if let Some(council) = &filter.council {
            let reviewed = reviews::table.filter(reviews::council_id.eq(council)).select(reviews::workflow_id);
            query = query.filter(workflows::id.eq_any(reviewed));
        }
        if let Some(awaiting) = &awaiting {
            query = query.filter(workflows::id.eq_any(awaiting));
        }
        rows.extend(query.load(connection).await?);
    }
    rows.sort_unstable_by_key(|row| Reverse(row.id));
    let next = cut(&mut rows, limit, |row| row.id);
    Ok((summaries(connection, rows).await?, next))
}

/// Whether somebody is an agent, and no person.
async fn is_agent(connection: &mut AsyncPgConnection, id: Uuid) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(agents::table.find(AgentId(id)))).get_result(connection).await?)
}

/// Where each of these workflows stands; those that do not exist are left out.
pub async fn statuses(
    connection: &mut AsyncPgConnection,
    ids: &[WorkflowId],
) -> Result<Vec<(WorkflowId, WorkflowStatus)>> {
    Ok(workflows::table
        .filter(workflows::id.eq_any(ids))
        .select((workflows::id, workflows::status))
        .load(connection)
        .await?)
}

/// One workflow with everything about it.
pub async fn find(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Detail> {
    let row: Option<Row> = workflows::table.find(id).select(Row::as_select()).first(connection).await.optional()?;
    let row = row.ok_or_else(|| Problem::not_found("workflow"))?;
    let (request_id, output, error) = (row.request_id.clone(), row.output.clone(), row.error.clone());
    let summary = summaries(connection, vec![row]).await?.pop().ok_or_else(|| Problem::not_found("workflow"))?;
    let votes = votes::table
        .inner_join(users::table)
        .filter(votes::workflow_id.eq(id))
        .order((votes::cast_at, votes::user_id))
        .select((
            votes::council_id,
            votes::user_id,
            users::name,
            votes::vote,
            votes::comment,
            votes::round,
            votes::seat_of,
            votes::digest,
            votes::cast_at,
        ))
        .load::<(CouncilId, UserId, String, Vote, Option<String>, i32, Option<UserId>, Digest, DateTime<Utc>)>(
            connection,
        )
        .await?
        .into_iter()
        .map(|(council_id, user, name, vote, comment, round, seat_of, digest, cast_at)| VoteView {
            council_id,
            voter: named(Actor::User(user), Some(name)),
            vote,
            comment,
            round,
            seat_of,
            as_admin: seat_of.is_none(),
            digest,
            cast_at,
        })
        .collect();
    let steps = workflow_steps::table
        .filter(workflow_steps::workflow_id.eq(id))
        .order(workflow_steps::position)
        .select(StepView::as_select())
        .load(connection)
        .await?;
    let events = timeline::of_workflow(connection, id).await?;
    let names = names(connection, events.iter().filter_map(|event| event.actor_id)).await?;
    let timeline = events
        .into_iter()
        .map(|event| EventView {
            at: event.at,
            event: event.event,
            actor: NamedActor {
                kind: event.actor_kind,
                id: event.actor_id,
                name: event.actor_id.and_then(|id| names.get(&id).cloned()),
            },
            detail: event.detail,
        })
        .collect();
    Ok(Detail { summary, request_id, votes, steps, timeline, output, error })
}

/// Adds names, reviews and tallies, in a fixed number of queries for a page and one for each council on it.
async fn summaries(connection: &mut AsyncPgConnection, rows: Vec<Row>) -> Result<Vec<Summary>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let types: BTreeSet<_> = rows.iter().map(|row| &row.workflow_type).collect();
    let type_names: BTreeMap<(WorkflowTypeId, i32), String> = versions::table
        .filter(versions::workflow_type.eq_any(types))
        .select((versions::workflow_type, versions::version, versions::name))
        .load::<(WorkflowTypeId, i32, String)>(connection)
        .await?
        .into_iter()
        .map(|(id, version, name)| ((id, version), name))
        .collect();
    let proposers = rows.iter().filter_map(|row| proposer(row).id());
    let names = names(connection, proposers).await?;
    let mut by_workflow = reviews_of(connection, &rows, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let actor = proposer(&row);
            let key = (row.workflow_type, row.type_version);
            let weekly_savings = row.weekly_savings.map(Money::from);
            Summary {
                id: row.id,
                domain: row.domain,
                status: row.status,
                digest: row.digest,
                inputs: row.inputs,
                monthly_savings: weekly_savings.as_ref().map(Money::monthly),
                yearly_savings: weekly_savings.as_ref().map(Money::yearly),
                weekly_savings,
                basis: row.basis,
                supersedes: row.supersedes,
                reason: row.reason,
                proposed_by: named(actor, actor.id().and_then(|id| names.get(&id).cloned())),
                created_at: row.created_at,
                decided_at: row.decided_at,
                finished_at: row.finished_at,
                reviews: by_workflow.remove(&row.id).unwrap_or_default(),
                workflow_type: TypeRef {
                    name: type_names.get(&key).cloned().unwrap_or_default(),
                    id: key.0,
                    version: key.1,
                },
            }
        })
        .collect())
}

/// A review: of which workflow, by which council, in which round.
type ReviewKey = (WorkflowId, CouncilId, i32);

#[derive(Queryable, Selectable)]
#[diesel(table_name = reviews)]
struct ReviewRow {
    workflow_id: WorkflowId,
    council_id: CouncilId,
    round: i32,
    kind: ReviewKind,
    outcome: ReviewOutcome,
    deadline: DateTime<Utc>,
    policy_version: i32,
    decided_at: Option<DateTime<Utc>>,
    electorate: Option<Value>,
    step: Option<String>,
    question: Option<String>,
}

async fn reviews_of(
    connection: &mut AsyncPgConnection,
    rows: &[Row],
    ids: &[WorkflowId],
) -> Result<BTreeMap<WorkflowId, Vec<ReviewView>>> {
    let mut cast_in: BTreeMap<ReviewKey, Vec<(Ballot, bool)>> = BTreeMap::new();
    let cast = votes::table
        .inner_join(users::table)
        .filter(votes::workflow_id.eq_any(ids))
        .order(votes::cast_at)
        .select((
            (votes::workflow_id, votes::council_id, votes::round),
            (votes::user_id, votes::seat_of, votes::vote),
            (users::state, users::role),
        ))
        .load::<(ReviewKey, (UserId, Option<UserId>, Vote), (UserState, Role))>(connection)
        .await?;
    for (review, (voter, seat, vote), (state, role)) in cast {
        let may_vote = state == UserState::Active && role != Role::Viewer;
        cast_in.entry(review).or_default().push((Ballot::new(voter, seat, vote), may_vote));
    }
    let breakers: BTreeMap<WorkflowId, UserId> = break_glass::table
        .filter(break_glass::workflow_id.eq_any(ids))
        .select((break_glass::workflow_id, break_glass::admin_id))
        .load(connection)
        .await?
        .into_iter()
        .collect();
    let owners: BTreeMap<AgentId, UserId> = agents::table
        .filter(agents::id.eq_any(rows.iter().filter_map(|row| row.proposer_agent_id)))
        .select((agents::id, agents::owner_id))
        .load(connection)
        .await?
        .into_iter()
        .collect();
    let found = reviews::table
        .inner_join(councils::table.on(councils::id.eq(reviews::council_id)))
        .filter(reviews::workflow_id.eq_any(ids))
        .order((reviews::round, reviews::council_id))
        .select((ReviewRow::as_select(), councils::name))
        .load::<(ReviewRow, String)>(connection)
        .await?;
    let mut electorates = BTreeMap::new();
    let mut views: BTreeMap<WorkflowId, Vec<ReviewView>> = BTreeMap::new();
    for (review, council_name) in found {
        let council_id = review.council_id;
        let cast = cast_in.remove(&(review.workflow_id, council_id.clone(), review.round)).unwrap_or_default();
        let voters = if let Some(then) = review.electorate {
            // As it was when it was decided.
            serde_json::from_value::<Electorate>(then).map_err(Problem::internal)?
        } else {
            if !electorates.contains_key(&council_id) {
                let voters = electorate(connection, &council_id, BTreeSet::new()).await?;
                electorates.insert(council_id.clone(), voters);
            }
            // As `decision::settle` would count now.
            let mut voters = electorates[&council_id].clone();
            if let Some(row) = rows.iter().find(|row| row.id == review.workflow_id) {
                let owner = row.proposer_agent_id.and_then(|agent| owners.get(&agent).copied());
                voters.excluded.extend(row.proposer_user_id.into_iter().chain(owner));
            }
            voters.excluded.extend(breakers.get(&review.workflow_id));
            voters.excluded.extend(cast.iter().filter(|(_, may_vote)| !may_vote).map(|(ballot, _)| ballot.voter));
            voters
        };
        let ballots = standing(cast.into_iter().map(|(ballot, _)| ballot), &voters);
        views.entry(review.workflow_id).or_default().push(ReviewView {
            tally: tally(&voters, &ballots),
            council_id,
            council_name,
            kind: review.kind,
            round: review.round,
            outcome: review.outcome,
            deadline: review.deadline,
            policy_version: review.policy_version,
            decided_at: review.decided_at,
            step: review.step,
            question: review.question,
        });
    }
    Ok(views)
}

fn proposer(row: &Row) -> Actor {
    let agent = row.proposer_agent_id.map(Actor::Agent);
    agent.or(row.proposer_user_id.map(Actor::User)).unwrap_or(Actor::System)
}

fn named(actor: Actor, name: Option<String>) -> NamedActor {
    NamedActor { kind: actor.kind(), id: actor.id(), name }
}

/// What people and agents are called, by id.
pub(super) async fn names(
    connection: &mut AsyncPgConnection,
    ids: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, String>> {
    let ids: BTreeSet<Uuid> = ids.collect();
    let people: Vec<(UserId, String)> = users::table
        .filter(users::id.eq_any(ids.iter().copied().map(UserId)))
        .select((users::id, users::name))
        .load(connection)
        .await?;
    let machines: Vec<(AgentId, String)> = agents::table
        .filter(agents::id.eq_any(ids.iter().copied().map(AgentId)))
        .select((agents::id, agents::name))
        .load(connection)
        .await?;
    Ok(people
        .into_iter()
        .map(|(id, name)| (id.0, name))
        .chain(machines.into_iter().map(|(id, name)| (id.0, name)))
        .collect())
}
