use actix_web::http::StatusCode;
use actix_web::{HttpResponse, put, web};
use common::auth::{EditWorkflowTypes, RequirePermission};
use common::http::{Body, IfMatch, RequestContext};
use common::ids::{Domain, WorkflowTypeId};
use common::problem::{Problem, ProblemDetails};
use common::text::{Name, Text};
use database::governance::workflow_types::{self, NewContent, WorkflowType};
use governance::definition::Step;
use governance::inputs::Inputs;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{check, tagged};
use crate::State;

/// What the next version of a workflow type says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceWorkflowType {
    /// The domain, which never changes: when it is sent, it must be the one that the type has.
    domain: Option<Domain>,
    /// What it is called.
    name: Name,
    /// What it does.
    #[serde(default)]
    description: Text<0, 2000>,
    /// JSON Schema (2020-12) of its inputs; an object.
    input_schema: Inputs,
    /// What it consists of.
    #[serde(deserialize_with = "common::json::objects")]
    steps: Vec<Step>,
}

/// Gives a workflow type another version, for proposals from now on; those that were made keep theirs. The same content
/// again makes no version.
#[utoipa::path(
    tag = "workflow types", request_body = ReplaceWorkflowType,
    params(
        ("workflow_type" = WorkflowTypeId, Path),
        ("If-Match" = inline(IfMatch), Header, description = "The ETag of the version that is replaced"),
    ),
    responses(
        (status = 200, body = WorkflowType), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 422, body = ProblemDetails), (status = 428, body = ProblemDetails),
    )
)]
#[put("/api/workflow-types/{workflow_type}")]
pub async fn replace(
    admin: RequirePermission<EditWorkflowTypes>,
    id: web::Path<WorkflowTypeId>,
    seen: IfMatch,
    body: Body<ReplaceWorkflowType>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let input_schema = new.input_schema.into_value();
    check(&input_schema, &new.steps)?;
    let mut connection = state.pool.get().await?;
    if let Some(domain) = new.domain {
        let current = workflow_types::find(&mut connection, &id, None).await?;
        if domain != current.domain {
            return Err(Problem::invalid_field("/domain", format!("is {}: it never changes", current.domain)));
        }
    }
    let next =
        NewContent { name: &new.name, description: &new.description, input_schema: &input_schema, steps: &new.steps };
    let replaced = workflow_types::replace(&mut connection, &admin.claims, &context, &id, &seen.0, next).await?;
    Ok(tagged(StatusCode::OK, &replaced))
}
