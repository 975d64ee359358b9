use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use common::auth::Propose as ProposePermission;
use common::http::{Keyed, RequestContext};
use common::ids::{WorkflowId, WorkflowTypeId};
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::propose::Proposal;
use database::governance::workflows::Detail;
use governance::inputs::Inputs;
use governance::money::Money;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;
use crate::proposing::{Blocked, Proposed, propose_once};

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
    reason: Option<Remark>,
    /// A proposal of yours that still waits, and whose place this one takes: it is cancelled, its votes do not count here.
    supersedes: Option<WorkflowId>,
}

/// Proposes a workflow. Sent with an `Idempotency-Key`, it can be sent again.
#[utoipa::path(
    tag = "workflows", request_body = Propose,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again within a day, it is answered the same and done once.", pattern = r#"^("[!#-~]{1,200}"|[!#-~]{1,200})$"#)),
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
    let Keyed { body, key } = new;
    let (workflow_type, inputs) = (body.workflow_type, body.inputs.into_value());
    let proposal = Proposal {
        workflow_type: &workflow_type,
        version: body.version,
        inputs: &inputs,
        weekly_savings: body.weekly_savings.as_ref(),
        reason: body.reason.as_ref(),
        supersedes: body.supersedes,
    };
    let who = (caller.0.id(), caller.0.proposer());
    match propose_once(&state, who, &context, key.as_ref(), proposal).await? {
        Proposed::Kept(id, workflow) => {
            let location = (LOCATION, format!("/api/workflows/{id}"));
            Ok(HttpResponse::Created().insert_header(location).json(workflow))
        }
        Proposed::Blocked(Blocked { workflow_id, council_id }) => {
            let message = format!(
                "the policy of the council {council_id} does not let {workflow_type} run; that it was proposed is kept as {workflow_id}"
            );
            Err(Problem::refused("blocked_by_policy", message))
        }
    }
}
