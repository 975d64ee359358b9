use std::num::NonZeroU16;

use actix_web::{get, web};
use common::auth::Read;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{self, policies};
use governance::diff::Change;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::caller::CallerMay;

/// Which two versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The one that is changed; the one before `to` when not said.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 65535)]
    from: Option<NonZeroU16>,
    /// What it is changed to; the one in force when not said.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 65535)]
    to: Option<NonZeroU16>,
}

/// How two versions differ.
#[derive(Serialize, ToSchema)]
pub struct Diff {
    /// Each place; none when they are the same.
    changes: Vec<Change>,
}

/// Tells how two versions of a council's policy differ.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), Query),
    responses((status = 200, body = Diff), (status = 400, body = ProblemDetails), (status = 404, body = ProblemDetails))
)]
#[get("/api/councils/{council_id}/policy/diff")]
pub async fn diff(
    _caller: CallerMay<Read>,
    id: web::Path<CouncilId>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<Diff>, Problem> {
    let mut connection = state.pool.get().await?;
    let current = councils::find(&mut connection, &id).await?.policy_version;
    let to = query.to.map_or(current, |version| version.get().into());
    let from = query.from.map_or((to - 1).max(1), |version| version.get().into());
    let changes = policies::diff(&mut connection, &id, from, to).await?;
    Ok(web::Json(Diff { changes }))
}
