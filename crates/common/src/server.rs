//! The HTTP server that every service is: routes of its own inside, everything shared around them.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::guard::fn_guard;
use actix_web::http::StatusCode;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpResponse, HttpServer, get, web};
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::config::HttpSettings;
use crate::http::concurrency::limit;
use crate::http::edge::edge;
use crate::http::{ConcurrencyLimit, RouteTable, routes};
use crate::metrics::{HttpMetrics, Metrics};
use crate::openapi;
use crate::problem::Problem;

/// How long requests in flight may go on after a stop was asked for, in seconds.
const DRAIN_SECONDS: u64 = 25;
/// How long a readiness check may take before it counts as failed.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a part that the service can't work without whether it works; the error says why not.
pub type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What makes a service's server its own.
#[derive(Clone)]
pub struct Service<R> {
    /// How it listens.
    pub http: HttpSettings,
    /// Its metrics.
    pub metrics: Metrics,
    /// The parts that `/health/ready` asks, by name.
    pub checks: BTreeMap<&'static str, Check>,
    /// Its routes and their state.
    pub routes: R,
}

impl<R> Service<R>
where
    R: Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static,
{
    /// Serves on the listener until the token is cancelled, then lets requests in flight finish.
    pub fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<Server> {
        let requests = HttpMetrics::new(&self.metrics.meter());
        self.run(listener, stop, Some(requests))
    }

    /// The same without counting requests: `make bench` compares with it, and nothing else does it.
    pub fn serve_uncounted(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<Server> {
        self.run(listener, stop, None)
    }

    fn run(
        self,
        listener: TcpListener,
        stop: CancellationToken,
        requests: Option<HttpMetrics>,
    ) -> std::io::Result<Server> {
        let workers = self.http.workers;
        let concurrency = web::Data::new(ConcurrencyLimit::new(self.http.concurrency));
        let http = web::Data::new(self.http);
        let metrics = web::Data::new(self.metrics);
        let checks = web::Data::new(self.checks);
        let table = web::Data::new(RouteTable::of(&openapi::document(self.routes.clone())));
        let routes = self.routes;
        // For answers that would outlast the drain, unless they end early.
        let stopping = web::Data::new(stop.clone());
        // Without a DSN there is nobody to report to, and no request needs a hub of its own.
        let reporting = sentry::Hub::current().client().is_some_and(|client| client.is_enabled());
        HttpServer::new(move || {
            let mut app = match &requests {
                Some(requests) => App::new().app_data(web::Data::new(requests.clone())),
                None => App::new(),
            };
            for (path, methods) in table.spelt_out() {
                let methods = methods.to_vec();
                let others = fn_guard(move |context| !methods.contains(&context.head().method));
                app = app.service(web::resource(path).guard(others).to(routes::unmatched));
            }
            let (app, _) = app
                .app_data(http.clone())
                .app_data(concurrency.clone())
                .app_data(metrics.clone())
                .app_data(checks.clone())
                .app_data(table.clone())
                .app_data(stopping.clone())
                .app_data(web::PayloadConfig::new(crate::http::MAX_BODY_BYTES))
                .app_data(web::PathConfig::default().error_handler(|error, _| {
                    Problem::bad_request("invalid_path", format!("the path is malformed: {error}")).into()
                }))
                .app_data(web::QueryConfig::default().error_handler(|error, _| {
                    Problem::bad_request("invalid_query", format!("the query is malformed: {error}")).into()
                }))
                .into_utoipa_app()
                .configure(|config: &mut ServiceConfig<'_>| routes(config))
                .split_for_parts();
            app.service(live)
                .service(ready)
                .service(show_metrics)
                .default_service(web::to(routes::unmatched))
                .wrap(from_fn(limit))
                .wrap(from_fn(edge))
                .wrap(Condition::new(http.console_origin.is_some(), cors(http.console_origin.as_deref())))
                .wrap(Condition::new(reporting, reports()))
        })
        .workers(workers)
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(DRAIN_SECONDS)
        .shutdown_signal(async move { stop.cancelled().await })
        .listen(listener)
        .map(HttpServer::run)
    }
}

/// A token that is cancelled when the process is asked to stop, by SIGTERM or SIGINT.
pub fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
            stop.cancel();
        }
    });
    Ok(stop)
}

/// Names what is reported of a request, and traces it. `edge` logs failures, which reports them.
fn reports() -> sentry_actix::Sentry {
    sentry_actix::Sentry::builder().start_transaction(true).capture_server_errors(false).finish()
}

fn cors(origin: Option<&str>) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "last-event-id",
            "x-request-id",
            "x-requested-with",
        ])
        .expose_headers(["etag", "retry-after", "x-request-id"])
        .supports_credentials()
        .max_age(3600);
    match origin {
        Some(origin) => cors.allowed_origin(origin),
        None => cors,
    }
}

/// The process answers.
#[get("/health/live")]
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "live"}))
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    checks: BTreeMap<&'static str, String>,
}

/// Every part that the service needs answers.
#[get("/health/ready")]
async fn ready(checks: web::Data<BTreeMap<&'static str, Check>>) -> HttpResponse {
    let asked = checks.iter().map(async |(&name, check)| {
        let answer = tokio::time::timeout(READY_TIMEOUT, check()).await;
        (name, answer.unwrap_or_else(|_| Err("no answer in time".to_owned())))
    });
    let answers = futures_util::future::join_all(asked).await;
    let all_ready = answers.iter().all(|(_, answer)| answer.is_ok());
    let readiness = Readiness {
        status: if all_ready { "ready" } else { "not ready" },
        checks: answers
            .into_iter()
            .map(|(name, answer)| (name, answer.err().unwrap_or_else(|| "healthy".to_owned())))
            .collect(),
    };
    let status = if all_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(readiness)
}

/// Everything measured, for Prometheus.
#[get("/metrics")]
async fn show_metrics(metrics: web::Data<Metrics>) -> Result<HttpResponse, Problem> {
    let text = metrics.exposition().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
