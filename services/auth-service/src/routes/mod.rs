//! The service's endpoints: a file for each, at its path.

mod admin;
pub(crate) mod auth;
mod well_known;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every endpoint.
pub fn all(config: &mut ServiceConfig<'_>) {
    config
        .service(well_known::jwks::jwks)
        .service(auth::login::login)
        .service(auth::refresh::refresh)
        .service(auth::logout::logout)
        .service(auth::me::me)
        .service(auth::change_me::change_me)
        .service(auth::password::password)
        .service(auth::password_reset::request::request)
        .service(auth::password_reset::redeem::redeem)
        .service(auth::invitations::accept::accept)
        .service(auth::sessions::list::list)
        .service(auth::sessions::end::end)
        .service(auth::sessions::end_others::end_others)
        .service(auth::totp::read::read)
        .service(auth::totp::begin::begin)
        .service(auth::totp::confirm::confirm)
        .service(auth::totp::disable::disable)
        .service(auth::totp::renew_codes::renew_codes)
        .service(auth::totp::verify::verify)
        .service(admin::users::create::create)
        .service(admin::users::invite::invite)
        .service(admin::users::list::list)
        .service(admin::users::read::read)
        .service(admin::users::change::change)
        .service(admin::users::erase::erase)
        .service(admin::users::invitation::resend::resend)
        .service(admin::users::sessions::list::list)
        .service(admin::users::sessions::end::end)
        .service(admin::users::totp::reset::reset)
        .service(admin::sessions::end::end)
        .service(admin::agents::create::create)
        .service(admin::agents::list::list)
        .service(admin::agents::read::read)
        .service(admin::agents::change::change)
        .service(admin::agents::keys::issue::issue)
        .service(admin::agents::keys::list::list)
        .service(admin::agents::keys::revoke::revoke)
        .service(admin::audit_logs::list::list)
        .service(admin::audit_logs::export::export)
        .service(admin::audit_logs::checkpoints::checkpoints);
}
