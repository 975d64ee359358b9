#![doc = include_str!("../README.md")]

mod caller;
pub mod commands;
pub mod council_gauges;
pub mod events;
mod mcp;
mod metrics;
mod proposing;
mod redis;
mod routes;
pub mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use access::Access;
use actix_web::web;
use common::config::HttpSettings;
use common::encryption::Encryption;
use common::metrics::Metrics;
use common::server::Service;
use database::{Pool, ReadPool};
use events::Events;
use queue::Queue;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the handlers work with.
pub struct State {
    pool: Pool,
    /// For what may be a little stale.
    reads: ReadPool,
    queue: Queue,
    access: Access,
    encryption: Encryption,
    events: Events,
    metrics: metrics::Workflows,
    watch: Arc<mcp::Watch>,
}

/// The service, ready to serve.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    reads: impl Into<ReadPool>,
    queue: Queue,
    access: Access,
    encryption: Encryption,
    events: Events,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    let reads = reads.into();
    let pool = reads.primary().clone();
    reads.watch(&metrics);
    metrics.watch_connections({
        let pool = pool.clone();
        move || pool.connections()
    });
    let database = pool.readiness();
    let (verifier, revocations) = (access.verifier.clone(), access.readiness());
    let watch = Arc::new(mcp::Watch::new(pool.clone()));
    let counts = metrics::Workflows::new(&metrics.meter());
    let state = web::Data::new(State { pool, reads, queue, access, encryption, events, metrics: counts, watch });
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("database", database), ("revocations", revocations)]),
        routes: move |config: &mut ServiceConfig<'_>| {
            config.app_data(verifier.clone()).app_data(state.clone()).configure(routes::all);
        },
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::openapi::document(routes::all)
}
