use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use common::auth::Propose as ProposePermission;
use common::http::{Body, RequestContext};
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::propose::{Outcome, Proposal, propose as make_proposal};
use database::governance::workflows::{self, Detail};
use governance::inputs::Inputs;
use governance::money::Money;
use serde::Deserialize;
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
}

/// Proposes a workflow.
#[utoipa::path(
    tag = "workflows", request_body = Propose,
    responses(
        (status = 201, body = Detail), (status = 403, body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails),
    )
)]
#[post("/api/workflows")]
pub async fn propose(
    caller: CallerMay<ProposePermission>,
    body: Body<Propose>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let inputs = new.inputs.into_value();
    let proposal = Proposal {
        workflow_type: &new.workflow_type,
        version: new.version,
        inputs: &inputs,
        weekly_savings: new.weekly_savings.as_ref(),
        reason: new.reason.as_ref(),
    };
    let mut connection = state.pool.get().await?;
    match make_proposal(&mut connection, caller.0.proposer(), &context, proposal).await? {
        Outcome::Accepted(id) => {
            state.metrics.created(&new.workflow_type);
            let workflow = workflows::find(&mut connection, id).await?;
            let location = format!("/api/workflows/{id}");
            Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(workflow))
        }
        Outcome::Blocked(council) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "blocked_by_policy",
            format!("the policy of the council {council} does not let {} run", new.workflow_type),
        )),
    }
}
