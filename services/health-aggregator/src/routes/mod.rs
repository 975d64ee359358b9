//! The service's endpoints: a file for each.

mod health;
mod queues;
mod status;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every endpoint.
pub fn all(config: &mut ServiceConfig<'_>) {
    config.service(health::health).service(status::status).service(queues::queues);
}
