use actix_web::{HttpResponse, post, web};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::text::Email;
use database::identity::passwords;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Whose password is to be reset.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestReset {
    /// The e-mail address of the account.
    email: Email,
}

/// Has a link to choose a new password sent to an address. The answer is the same for every address.
#[utoipa::path(
    tag = "auth", request_body = RequestReset, security(()),
    responses((status = 202), (status = 422, body = ProblemDetails))
)]
#[post("/api/auth/password-reset")]
pub async fn request(
    body: Body<RequestReset>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    passwords::request_reset(&mut *state.pool.get().await?, &context, &body.0.email).await?;
    Ok(HttpResponse::Accepted().finish())
}
