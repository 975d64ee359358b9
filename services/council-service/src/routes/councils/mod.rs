//! `/api/councils`.

pub mod check_action;
pub mod delegations;
pub mod health;
pub mod list;
pub mod mandates;
pub mod policy;
pub mod read;
pub mod vote;

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use common::http::IfMatch;
use common::problem::Problem;
use database::governance::councils::Council;
use governance::digest::Digest;

/// A council, with the tag that says how it is now.
pub fn tagged(council: &Council) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", council.version()))).json(council)
}

/// The council as the sender of a change saw it. A tag that none of ours is was never current.
pub fn seen(tag: &IfMatch) -> Result<Digest, Problem> {
    tag.0.parse().map_err(|_| Problem::changed_meanwhile("council"))
}
