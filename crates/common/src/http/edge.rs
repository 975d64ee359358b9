//! The middleware around every handler: names the request, begins its spans, counts it, and turns each failure into a
//! problem.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use tracing::{Instrument, Span};

use super::context::{REQUEST_ID, RequestContext};
use super::panicked::Panicked;
use crate::Traceparent;
use crate::metrics::{HttpMetrics, method_name};
use crate::problem::Problem;
use crate::telemetry::traces::{self, Attribute, Kind};

/// Runs the handler, then counts, names and, if need be, translates its answer.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let mut context = RequestContext::of(request.request());
    let id = HeaderValue::from_str(context.request_id());
    // Looked up once: it compares the path with every route.
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or("unmatched");
    let mut trace = trace(&request, route, &context);
    context.traceparent = Some(trace.traceparent());
    let span = span(&request, route, &context);
    sentry::configure_scope(|scope| scope.set_tag("request_id", context.request_id()));
    let metrics = request.app_data::<web::Data<HttpMetrics>>().cloned();
    let panicked = Panicked::remember(&request, &context);
    request.extensions_mut().insert(context);

    let answered = AssertUnwindSafe(next.call(request).instrument(span.clone())).catch_unwind().await;
    let Ok(response) = answered else {
        trace.fails("panicked".to_owned());
        if let Some(metrics) = metrics {
            metrics.record(&method, route, StatusCode::INTERNAL_SERVER_ERROR.as_u16(), started.elapsed());
        }
        return Err(panicked.into());
    };
    let response = response?;
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
    let (status, took) = (response.status(), started.elapsed());
    trace.says(|| [Attribute::new("http.response.status_code", i64::from(status.as_u16()))]);
    if status.is_server_error() {
        trace.fails(status.as_str().to_owned());
    }
    if let Some(metrics) = metrics {
        metrics.record(&method, route, status.as_u16(), took);
    }
    span.in_scope(|| tracing::debug!(status = status.as_u16(), took_seconds = took.as_secs_f64(), "answered"));
    Ok(response)
}

/// Whether it is asked by those who look every few seconds whether the service lives: no traces need to tell of it, and no load
/// may hinder it.
pub(super) fn is_probe(route: &str) -> bool {
    route.starts_with("/health/") || route == "/metrics"
}

/// What a trace says of the request: what it was for, never its path, which may hold what nobody else should know.
fn trace(request: &ServiceRequest, route: &str, context: &RequestContext) -> traces::Span {
    let parent = context.traceparent.or_else(|| is_probe(route).then(Traceparent::untraced));
    let method = method_name(request.method());
    let mut span = traces::Span::begin(Kind::Server, parent, || format!("{method} {route}").into());
    span.says(|| {
        [
            Attribute::new("http.request.method", method),
            Attribute::new("http.route", route.to_owned()),
            Attribute::new("url.scheme", "http"),
            Attribute::new("codex.request_id", context.request_id().to_owned()),
        ]
    });
    span
}

/// What every line that is logged in a request says of it.
fn span(request: &ServiceRequest, route: &str, context: &RequestContext) -> Span {
    // Of the highest level: what is logged of a request names it whatever the level of the log is.
    tracing::error_span!(
        "request",
        method = request.method().as_str(),
        route,
        request_id = context.request_id(),
        user_id = tracing::field::Empty,
        trace_id = context.traceparent.as_ref().map(Traceparent::trace_id),
    )
}

/// The problem for a failed handler or extractor. Faults of ours are logged with all that led to them.
fn translate(error: &Error, path: &str, id: Option<&HeaderValue>) -> HttpResponse {
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), error = error.as_error().and_then(Problem::cause), "{error}");
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
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert_eq!((&lines[1]["level"], &lines[1]["message"]), (&"DEBUG".into(), &"answered".into()));
        for (field, value) in [
            ("message", "refused: not yours"),
            ("path", "/x/7"),
            ("route", "/x/{id}"),
            ("user_id", "ada"),
            ("request_id", "request-1"),
        ] {
            assert_eq!(lines[0][field], value);
        }
        assert_eq!(lines[0]["trace_id"].as_str().map(str::len), Some(32), "one is made for whoever sends none");
    }
}
