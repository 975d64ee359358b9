//! The service's endpoints: a file for each, at its path.

mod admin;
mod councils;
mod events;
mod mandates;
mod mcp;
mod schedules;
mod workflow_types;
mod workflows;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every endpoint.
pub fn all(config: &mut ServiceConfig<'_>) {
    config
        .service(admin::councils::create::create)
        .service(admin::councils::edit::edit)
        .service(admin::councils::list::list)
        .service(admin::councils::policy::policy)
        .service(admin::councils::retire::retire)
        .service(admin::councils::seats::delete::delete)
        .service(admin::councils::seats::put::put)
        .service(councils::check_action::check_action)
        .service(councils::delegations::create::create)
        .service(councils::delegations::end::end)
        .service(councils::delegations::list::list)
        .service(admin::secrets::delete::delete)
        .service(admin::secrets::list::list)
        .service(admin::secrets::put::put)
        .service(admin::incidents::note::note)
        .service(admin::queues::list::list)
        .service(admin::queues::pause::pause)
        .service(admin::queues::resume::resume)
        .service(admin::instances::list::list)
        .service(admin::instances::profile::profile)
        .service(admin::log_level::read::read)
        .service(admin::log_level::set::set)
        .service(admin::log_level::unset::unset)
        .service(admin::workflow_types::limits::read)
        .service(admin::workflow_types::limits::set)
        .service(admin::dead_letters::counts::counts)
        .service(admin::dead_letters::list::list)
        .service(admin::dead_letters::retry::retry)
        .service(admin::webhooks::change::change)
        .service(admin::webhooks::create::create)
        .service(admin::webhooks::delete::delete)
        .service(admin::webhooks::deliveries::redeliver::redeliver)
        .service(admin::webhooks::list::list)
        .service(admin::webhooks::read::read)
        .service(admin::webhooks::rotate_secret::rotate_secret)
        .service(admin::webhooks::test::test)
        .service(councils::list::list)
        .service(councils::mandates::mandates)
        .service(councils::policy::diff::diff)
        .service(councils::policy::versions::versions)
        .service(councils::read::read)
        .service(councils::vote::vote)
        .service(mandates::revoke::revoke)
        .service(mcp::mcp)
        .service(councils::health::read)
        .service(councils::policy::simulate::simulate)
        .service(events::listen::listen)
        .service(schedules::create::create)
        .service(schedules::delete::delete)
        .service(schedules::list::list)
        .service(schedules::pause::pause)
        .service(schedules::read::read)
        .service(schedules::replace::replace)
        .service(schedules::resume::resume)
        .service(workflow_types::create::create)
        .service(workflow_types::dry_run::dry_run)
        .service(workflow_types::list::list)
        .service(workflow_types::read::read)
        .service(workflow_types::replace::replace)
        .service(workflow_types::versions::versions)
        .service(workflows::propose::propose)
        .service(workflows::list::list)
        .service(workflows::read::read)
        .service(workflows::evidence::evidence)
        .service(workflows::break_glass::break_glass)
        .service(workflows::cancel::cancel)
        .service(workflows::retry::retry)
        .service(workflows::veto::veto);
}
