//! The service's endpoints: a file for each, at its path.

mod admin;
mod auth;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every endpoint.
pub fn all(config: &mut ServiceConfig<'_>) {
    config
        .service(auth::login::login)
        .service(auth::me::me)
        .service(admin::users::create::create)
        .service(admin::users::list::list)
        .service(admin::agents::create::create)
        .service(admin::agents::list::list)
        .service(admin::agents::issue_key::issue_key)
        .service(admin::audit_logs::list::list);
}
