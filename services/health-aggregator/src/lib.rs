#![doc = include_str!("../README.md")]

pub mod monitor;
pub mod probe;
mod routes;
pub mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;
use common::config::HttpSettings;
use common::metrics::Metrics;
use common::server::{Check, Service};
use database::Pool;
use probe::Prober;
use utoipa_actix_web::service_config::ServiceConfig;

/// The service, ready to serve.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    pool: Pool,
    prober: Prober,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    metrics.watch_connections(move || pool.active());
    let prober = web::Data::new(prober);
    // It has to answer above all when nothing else does: it is ready when it runs.
    let running: Check = Arc::new(|| Box::pin(async { Ok(()) }));
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("process", running)]),
        routes: move |config: &mut ServiceConfig<'_>| {
            config.app_data(prober.clone()).configure(routes::all);
        },
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::server::openapi(routes::all)
}
