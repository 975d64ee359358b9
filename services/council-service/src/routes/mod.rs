//! The service's endpoints: a file for each, at its path.

mod admin;
mod councils;
mod events;
mod workflow_types;
mod workflows;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every endpoint.
pub fn all(config: &mut ServiceConfig<'_>) {
    config
        .service(admin::councils::create::create)
        .service(admin::councils::list::list)
        .service(admin::councils::seats::delete::delete)
        .service(admin::councils::seats::put::put)
        .service(councils::health::read)
        .service(councils::list::list)
        .service(councils::policy::simulate::simulate)
        .service(councils::read::read)
        .service(councils::vote::vote)
        .service(events::listen::listen)
        .service(workflow_types::create::create)
        .service(workflow_types::list::list)
        .service(workflow_types::read::read)
        .service(workflows::propose::propose)
        .service(workflows::list::list)
        .service(workflows::read::read)
        .service(workflows::evidence::evidence);
}
