//! Proposing a workflow.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{AgentId, CouncilId, UserId, WorkflowId, WorkflowTypeId};
use common::problem::{FieldError, Problem};
use common::roles::Permission;
use common::text::Remark;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use governance::digest::{Digest, proposal_digest};
use governance::money::Money;
use governance::policy::Policy;
use governance::route::{Responsible, Route, route};
use governance::schema;
use governance::workflow::{ReviewOutcome, WorkflowStatus};
use serde_json::{Value, json};

use super::councils::{CouncilState, policies_in_force};
use super::decision::{Locked, deadline, note, start_after};
use super::workflow_types;
use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::agents::{Agent, AgentState};
use crate::identity::authorize;
use crate::schema::{
    agents, council_domains, councils, workflow_reviews as reviews, workflow_steps as steps, workflows,
};

/// Who proposes.
pub enum Proposer<'a> {
    /// A person, by their token.
    User(&'a Claims),
    /// An agent, by its key.
    Agent(&'a Agent),
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
}

/// What became of a proposal.
pub enum Outcome {
    /// It is kept, and waits for review or runs.
    Accepted(WorkflowId),
    /// This council's policy forbids it; that it was tried is on the record.
    Blocked(CouncilId),
}

/// Makes a proposal: checks it against its type, asks the councils' policies, and opens the reviews that it needs.
pub async fn propose(
    connection: &mut AsyncPgConnection,
    proposer: Proposer<'_>,
    context: &RequestContext,
    proposal: Proposal<'_>,
) -> Result<Outcome> {
    connection
        .transaction(async |connection| {
            let (user, agent) = identify(connection, &proposer).await?;
            let actor = agent.map_or_else(|| user.map_or(Actor::System, Actor::User), Actor::Agent);
            let definition = workflow_types::find(connection, proposal.workflow_type, proposal.version).await?;
            check_inputs(&definition.input_schema, proposal.inputs)?;
            let digest = proposal_digest(
                &definition.id,
                definition.version,
                &definition.input_schema,
                &definition.steps,
                proposal.inputs,
            );

            let reviewers = match reviewers(connection, &definition, proposal.weekly_savings).await? {
                Reviewers::Blocked(council) => {
                    let act = Act::new(actor, "workflow.blocked", "workflow_type", definition.id).with(json!({"council_id": council, "digest": digest, "version": definition.version}));
                    audit::record(connection, context, act).await?;
                    return Ok(Outcome::Blocked(council));
                }
                Reviewers::Councils(councils) => councils,
            };

            let id = WorkflowId::new();
            let status = if reviewers.is_empty() { WorkflowStatus::Approved } else { WorkflowStatus::PendingReview };
            let created_at: DateTime<Utc> = diesel::insert_into(workflows::table)
                .values((
                    workflows::id.eq(id),
                    workflows::workflow_type.eq(definition.id.as_str()),
                    workflows::type_version.eq(definition.version),
                    workflows::domain.eq(definition.domain.as_str()),
                    workflows::inputs.eq(proposal.inputs),
                    workflows::digest.eq(digest),
                    workflows::reason.eq(proposal.reason.map(Remark::as_str)),
                    workflows::weekly_savings.eq(proposal.weekly_savings.map(Money::amount)),
                    workflows::proposer_user_id.eq(user),
                    workflows::proposer_agent_id.eq(agent),
                    workflows::status.eq(status),
                    workflows::request_id.eq(&context.request_id),
                    workflows::traceparent.eq(&context.traceparent),
                ))
                .returning(workflows::created_at)
                .get_result(connection)
                .await?;
            plan(connection, id, &definition.steps).await?;
            open_reviews(connection, id, created_at, &reviewers).await?;

            let workflow = locked(id, &definition.id, digest, status, (user, agent), context);
            let councils: Vec<_> = reviewers.iter().map(|(council, ..)| council).collect();
            let detail = json!({
                "workflow_type": definition.id, "version": definition.version, "digest": digest, "reviewed_by": councils,
            });
            note(connection, context, actor, &workflow, "proposed", "workflow.proposed", detail).await?;
            if reviewers.is_empty() {
                let detail = json!({"digest": digest, "because": "no responsible council's policy asks for a review"});
                note(connection, context, Actor::System, &workflow, "approved", "workflow.approved", detail).await?;
                start_after(connection, &workflow, 0).await?;
            }
            Ok(Outcome::Accepted(id))
        })
        .await
}

/// Reads the proposer again, and refuses one that may not propose now.
async fn identify(
    connection: &mut AsyncPgConnection,
    proposer: &Proposer<'_>,
) -> Result<(Option<UserId>, Option<AgentId>)> {
    match proposer {
        Proposer::User(claims) => Ok((Some(authorize(connection, claims, Permission::Propose).await?.id), None)),
        Proposer::Agent(agent) => {
            let state: AgentState = agents::table.find(agent.id).select(agents::state).first(connection).await?;
            if state == AgentState::Active {
                Ok((None, Some(agent.id)))
            } else {
                Err(Problem::unauthorized("this agent is deactivated").into())
            }
        }
    }
}

fn check_inputs(input_schema: &Value, inputs: &Value) -> Result<()> {
    let violations = schema::violations(input_schema, inputs);
    if violations.is_empty() {
        return Ok(());
    }
    let fields =
        violations.into_iter().map(|(at, detail)| FieldError { pointer: format!("/inputs{at}"), detail }).collect();
    Err(Problem::invalid(fields).into())
}

enum Reviewers {
    Councils(Vec<(CouncilId, i32, Policy)>),
    Blocked(CouncilId),
}

/// The councils that must approve: by their own policies, or the default council where none is responsible.
async fn reviewers(
    connection: &mut AsyncPgConnection,
    definition: &workflow_types::WorkflowType,
    weekly_savings: Option<&Money>,
) -> Result<Reviewers> {
    let ids: Vec<CouncilId> = councils::table
        .inner_join(council_domains::table.on(council_domains::council_id.eq(councils::id)))
        .filter(council_domains::domain.eq(&definition.domain))
        .filter(councils::state.eq(CouncilState::Active))
        .order(councils::id)
        .select(councils::id)
        .load(connection)
        .await?;
    let needed = if ids.is_empty() {
        councils::table.filter(councils::is_default).select(councils::id).load(connection).await?
    } else {
        let responsible = policies_in_force(connection, &ids)
            .await?
            .into_iter()
            .map(|(council, (_, policy))| Responsible { council, policy })
            .collect::<Vec<_>>();
        match route(&responsible, &definition.id, weekly_savings) {
            Route::Blocked(council) => return Ok(Reviewers::Blocked(council)),
            Route::Review(councils) => councils,
            Route::StraightThrough => return Ok(Reviewers::Councils(Vec::new())),
        }
    };
    let policies = policies_in_force(connection, &needed).await?;
    if policies.is_empty() {
        return Err(Problem::internal("there is no default council").into());
    }
    Ok(Reviewers::Councils(
        policies.into_iter().map(|(council, (version, policy))| (council, version, policy)).collect(),
    ))
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

async fn open_reviews(
    connection: &mut AsyncPgConnection,
    workflow: WorkflowId,
    opened: DateTime<Utc>,
    reviewers: &[(CouncilId, i32, Policy)],
) -> Result<()> {
    let rows: Vec<_> = reviewers
        .iter()
        .map(|(council, version, policy)| {
            (
                reviews::workflow_id.eq(workflow),
                reviews::council_id.eq(council),
                reviews::policy_version.eq(version),
                reviews::outcome.eq(ReviewOutcome::Open),
                reviews::opened_at.eq(opened),
                reviews::deadline.eq(deadline(opened, policy)),
            )
        })
        .collect();
    diesel::insert_into(reviews::table).values(rows).execute(connection).await?;
    Ok(())
}

/// A row that this transaction has made is locked by it.
fn locked(
    id: WorkflowId,
    workflow_type: &WorkflowTypeId,
    digest: Digest,
    status: WorkflowStatus,
    (proposer_user_id, proposer_agent_id): (Option<UserId>, Option<AgentId>),
    context: &RequestContext,
) -> Locked {
    Locked {
        id,
        workflow_type: workflow_type.to_string(),
        digest,
        status,
        proposer_user_id,
        proposer_agent_id,
        request_id: context.request_id.clone(),
        traceparent: context.traceparent.clone(),
    }
}
