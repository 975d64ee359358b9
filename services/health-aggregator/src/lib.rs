#![doc = include_str!("../README.md")]

pub mod history;
mod incidents;
mod metrics;
pub mod monitor;
pub mod pages;
pub mod probe;
mod routes;
pub mod settings;
mod status_page;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;
use common::config::HttpSettings;
use common::metrics::Metrics;
use common::server::{Check, Service};
use common::verifier::Verifier;
use database::Pool;
use history::History;
use probe::Prober;
use routes::queues::throughput::Counted;
use utoipa_actix_web::service_config::ServiceConfig;

/// The service, ready to serve what the prober and the history find out while they run.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    pool: Pool,
    prober: Prober,
    history: History,
    verifier: web::Data<Verifier>,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    let watched = pool.clone();
    metrics.watch_connections(move || watched.connections());
    metrics::register(&metrics, &prober, &history);
    // It has to answer above all when nothing else does: it is ready when it has asked, whatever it was told.
    let asked = prober.clone();
    let has_asked: Check = Arc::new(move || {
        let has_asked = asked.has_asked();
        Box::pin(async move { has_asked.then_some(()).ok_or_else(|| "has not asked every part yet".to_owned()) })
    });
    let (pool, prober, history) = (web::Data::new(pool), web::Data::new(prober), web::Data::new(history));
    let counted = web::Data::new(Counted::default());
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("first_round", has_asked)]),
        routes: move |config: &mut ServiceConfig<'_>| {
            config
                .app_data(pool.clone())
                .app_data(prober.clone())
                .app_data(history.clone())
                .app_data(verifier.clone())
                .app_data(counted.clone())
                .configure(routes::all);
        },
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::openapi::document(routes::all)
}
