use actix_web::{get, web};
use chrono::{DateTime, Utc};
use common::auth::{Operate, RequirePermission};
use common::problem::Problem;
use queue::Announcement;
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::redis::answered;

/// What runs.
#[derive(Serialize, ToSchema)]
pub struct Instances {
    /// The instances that have announced themselves in the last 15 seconds, by service and id.
    instances: Vec<RunningInstance>,
}

/// A running instance of a service.
#[derive(Serialize, ToSchema)]
pub struct RunningInstance {
    /// Names it among all.
    id: String,
    /// Which service.
    service: String,
    /// Its version.
    version: String,
    /// Since when it runs.
    since: Option<DateTime<Utc>>,
}

/// Lists the running instances of all services.
#[utoipa::path(tag = "operations", responses((status = 200, body = Instances)))]
#[get("/api/admin/instances")]
pub async fn list(
    _admin: RequirePermission<Operate>,
    state: web::Data<State>,
) -> Result<web::Json<Instances>, Problem> {
    let instances = answered(state.queue.announcements()).await?.into_iter().map(|said| {
        let Announcement { instance, since } = said;
        RunningInstance { id: instance.id, service: instance.service, version: instance.version, since }
    });
    Ok(web::Json(Instances { instances: instances.collect() }))
}
