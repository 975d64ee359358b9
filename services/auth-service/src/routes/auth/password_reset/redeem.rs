use actix_web::{HttpResponse, post, web};
use common::http::{Body, RequestContext};
use common::keys::secret_hash;
use common::problem::{Problem, ProblemDetails};
use common::text::Text;
use database::identity::passwords::{self, Purpose};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::passwords::NewPassword;

/// A new password, and the right to choose it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// The token of the link in the mail.
    pub token: Text<1, 100>,
    /// The password.
    pub password: NewPassword,
}

/// Chooses a new password with the token of a mail. Every session of the person ends.
#[utoipa::path(
    tag = "auth", request_body = Redeem, security(()),
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/auth/password-reset/redeem")]
pub async fn redeem(
    body: Body<Redeem>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    redeem_for(Purpose::PasswordReset, &body.0, &context, &state).await
}

/// Uses up a token of a mail for this purpose.
pub async fn redeem_for(
    purpose: Purpose,
    body: &Redeem,
    context: &RequestContext,
    state: &State,
) -> Result<HttpResponse, Problem> {
    let hash = secret_hash(body.token.as_str());
    // Who has no good token can't have us hash passwords.
    let user = passwords::find_by_token(&mut *state.pool.get().await?, purpose, &hash).await?.ok_or_else(void)?;
    body.password.check_against(&[&user.email, &user.name], "/password")?;
    let password_hash = state.passwords.hash(&body.password).await?;
    let mut connection = state.pool.get().await?;
    let redeemed = passwords::redeem_token(&mut connection, context, purpose, &hash, &password_hash).await?;
    drop(connection);
    redeemed.ok_or_else(void)?;
    state.access.spread().await;
    Ok(HttpResponse::NoContent().finish())
}

fn void() -> Problem {
    Problem::new(
        actix_web::http::StatusCode::FORBIDDEN,
        "token_void",
        "this link was used, has expired, or was replaced by a newer one: ask for another",
    )
}
