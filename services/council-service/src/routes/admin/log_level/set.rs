use std::time::Duration;

use actix_web::{put, web};
use chrono::Utc;
use common::actor::Actor;
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::telemetry::LogLevel;
use database::audit::Act;
use database::operations::on_record;
use queue::{LevelOrder, ServiceName};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::State;
use crate::redis::answered;

/// The longest time, in minutes: nobody remembers for longer that a service logs everything.
const MAX_MINUTES: u32 = 240;

/// What is to be logged, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLogLevel {
    /// By which service; absent or null for every service.
    service: Option<ServiceName>,
    /// A level, or levels for parts of the program.
    level: LogLevel,
    /// For how many minutes.
    #[schema(minimum = 1, maximum = 240)]
    minutes: u32,
}

/// Changes what services log, for a time. Every instance knows within five seconds, and goes back by itself.
#[utoipa::path(
    tag = "operations", request_body = SetLogLevel,
    responses((status = 200, body = LevelOrder), (status = 422, body = ProblemDetails))
)]
#[put("/api/admin/log-level")]
pub async fn set(
    admin: RequirePermission<Operate>,
    body: Body<SetLogLevel>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<LevelOrder>, Problem> {
    let Body(SetLogLevel { service, level, minutes }) = body;
    if !(1..=MAX_MINUTES).contains(&minutes) {
        return Err(Problem::invalid_field("/minutes", format!("must be 1 to {MAX_MINUTES}")));
    }
    let time = Duration::from_mins(minutes.into());
    let order = LevelOrder { service, level, until: Utc::now() + time, set_by: admin.claims.user.id };
    let about = service.map_or("all", ServiceName::as_str);
    let act = Act::new(Actor::User(admin.claims.user.id), "log_level.set", "service", about)
        .with(json!({"level": order.level, "minutes": minutes}));
    let mut connection = state.pool.get().await?;
    let set = answered(state.queue.set_log_level(&order, time));
    on_record(&mut connection, &admin.claims, &context, act, set).await?;
    Ok(web::Json(order))
}
