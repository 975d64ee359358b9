use actix_web::{HttpResponse, delete, web};
use common::auth::{EditSecrets, RequirePermission};
use common::http::RequestContext;
use common::ids::SecretName;
use common::problem::{Problem, ProblemDetails};
use database::secrets::delete as delete_secret;

use crate::State;

/// Forgets a secret that no workflow type needs.
#[utoipa::path(
    tag = "secrets", params(("name" = SecretName, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[delete("/api/admin/secrets/{name}")]
pub async fn delete(
    admin: RequirePermission<EditSecrets>,
    name: web::Path<SecretName>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    delete_secret(&mut *state.pool.get().await?, &admin.claims, &context, &name).await?;
    Ok(HttpResponse::NoContent().finish())
}
