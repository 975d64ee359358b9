use actix_web::{get, web};
use common::auth::Read;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::policies::{self, PolicyVersion};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// The versions of a council's policy: few, so that there are no pages.
#[derive(Serialize, ToSchema)]
pub struct PolicyVersions {
    /// Newest first.
    versions: Vec<PolicyVersion>,
}

/// Lists the versions of a council's policy, each with how it differs from the one before it.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)),
    responses((status = 200, body = PolicyVersions), (status = 404, body = ProblemDetails))
)]
#[get("/api/councils/{council_id}/policy/versions")]
pub async fn versions(
    _caller: CallerMay<Read>,
    id: web::Path<CouncilId>,
    state: web::Data<State>,
) -> Result<web::Json<PolicyVersions>, Problem> {
    Ok(web::Json(PolicyVersions { versions: policies::versions(&mut *state.reads.get().await?, &id).await? }))
}
