use actix_web::{HttpResponse, post, web};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::passwords::Purpose;

use crate::State;
use crate::routes::auth::password_reset::redeem::{Redeem, redeem_for};

/// Accepts an invitation: chooses the first password with the token of the mail. Then the person can log in.
#[utoipa::path(
    tag = "auth", request_body = Redeem, security(()),
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/auth/invitations/accept")]
pub async fn accept(
    body: Body<Redeem>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    redeem_for(Purpose::Invitation, &body.0, &context, &state).await
}
