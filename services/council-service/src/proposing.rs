//! Proposing once, however often it is asked for and by which way.

use common::http::{RequestContext, RequestKey};
use common::ids::{CouncilId, WorkflowId};
use common::problem::Problem;
use database::governance::propose::{Outcome, Proposal, Proposer, propose};
use database::governance::workflows;
use database::idempotency::{self, Answer};
use database::{AsyncConnection, Connection};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::State;

/// What came of a proposal.
pub enum Proposed {
    /// It is kept: the workflow as it was then, a [`workflows::Detail`] in JSON.
    Kept(WorkflowId, Value),
    /// A policy forbids it.
    Blocked(Blocked),
}

/// Who forbids a proposal; what is kept of it under its key.
#[derive(Serialize, Deserialize)]
pub struct Blocked {
    /// That it was proposed is kept under this id.
    pub workflow_id: WorkflowId,
    /// Whose policy forbids it.
    pub council_id: CouncilId,
}

/// Makes a proposal of `who`'s, unless one was made under this key: then tells what came of that one.
pub async fn propose_once(
    state: &State,
    (who, proposer): (Uuid, Proposer<'_>),
    context: &RequestContext,
    key: Option<&RequestKey>,
    proposal: Proposal<'_>,
) -> Result<Proposed, Problem> {
    let workflow_type = proposal.workflow_type;
    let mut connection = state.pool.get().await?;
    let (answer, is_new) = Connection::transaction(&mut connection, async |connection| {
        if let Some(answer) = idempotency::earlier(connection, who, key).await? {
            return Ok((answer, false));
        }
        let answer = match propose(connection, proposer, context, proposal).await? {
            Outcome::Accepted(id) => {
                let workflow = workflows::find(connection, id).await?;
                Answer { status: 201, body: serde_json::to_value(workflow).map_err(Problem::internal)? }
            }
            Outcome::Blocked(workflow_id, council_id) => {
                let blocked = Blocked { workflow_id, council_id };
                let body = serde_json::to_value(blocked).map_err(Problem::internal)?;
                Answer { status: 403, body }
            }
        };
        idempotency::keep(connection, who, key, &answer).await?;
        database::Result::Ok((answer, true))
    })
    .await?;
    if answer.status == 403 {
        return serde_json::from_value(answer.body).map(Proposed::Blocked).map_err(Problem::internal);
    }
    if is_new {
        state.metrics.created(workflow_type);
    }
    let id: WorkflowId = serde_json::from_value(answer.body["id"].clone()).map_err(Problem::internal)?;
    if is_new {
        let status = answer.body["status"].as_str();
        tracing::info!(workflow_id = %id, %workflow_type, status, "proposed");
    }
    Ok(Proposed::Kept(id, answer.body))
}
