//! The middleware around every handler: names the request, begins its span, counts it, and turns each failure into a
//! problem.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use tracing::{Instrument, Span};

use super::context::{REQUEST_ID, RequestContext};
use crate::metrics::HttpMetrics;
use crate::problem::Problem;

/// Runs the handler, then counts, names and, if need be, translates its answer.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let metrics = request.app_data::<web::Data<HttpMetrics>>().cloned();
    let path = request.path().to_owned();
    let context = RequestContext::of(request.request());
    // Looked up once: it compares the path with every route.
    let route: Arc<str> = request.match_pattern().as_deref().unwrap_or("unmatched").into();
    let span = span(&request, &route, &context);
    request.extensions_mut().insert(context.clone());

    let response = next.call(request).instrument(span.clone()).await?;
    let failure = response.response().error().map(|error| span.in_scope(|| translate(error, &path, &context)));
    let mut response = match failure {
        Some(answer) => response.into_response(answer),
        None => response.map_into_boxed_body(),
    };

    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(context.request_id()) {
        headers.insert(HeaderName::from_static(REQUEST_ID), id);
    }
    // Answers belong to whoever asked.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(metrics) = metrics {
        metrics.record(&method, route, status.as_u16(), started.elapsed());
    }
    Ok(response)
}

/// What every line that is logged in a request says of it.
fn span(request: &ServiceRequest, route: &str, context: &RequestContext) -> Span {
    tracing::info_span!(
        "request",
        method = request.method().as_str(),
        route,
        request_id = context.request_id(),
        user_id = tracing::field::Empty,
        trace_id = context.traceparent.as_deref().and_then(|parent| parent.split('-').nth(1)),
    )
}

/// The problem for a failed handler or extractor. Faults of ours are logged with all that led to them.
fn translate(error: &Error, path: &str, context: &RequestContext) -> HttpResponse {
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), "{error}");
    }
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.respond(path, context.request_id());
    }
    let problem = if status.is_client_error() {
        // The framework's own refusals: of paths, queries and headers.
        Problem::new(status, "bad_request", error.to_string())
    } else {
        Problem::internal(error.to_string())
    };
    problem.respond(path, context.request_id())
}
