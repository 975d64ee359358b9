use std::time::Duration;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, post, web};
use common::actor::Actor;
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::audit::Act;
use database::operations::on_record;
use queue::{Instance, InstanceId, ProfileRequest, Queue};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::State;
use crate::redis::answered;

/// The longest time that is watched, in seconds.
const MAX_SECONDS: u64 = 20;
/// How often it is looked whether the profile is there.
const LOOK: Duration = Duration::from_millis(250);

/// What is to be watched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeProfile {
    /// For how many seconds.
    #[schema(minimum = 1, maximum = 20)]
    seconds: u64,
}

/// Takes a profile of what the CPU does in an instance, and answers with it: a gzipped `profile.proto`, as `go tool
/// pprof` and others read it. It takes up to ten seconds longer than is watched.
#[utoipa::path(
    tag = "operations", params(("instance_id" = String, Path, description = "As `GET /api/admin/instances` tells it.", pattern = r"^[a-z0-9.:\[\]_-]{1,100}$")), request_body = TakeProfile,
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 422, body = ProblemDetails), (status = 503, body = ProblemDetails)
    )
)]
#[post("/api/admin/instances/{instance_id}/profile")]
pub async fn profile(
    admin: RequirePermission<Operate>,
    id: web::Path<InstanceId>,
    body: Body<TakeProfile>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(TakeProfile { seconds }) = body;
    if !(1..=MAX_SECONDS).contains(&seconds) {
        return Err(Problem::invalid_field("/seconds", format!("must be 1 to {MAX_SECONDS}")));
    }
    let instances = answered(state.queue.instances()).await?;
    let instance = instances.into_iter().find(|instance| instance.id == id.as_str());
    let instance = instance.ok_or_else(|| Problem::not_found("running instance"))?;
    let act = Act::new(Actor::User(admin.claims.user.id), "instance.profiled", "instance", &instance.id)
        .with(json!({"service": instance.service, "seconds": seconds}));
    let asked = ask(&state.queue, &instance, seconds);
    // The connection goes back before the wait.
    let request = on_record(&mut *state.pool.get().await?, &admin.claims, &context, act, asked).await?;
    let taken = wait(&state.queue, &request).await;
    // What is not fetched ends by itself.
    let _ = state.queue.forget_profile(&instance, request.id).await;
    let disposition = format!("attachment; filename=\"{}-{}.pb.gz\"", instance.service, request.id);
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(taken?))
}

async fn ask(queue: &Queue, instance: &Instance, seconds: u64) -> Result<ProfileRequest, Problem> {
    let request = answered(queue.ask_profile(instance, seconds)).await?;
    request.ok_or_else(|| {
        Problem::conflict("already_profiling", "a profile of this instance is being taken: try again when it is done")
            .retry_after(MAX_SECONDS)
    })
}

async fn wait(queue: &Queue, request: &ProfileRequest) -> Result<Vec<u8>, Problem> {
    let end = Instant::now() + request.patience();
    while Instant::now() < end {
        match answered(queue.taken_profile(request.id)).await? {
            Some(taken) => {
                return taken.map_err(|reason| Problem::unavailable("the instance has no profile").caused_by(reason));
            }
            None => tokio::time::sleep(LOOK).await,
        }
    }
    Err(Problem::unavailable("the instance did not take the profile in time; it may have ended"))
}
