use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, put, web};
use common::auth::{EditSecrets, RequirePermission};
use common::http::{Body, IfMatch, MaybeIfMatch, RequestContext};
use common::ids::SecretName;
use common::problem::{Problem, ProblemDetails};
use common::secrets::SecretValue;
use common::text::Text;
use database::secrets::{NewSecret, Secret, set};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// A secret to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSecret {
    /// Its value; it can't be read back.
    value: SecretValue,
    /// What it is for; that of one that is there stays when not said.
    description: Option<Text<0, 200>>,
}

/// Sets a secret that steps can use, or replaces it. Each step that begins from now on uses the new value. With the `ETag`
/// of the one before in `If-Match`, only if it is still that one.
#[utoipa::path(
    tag = "secrets", request_body = SetSecret,
    params(
        ("name" = SecretName, Path),
        ("If-Match" = inline(Option<IfMatch>), Header, description = "The ETag of the secret that is replaced"),
    ),
    responses(
        (status = 200, body = Secret), (status = 409, body = ProblemDetails), (status = 412, body = ProblemDetails),
        (status = 422, body = ProblemDetails),
    )
)]
#[put("/api/admin/secrets/{name}")]
pub async fn put(
    admin: RequirePermission<EditSecrets>,
    name: web::Path<SecretName>,
    seen: MaybeIfMatch,
    body: Body<SetSecret>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(SetSecret { value, description }) = body;
    let ciphertext = value.encrypt(&state.encryption, &name).map_err(Problem::internal)?;
    let new = NewSecret { name: &name, ciphertext: &ciphertext, description: description.as_ref() };
    let secret = set(&mut *state.pool.get().await?, &admin.claims, &context, new, seen.0.as_deref()).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", secret.tag()))).json(secret))
}
