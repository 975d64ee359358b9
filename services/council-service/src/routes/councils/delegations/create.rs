use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Utc};
use common::auth::{RequirePermission, Vote};
use common::http::{Body, RequestContext};
use common::ids::{CouncilId, UserId};
use common::moment;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::delegations::{Delegation, NewDelegation, delegate};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Who is to stand in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// For the holder of which seat; you, when not said. Admins may name another.
    holder_id: Option<UserId>,
    /// Who stands in: somebody who may vote and has no seat in the council.
    delegate_id: UserId,
    /// From when; at once when not said.
    #[serde(default, deserialize_with = "moment::optional")]
    starts_at: Option<DateTime<Utc>>,
    /// Until when: 90 days at most.
    #[serde(deserialize_with = "moment::required")]
    ends_at: DateTime<Utc>,
}

/// Has somebody stand in for the holder of a seat for a time. They vote in their place; the record shows for whom.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)), request_body = StandIn,
    responses(
        (status = 201, body = Delegation), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails),
    )
)]
#[post("/api/councils/{council_id}/delegations")]
pub async fn create(
    person: RequirePermission<Vote>,
    council: web::Path<CouncilId>,
    body: Body<StandIn>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(StandIn { holder_id, delegate_id, starts_at, ends_at }) = body;
    let holder = holder_id.unwrap_or(person.claims.user.id);
    let new = NewDelegation { holder, delegate: delegate_id, starts_at, ends_at };
    let delegation = delegate(&mut *state.pool.get().await?, &person.claims, &context, &council, new).await?;
    state.access.spread().await;
    Ok(HttpResponse::Created().json(delegation))
}
