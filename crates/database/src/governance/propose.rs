//! Proposing a workflow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{AgentId, CouncilId, UserId, WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use common::telemetry::traces::{Attribute, Kind, Span};
use common::text::Remark;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use governance::digest::{Digest, proposal_digest};
use governance::money::Money;
use governance::route::{Finding, Route, route};
use governance::workflow::{Basis, WorkflowStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::decision::{Locked, note, start_after};
use super::mandates::{self, Mandate};
use super::routing::{self, Reviewer};
use super::withdraw;
use super::workflow_types::WorkflowType;
use crate::error::Result;
use crate::identity::agents::{Agent, AgentState};
use crate::identity::authorize;
use crate::identity::users::UserState;
use crate::schema::{agents, users, workflow_steps as steps, workflows};

/// Who proposes.
pub enum Proposer<'a> {
    /// A person, by their token.
    User(&'a Claims),
    /// An agent, by its key.
    Agent(&'a Agent),
    /// A person, by a schedule of theirs: they need not be logged in, but must be who they were.
    Schedule(UserId),
}

/// What is proposed.
pub struct Proposal<'a> {
    /// Which type.
    pub workflow_type: &'a WorkflowTypeId,
    /// Which version of it, the current one when not said.
    pub version: Option<i32>,
    /// With which inputs.
    pub inputs: &'a Value,
    /// What it is expected to save in a week.
    pub weekly_savings: Option<&'a Money>,
    /// Why.
    pub reason: Option<&'a Remark>,
    /// The proposal that it takes the place of.
    pub supersedes: Option<WorkflowId>,
}

/// What became of a proposal.
pub enum Outcome {
    /// It is kept, and waits for review or runs.
    Accepted(WorkflowId),
    /// This council's policy forbids it; that it was tried is kept under this id.
    Blocked(WorkflowId, CouncilId),
}

/// Makes a proposal: checks it against its type, asks the councils' policies, and opens the reviews that it needs.
pub async fn propose(
    connection: &mut AsyncPgConnection,
    proposer: Proposer<'_>,
    context: &RequestContext,
    proposal: Proposal<'_>,
) -> Result<Outcome> {
    let mut span = Span::begin(Kind::Internal, context.traceparent, || "propose".into());
    let workflow_type = proposal.workflow_type.to_string();
    // All that becomes of the workflow follows from here.
    let context = RequestContext { traceparent: Some(span.traceparent()), ..context.clone() };
    let outcome = write(connection, proposer, &context, proposal).await;
    span.says(|| [Attribute::new("codex.workflow.type", workflow_type)]);
    match &outcome {
        Ok(Outcome::Accepted(id)) => span.says(|| [Attribute::new("codex.workflow.id", id.to_string())]),
        Ok(Outcome::Blocked(id, _)) => span.says(|| {
            [Attribute::new("codex.workflow.id", id.to_string()), Attribute::new("codex.workflow.status", "blocked")]
        }),
        Err(error) => span.fails_if(error.fault()),
    }
    outcome
}

async fn write(
    connection: &mut AsyncPgConnection,
    proposer: Proposer<'_>,
    context: &RequestContext,
    proposal: Proposal<'_>,
) -> Result<Outcome> {
    connection
        .transaction(async |connection| {
            let proposer = identify(connection, &proposer).await?;
            let definition =
                routing::definition(connection, proposal.workflow_type, proposal.version, proposal.inputs).await?;
            let findings = routing::find(connection, &definition, proposal.inputs, proposal.weekly_savings).await?;
            let id = WorkflowId::new();
            if let Some(earlier) = proposal.supersedes {
                withdraw::supersede(connection, context, proposer.actor(), earlier, id).await?;
            }

            let way = way(connection, &findings, &definition.id, proposal.inputs).await?;
            let (status, basis) = way.beginning();
            let finished_at = if status == WorkflowStatus::Blocked { "now()" } else { "NULL" };
            let digest = proposal_digest(
                &definition.id,
                definition.version,
                &definition.input_schema,
                &definition.steps,
                proposal.inputs,
            );
            let created_at: DateTime<Utc> = diesel::insert_into(workflows::table)
                .values((
                    (
                        workflows::id.eq(id),
                        workflows::workflow_type.eq(definition.id.as_str()),
                        workflows::type_version.eq(definition.version),
                        workflows::domain.eq(definition.domain.as_str()),
                        workflows::inputs.eq(proposal.inputs),
                        workflows::digest.eq(digest),
                        workflows::reason.eq(proposal.reason.map(Remark::as_str)),
                        workflows::weekly_savings.eq(proposal.weekly_savings.map(Money::amount)),
                        workflows::supersedes.eq(proposal.supersedes),
                    ),
                    workflows::proposer_user_id.eq(proposer.user),
                    workflows::proposer_agent_id.eq(proposer.agent),
                    workflows::status.eq(status),
                    workflows::basis.eq(basis),
                    workflows::finished_at.eq(sql::<Nullable<Timestamptz>>(finished_at)),
                    workflows::request_id.eq(&context.request_id),
                    workflows::traceparent.eq(traceparent(context)),
                ))
                .returning(workflows::created_at)
                .get_result(connection)
                .await?;
            plan(connection, id, &definition.steps).await?;

            let workflow = Locked {
                id,
                workflow_type: definition.id.clone(),
                digest,
                status,
                basis,
                round: 1,
                due_at: None,
                proposer_user_id: proposer.user,
                proposer_agent_id: proposer.agent,
                request_id: context.request_id.clone(),
                traceparent: traceparent(context),
            };
            let detail = json!({
                "workflow_type": definition.id, "version": definition.version, "domain": definition.domain,
                "digest": digest, "weekly_savings": proposal.weekly_savings, "supersedes": proposal.supersedes,
                "reason_digest": proposal.reason.map(|reason| Digest::of(reason.as_str().as_bytes())),
                "basis": basis, "round": workflow.round, "reviewed_by": way.reviewed_by(), "findings": findings,
                "policies": routing::policy_digests(connection, routing::asked(&findings)).await?,
            });
            note(connection, context, proposer.actor(), &workflow, "proposed", "workflow.proposed", detail).await?;
            match way {
                Way::Blocked(council) => {
                    let detail = json!({"council_id": council, "digest": digest});
                    let actor = proposer.actor();
                    note(connection, context, actor, &workflow, "blocked", "workflow.blocked", detail).await?;
                    return Ok(Outcome::Blocked(id, council));
                }
                Way::Review(reviewers) => {
                    routing::open_reviews(connection, id, workflow.round, created_at, &reviewers, None).await?;
                }
                Way::Mandate(mandate) => {
                    mandates::reserve(connection, &mandate, id).await?;
                    approve(connection, context, &workflow, json!({"digest": digest, "mandate_id": mandate.id}))
                        .await?;
                }
                Way::Policy => {
                    let because = "no responsible council's policy asks for a review";
                    approve(connection, context, &workflow, json!({"digest": digest, "because": because})).await?;
                }
            }
            Ok(Outcome::Accepted(id))
        })
        .await
}

fn traceparent(context: &RequestContext) -> Option<String> {
    context.traceparent.map(|traceparent| traceparent.to_string())
}

async fn approve(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    workflow: &Locked,
    detail: Value,
) -> Result<()> {
    note(connection, context, Actor::System, workflow, "approved", "workflow.approved", detail).await?;
    start_after(connection, workflow, 0).await?;
    Ok(())
}

/// The way that a proposal takes.
pub(super) enum Way {
    /// Nowhere: this council's policy forbids it.
    Blocked(CouncilId),
    /// Past these councils.
    Review(Vec<Reviewer>),
    /// Straight through, as the councils granted in advance.
    Mandate(Mandate),
    /// Straight through: nobody asks for a review.
    Policy,
}

impl Way {
    pub(super) const fn beginning(&self) -> (WorkflowStatus, Basis) {
        match self {
            Self::Blocked(_) => (WorkflowStatus::Blocked, Basis::Blocked),
            Self::Review(_) => (WorkflowStatus::PendingReview, Basis::Review),
            Self::Mandate(_) => (WorkflowStatus::Approved, Basis::Mandate),
            Self::Policy => (WorkflowStatus::Approved, Basis::Policy),
        }
    }

    /// The mandate that it is by.
    pub(super) fn mandate(&self) -> Option<WorkflowId> {
        match self {
            Self::Mandate(mandate) => Some(mandate.id),
            _ => None,
        }
    }

    /// The councils that review it.
    pub(super) fn reviewed_by(&self) -> Vec<&CouncilId> {
        match self {
            Self::Review(reviewers) => reviewers.iter().map(|(council, ..)| council).collect(),
            _ => Vec::new(),
        }
    }
}

/// The way that these findings leave to a proposal. A mandate that it takes is locked until the caller's transaction
/// ends, so that its uses are counted one after the other.
pub(super) async fn way(
    connection: &mut AsyncPgConnection,
    findings: &[Finding],
    workflow_type: &WorkflowTypeId,
    inputs: &Value,
) -> Result<Way> {
    Ok(match route(findings) {
        Route::Blocked(finding) => Way::Blocked(finding.council_id.clone()),
        Route::StraightThrough => Way::Policy,
        Route::Review(reviewing) => {
            let reviewers = routing::reviewers(connection, &reviewing).await?;
            let councils: Vec<_> = reviewers.iter().map(|(council, ..)| council.clone()).collect();
            match mandates::covering(connection, workflow_type, inputs, &councils).await? {
                Some(mandate) => Way::Mandate(mandate),
                None => Way::Review(reviewers),
            }
        }
    })
}

/// A proposer who was read again.
#[derive(Clone, Copy)]
pub(super) struct Identified {
    pub user: Option<UserId>,
    pub agent: Option<AgentId>,
}

impl Identified {
    pub(super) fn actor(self) -> Actor {
        self.agent.map_or_else(|| self.user.map_or(Actor::System, Actor::User), Actor::Agent)
    }
}

/// Reads the proposer again, and refuses one that may not propose now.
pub(super) async fn identify(connection: &mut AsyncPgConnection, proposer: &Proposer<'_>) -> Result<Identified> {
    match proposer {
        Proposer::User(claims) => {
            let user = authorize(connection, claims, Permission::Propose).await?.id;
            Ok(Identified { user: Some(user), agent: None })
        }
        Proposer::Schedule(owner) => {
            let (state, role): (UserState, Role) =
                users::table.find(owner).select((users::state, users::role)).first(connection).await?;
            if state != UserState::Active {
                return Err(Problem::refused("owner_not_active", "the owner of the schedule is not active").into());
            }
            if !role.allows(Permission::Propose) {
                return Err(
                    Problem::refused("owner_may_not_propose", "the owner of the schedule may not propose").into()
                );
            }
            Ok(Identified { user: Some(*owner), agent: None })
        }
        Proposer::Agent(agent) => {
            let state: AgentState = agents::table.find(agent.id).select(agents::state).first(connection).await?;
            if state == AgentState::Active {
                Ok(Identified { user: None, agent: Some(agent.id) })
            } else {
                Err(Problem::unauthorized("this agent is deactivated").into())
            }
        }
    }
}

/// Writes down the steps that will run, so that the proposal shows them from the first moment.
async fn plan(connection: &mut AsyncPgConnection, workflow: WorkflowId, definition: &Value) -> Result<()> {
    let planned: Vec<Step> = serde_json::from_value(definition.clone()).map_err(Problem::internal)?;
    let rows: Vec<_> = (0..)
        .zip(&planned)
        .map(|(position, step): (i32, _)| {
            (
                steps::workflow_id.eq(workflow),
                steps::position.eq(position),
                steps::name.eq(step.name.as_str()),
                steps::kind.eq(step.kind),
            )
        })
        .collect();
    diesel::insert_into(steps::table).values(rows).execute(connection).await?;
    Ok(())
}

/// What each responsible council's policy would say to a proposal of these types that does not say what it is worth, in
/// as many queries for many types as for one. Of mandates, nothing: whom they need depends on their inputs.
pub async fn outlook(
    connection: &mut AsyncPgConnection,
    definitions: &[WorkflowType],
) -> Result<BTreeMap<WorkflowTypeId, Vec<Finding>>> {
    routing::find_all(connection, definitions).await
}

/// What would become of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Foresight {
    /// It would be refused.
    Blocked,
    /// It would wait for the councils that ask for a review.
    Review,
    /// It would run at once, by a mandate.
    Mandate,
    /// It would run at once.
    StraightThrough,
}

