use actix_web::{get, web};
use common::auth::{EditSecrets, RequirePermission};
use common::ids::SecretName;
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::secrets::{self, Secret};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of secrets.
#[derive(Serialize, ToSchema)]
pub struct Secrets {
    /// What is known of each, by name; never its value.
    secrets: Vec<Secret>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<SecretName>>,
}

/// Lists the secrets that steps can use, without their values.
#[utoipa::path(
    tag = "secrets", params(PageQuery<SecretName>),
    responses((status = 200, body = Secrets), (status = 400, body = ProblemDetails))
)]
#[get("/api/admin/secrets")]
pub async fn list(
    _admin: RequirePermission<EditSecrets>,
    page: web::Query<PageQuery<SecretName>>,
    state: web::Data<State>,
) -> Result<web::Json<Secrets>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let (secrets, next_cursor) = secrets::list(&mut *state.pool.get().await?, limit, after).await?;
    Ok(web::Json(Secrets { secrets, next_cursor }))
}
