//! What a client is told when a handler panics: that it is a fault of ours, under the request's name. The panic itself
//! is in the log and in Sentry.

use std::fmt;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use super::context::{REQUEST_ID, RequestContext};
use crate::problem::Problem;

/// A request whose handler panicked. Nothing but this is left of it.
#[derive(Debug)]
pub struct Panicked {
    path: String,
    request_id: Option<String>,
}

impl Panicked {
    /// Keeps what the answer would need.
    pub fn remember(request: &ServiceRequest, context: &RequestContext) -> Self {
        Self { path: request.path().to_owned(), request_id: context.request_id.clone() }
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handler panicked")
    }
}

impl ResponseError for Panicked {
    fn error_response(&self) -> HttpResponse {
        let id = self.request_id.as_deref().unwrap_or_default();
        let mut response = Problem::internal(self.to_string()).respond(&self.path, id);
        if let Ok(id) = HeaderValue::from_str(id) {
            response.headers_mut().insert(REQUEST_ID.clone(), id);
        }
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
