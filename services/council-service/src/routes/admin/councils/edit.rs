use std::collections::BTreeSet;

use actix_web::{HttpResponse, patch, web};
use common::auth::{EditCouncils, RequirePermission};
use common::http::{Body, IfMatch, RequestContext};
use common::ids::{CouncilId, Domain};
use common::problem::{Problem, ProblemDetails};
use common::text::{Name, Text};
use database::governance::councils::Council;
use database::governance::councils::edit::{Changes, edit as edit_council};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::routes::councils::{seen, tagged};

/// What changes of a council; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditCouncil {
    /// What it is called.
    name: Option<Name>,
    /// What it is for.
    purpose: Option<Text<0, 1000>>,
    /// All the domains that it is responsible for, from the next proposal on.
    domains: Option<BTreeSet<Domain>>,
}

/// Changes what a council is called, what it is for, or what it answers for. Send its `ETag` in `If-Match`.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("If-Match" = inline(IfMatch), Header)), request_body = EditCouncil,
    responses(
        (status = 200, body = Council), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 428, body = ProblemDetails),
    )
)]
#[patch("/api/admin/councils/{council_id}")]
pub async fn edit(
    admin: RequirePermission<EditCouncils>,
    id: web::Path<CouncilId>,
    body: Body<EditCouncil>,
    tag: IfMatch,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(EditCouncil { name, purpose, domains }) = body;
    let changes = Changes { name: name.as_ref(), purpose: purpose.as_ref(), domains: domains.as_ref() };
    let mut connection = state.pool.get().await?;
    let council = edit_council(&mut connection, &admin.claims, &context, &id, seen(&tag)?, changes).await?;
    Ok(tagged(&council))
}
