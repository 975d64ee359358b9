//! `/api/councils`.

pub mod health;
pub mod list;
pub mod policy;
pub mod read;
pub mod vote;

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use database::governance::councils::Council;

/// A council, with the tag that says how it is now.
pub fn tagged(council: &Council) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", council.version()))).json(council)
}
