use actix_web::http::header::CacheControl;
use actix_web::http::header::CacheDirective::{MaxAge, Public};
use actix_web::{HttpResponse, get, web};
use common::tokens::JwkSet;

use crate::State;

/// Tells the public keys that tokens can be checked with (RFC 7517); none while tokens are signed with a secret.
#[utoipa::path(tag = "auth", security(()), responses((status = 200, body = JwkSet)))]
#[get("/.well-known/jwks.json")]
pub async fn jwks(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().insert_header(CacheControl(vec![Public, MaxAge(30)])).json(state.signer.published())
}
