use actix_web::{put, web};
use common::auth::{EditCouncils, RequirePermission};
use common::claims::Seat;
use common::http::{Body, RequestContext};
use common::ids::{CouncilId, UserId};
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{Council, seats};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// A seat to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveSeat {
    /// What the person will be in the council.
    seat: Seat,
}

/// Gives a person a seat in a council, or another kind of seat.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("user_id" = UserId, Path)), request_body = GiveSeat,
    responses((status = 200, body = Council), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[put("/api/admin/councils/{council_id}/seats/{user_id}")]
pub async fn put(
    admin: RequirePermission<EditCouncils>,
    path: web::Path<(CouncilId, UserId)>,
    body: Body<GiveSeat>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Council>, Problem> {
    let (council, user) = path.into_inner();
    let mut connection = state.pool.get().await?;
    let council = seats::seat(&mut connection, &admin.claims, &context, &council, user, body.0.seat).await?;
    drop(connection);
    state.access.spread().await;
    Ok(web::Json(council))
}
