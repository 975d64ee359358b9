//! The service's endpoints: a file for each.

mod health;
mod prometheus_targets;
pub mod queues;
pub mod status;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::status_page;

/// Every endpoint. The page for people, and what only Prometheus asks, are no part of the API's document.
pub fn all(config: &mut ServiceConfig<'_>) {
    config
        .service(health::health)
        .service(status::read::status)
        .service(status::incidents::incidents)
        .service(status::badge::badge)
        .service(queues::list::queues)
        .service(queues::throughput::throughput)
        .route("/prometheus/targets", web::get().to(prometheus_targets::targets))
        .route("/status", web::get().to(status_page::page))
        .route("/status/style.css", web::get().to(status_page::stylesheet));
}