/// What would become of a proposal, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Foreseen {
    /// What would become of it.
    pub outcome: Foresight,
    /// The mandate that it would use.
    pub mandate_id: Option<WorkflowId>,
    /// What each responsible council's policy says.
    pub findings: Vec<Finding>,
}

/// Tells what would become of a proposal without making it. Without inputs, no mandate is looked for.
pub async fn foresee(
    connection: &mut AsyncPgConnection,
    workflow_type: &WorkflowTypeId,
    version: Option<i32>,
    inputs: Option<&Value>,
    weekly_savings: Option<&Money>,
) -> Result<Foreseen> {
    connection
        .transaction(async |connection| {
            let definition = match inputs {
                Some(inputs) => routing::definition(connection, workflow_type, version, inputs).await?,
                None => super::workflow_types::find(connection, workflow_type, version).await?,
            };
            if inputs.is_none() && workflow_type.as_str() == governance::mandate::MANDATE_TYPE {
                return Err(
                    Problem::invalid_field("/inputs", "are needed: who reviews a mandate depends on them").into()
                );
            }
            let nothing = json!({});
            let findings = routing::find(connection, &definition, inputs.unwrap_or(&nothing), weekly_savings).await?;
            let way = match inputs {
                Some(inputs) => way(connection, &findings, workflow_type, inputs).await?,
                None => match route(&findings) {
                    Route::Blocked(finding) => Way::Blocked(finding.council_id.clone()),
                    Route::Review(_) => Way::Review(Vec::new()),
                    Route::StraightThrough => Way::Policy,
                },
            };
            let (outcome, mandate_id) = match way {
                Way::Blocked(_) => (Foresight::Blocked, None),
                Way::Review(_) => (Foresight::Review, None),
                Way::Mandate(mandate) => (Foresight::Mandate, Some(mandate.id)),
                Way::Policy => (Foresight::StraightThrough, None),
            };
            Ok(Foreseen { outcome, mandate_id, findings })
        })
        .await
}
