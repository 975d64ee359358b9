use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use common::auth::Propose as ProposePermission;
use common::http::{Keyed, RequestContext};
use common::ids::{CouncilId, WorkflowId, WorkflowTypeId};
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::propose::{Outcome, Proposal, propose as make_proposal};
use database::governance::workflows::{self, Detail};
use database::idempotency::{self, Answer};
use database::{AsyncConnection, Connection};
use governance::inputs::Inputs;
use governance::money::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// What is proposed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// Which type.
    workflow_type: WorkflowTypeId,
    /// Which version of it, the current one when not said.
    version: Option<i32>,
    /// With which inputs; they must fit the type's schema.
    inputs: Inputs,
    /// What it is expected to save in a week.
    weekly_savings: Option<Money>,
    /// Why.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    reason: Option<Remark>,
    /// A proposal of yours that still waits, and whose place this one takes: it is cancelled, its votes do not count here.
    supersedes: Option<WorkflowId>,
}

/// Who forbids a proposal; what is kept of it under its key.
#[derive(Serialize, Deserialize)]
struct Blocked {
    workflow_id: WorkflowId,
    council_id: CouncilId,
}

/// Proposes a workflow. Sent with an `Idempotency-Key`, it can be sent again.
#[utoipa::path(
    tag = "workflows", request_body = Propose,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again within a day, it is answered the same and done once.")),
    responses(
        (status = 201, body = Detail), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails),
    )
)]
#[post("/api/workflows")]
pub async fn propose(
    caller: CallerMay<ProposePermission>,
    new: Keyed<Propose>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (who, Keyed { body, key }) = (caller.0.id(), new);
    let (workflow_type, inputs) = (body.workflow_type, body.inputs.into_value());
    let mut connection = state.pool.get().await?;
    let (answer, is_new) = Connection::transaction(&mut connection, async |connection| {
        if let Some(answer) = idempotency::earlier(connection, who, key.as_ref()).await? {
            return Ok((answer, false));
        }
        let proposal = Proposal {
            workflow_type: &workflow_type,
            version: body.version,
            inputs: &inputs,
            weekly_savings: body.weekly_savings.as_ref(),
            reason: body.reason.as_ref(),
            supersedes: body.supersedes,
        };
        let answer = match make_proposal(connection, caller.0.proposer(), &context, proposal).await? {
            Outcome::Accepted(id) => {
                let workflow = workflows::find(connection, id).await?;
                let location = Some(format!("/api/workflows/{id}"));
                Answer { status: 201, location, body: serde_json::to_value(workflow).map_err(Problem::internal)? }
            }
            Outcome::Blocked(workflow_id, council_id) => {
                let blocked = Blocked { workflow_id, council_id };
                let body = serde_json::to_value(blocked).map_err(Problem::internal)?;
                Answer { status: 403, location: None, body }
            }
        };
        idempotency::keep(connection, who, key.as_ref(), &answer).await?;
        database::Result::Ok((answer, true))
    })
    .await?;
    if answer.status == 403 {
        let Blocked { workflow_id, council_id } = serde_json::from_value(answer.body).map_err(Problem::internal)?;
        let message = format!(
            "the policy of the council {council_id} does not let {workflow_type} run; that it was proposed is kept as {workflow_id}"
        );
        return Err(Problem::refused("blocked_by_policy", message));
    }
    if is_new {
        state.metrics.created(&workflow_type);
    }
    let mut response = HttpResponse::build(StatusCode::CREATED);
    if let Some(location) = answer.location {
        response.insert_header((LOCATION, location));
    }
    Ok(response.json(answer.body))
}
