use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;

use super::confirm::ConfirmTotp;
use super::in_use;
use crate::State;
use crate::proof::good_code;

/// Shows a code of the authenticator once more, as running a workflow before its approval demands. It counts for five
/// minutes, in this session.
#[utoipa::path(
    tag = "auth", request_body = ConfirmTotp,
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 409, body = ProblemDetails), (status = 429, body = ProblemDetails))
)]
#[post("/api/auth/totp/verify")]
pub async fn verify(
    Authenticated(claims): Authenticated,
    body: Body<ConfirmTotp>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let step = in_use(&state, &claims).await?.step_of(&body.0.code);
    good_code(totp::verify(&mut *state.pool.get().await?, &claims, &context, step).await?)?;
    Ok(HttpResponse::NoContent().finish())
}
