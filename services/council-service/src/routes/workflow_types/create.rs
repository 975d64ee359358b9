use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use common::auth::{EditWorkflowTypes, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::{Domain, WorkflowTypeId};
use common::problem::{Problem, ProblemDetails};
use common::text::{Name, Text};
use database::governance::workflow_types::{self, NewContent, NewWorkflowType, WorkflowType};
use governance::definition::Step;
use governance::inputs::Inputs;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{check, tagged};
use crate::State;

/// A workflow type to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWorkflowType {
    /// Its id, such as `website.create_landing_page`.
    id: WorkflowTypeId,
    /// The domain that its proposals belong to.
    domain: Domain,
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

/// Adds a workflow type, if everything about it can work. Its `ETag` is what the next version is sent with, in `If-Match`.
#[utoipa::path(
    tag = "workflow types", request_body = CreateWorkflowType,
    responses((status = 201, body = WorkflowType), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/workflow-types")]
pub async fn create(
    admin: RequirePermission<EditWorkflowTypes>,
    body: Body<CreateWorkflowType>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let input_schema = new.input_schema.into_value();
    check(&input_schema, &new.steps)?;
    let new = NewWorkflowType {
        id: &new.id,
        domain: &new.domain,
        content: NewContent {
            name: &new.name,
            description: &new.description,
            input_schema: &input_schema,
            steps: &new.steps,
        },
    };
    let created = workflow_types::create(&mut *state.pool.get().await?, &admin.claims, &context, new).await?;
    Ok(tagged(StatusCode::CREATED, &created))
}
