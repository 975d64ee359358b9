#![doc = include_str!("../README.md")]

pub mod commands;
pub mod passwords;
mod routes;
pub mod sealer;
pub mod settings;

use std::collections::BTreeMap;

use actix_web::web;
use common::claims::TokenKeys;
use common::config::HttpSettings;
use common::metrics::Metrics;
use common::server::Service;
use database::Pool;
use passwords::Passwords;
use settings::IdentitySettings;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the handlers work with.
pub struct State {
    /// The database.
    pub pool: Pool,
    /// What tokens are signed with.
    pub keys: TokenKeys,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// How tokens and passwords are made.
    pub identity: IdentitySettings,
}

impl State {
    /// Prepares the handlers' tools.
    pub fn new(pool: Pool, identity: IdentitySettings) -> anyhow::Result<Self> {
        let passwords = Passwords::new(identity.bcrypt_cost)?;
        Ok(Self { pool, keys: TokenKeys::new(&identity.jwt_secret), passwords, identity })
    }
}

/// The service, ready to serve.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    state: State,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    let (pool, database) = (state.pool.clone(), state.pool.readiness());
    metrics.watch_connections(move || pool.active());
    let (keys, state) = (web::Data::new(state.keys.clone()), web::Data::new(state));
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("database", database)]),
        routes: move |config: &mut ServiceConfig<'_>| {
            config.app_data(keys.clone()).app_data(state.clone()).configure(routes::all);
        },
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::server::openapi(routes::all)
}
