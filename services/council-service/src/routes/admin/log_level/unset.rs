use actix_web::{HttpResponse, delete, web};
use common::actor::Actor;
use common::auth::{Operate, RequirePermission};
use common::http::RequestContext;
use common::problem::{Problem, ProblemDetails};
use database::audit::Act;
use database::operations::on_record;
use queue::ServiceName;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::State;
use crate::redis::answered;

/// Whose level ends.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only that of this service; without it, every level that was set.
    #[param(inline)]
    service: Option<ServiceName>,
}

/// Lets services log as they were started to, before the time is over.
#[utoipa::path(
    tag = "operations", params(Query),
    responses((status = 204), (status = 400, body = ProblemDetails))
)]
#[delete("/api/admin/log-level")]
pub async fn unset(
    admin: RequirePermission<Operate>,
    query: web::Query<Query>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let service = query.service;
    let about = service.map_or("all", ServiceName::as_str);
    let act = Act::new(Actor::User(admin.claims.user.id), "log_level.unset", "service", about);
    let mut connection = state.pool.get().await?;
    let unset = answered(state.queue.unset_log_level(service));
    on_record(&mut connection, &admin.claims, &context, act, unset).await?;
    Ok(HttpResponse::NoContent().finish())
}
