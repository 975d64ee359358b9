use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp::Factor;
use database::identity::{logins, totp};

use super::confirm::ConfirmTotp;
use super::in_use;
use crate::State;
use crate::device::Client;
use crate::proof::{refuse_locked, wrong_code};

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
    client: Client,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    refuse_locked(&state, &claims).await?;
    let authenticator = in_use(&state, &claims).await?;
    let factor = authenticator.step_of(&body.0.code).map_or(Factor::Wrong, Factor::Totp);
    let mut connection = state.pool.get().await?;
    if !totp::verify(&mut connection, &claims, &context, factor).await? {
        let lifetimes = state.identity.sessions;
        logins::count_failure(&mut connection, &context, claims.user.id, client.device(), lifetimes).await?;
        return Err(wrong_code());
    }
    Ok(HttpResponse::NoContent().finish())
}
