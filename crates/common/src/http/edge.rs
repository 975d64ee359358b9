//! The middleware around every handler: names the request, begins its span, counts it, and turns each failure into a
//! problem.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
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
    let context = RequestContext::of(request.request());
    let id = HeaderValue::from_str(context.request_id());
    // Looked up once: it compares the path with every route.
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or("unmatched");
    let span = span(&request, route, &context);
    request.extensions_mut().insert(context);

    let response = next.call(request).instrument(span.clone()).await?;
    let failure = response
        .response()
        .error()
        .map(|error| span.in_scope(|| translate(error, response.request().path(), id.as_ref().ok())));
    let mut response = match failure {
        Some(answer) => response.into_response(answer),
        None => response.map_into_boxed_body(),
    };

    let headers = response.headers_mut();
    if let Ok(id) = id {
        headers.insert(REQUEST_ID.clone(), id);
    }
    // Answers belong to whoever asked.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(metrics) = response.request().app_data::<web::Data<HttpMetrics>>() {
        metrics.record(&method, route, response.status().as_u16(), started.elapsed());
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
fn translate(error: &Error, path: &str, id: Option<&HeaderValue>) -> HttpResponse {
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), "{error}");
    } else if status == StatusCode::FORBIDDEN {
        // Whoever tries what they may not do; the span names them (OWASP ASVS 5.0, 16.3.2).
        tracing::info!(status = status.as_u16(), path, "refused: {error}");
    }
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.respond(path, id);
    }
    let problem = if status.is_client_error() {
        // The framework's own refusals: of paths, queries and headers.
        Problem::new(status, "bad_request", error.to_string())
    } else {
        Problem::internal(error.to_string())
    };
    problem.respond(path, id)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, test};
    use serde_json::Value;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::Captured;

    async fn forbidden() -> Result<HttpResponse, Problem> {
        Span::current().record("user_id", "ada");
        Err(Problem::forbidden("not yours"))
    }

    #[actix_web::test]
    async fn who_tries_what_they_may_not_do_is_named_in_the_log() {
        let log = Captured::default();
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.layer()));
        let app = test::init_service(App::new().route("/x/{id}", web::get().to(forbidden)).wrap(from_fn(edge))).await;
        let request = test::TestRequest::get().uri("/x/7").insert_header(("x-request-id", "request-1"));
        let answer = test::call_service(&app, request.to_request()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers().get("x-request-id").expect("an id"), "request-1");
        let lines: Vec<Value> = log.lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        for (field, value) in [
            ("message", "refused: not yours"),
            ("path", "/x/7"),
            ("route", "/x/{id}"),
            ("user_id", "ada"),
            ("request_id", "request-1"),
        ] {
            assert_eq!(lines[0][field], value);
        }
    }
}
