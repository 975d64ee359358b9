#![doc = include_str!("../README.md")]

pub mod auditor;
pub mod commands;
mod device;
mod export;
pub mod janitor;
pub mod mail;
pub mod metrics;
pub mod passwords;
mod proof;
mod refresh_cookie;
mod routes;
pub mod sealer;
mod second_factor;
pub mod settings;
pub mod signer;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use access::Access;
use actix_web::web;
use common::config::HttpSettings;
use common::encryption::Encryption;
use common::metrics::Metrics;
use common::server::Service;
use database::{Pool, ReadPool};
use metrics::LoginMetrics;
use passwords::Passwords;
use queue::Queue;
use secrecy::ExposeSecret;
use settings::IdentitySettings;
use signer::Signer;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the handlers work with.
pub struct State {
    /// The database.
    pub pool: Pool,
    /// The same, or a replica, for what may be a little stale.
    pub reads: ReadPool,
    /// Where failed logins are counted by address.
    pub queue: Queue,
    /// Signs tokens.
    pub signer: Arc<Signer>,
    /// Checks tokens.
    pub access: Access,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Encrypts the secrets of authenticators.
    pub encryption: Encryption,
    /// How tokens and passwords are made.
    pub identity: IdentitySettings,
}

impl State {
    /// Prepares the handlers' tools.
    pub fn new(reads: impl Into<ReadPool>, queue: Queue, identity: IdentitySettings) -> anyhow::Result<Self> {
        let reads = reads.into();
        let pool = reads.primary().clone();
        let passwords = Passwords::new(identity.bcrypt_cost)?;
        let signer = Arc::new(Signer::new(identity.signing.clone())?);
        let access = Access::new(signer.ring(), signer.fetcher(), pool.clone(), queue.clone());
        let encryption = Encryption::new(identity.encryption_key.expose_secret()).map_err(anyhow::Error::msg)?;
        Ok(Self { pool, reads, queue, signer, access, passwords, encryption, identity })
    }
}

/// The service, ready to serve.
pub fn service(
    http: HttpSettings,
    metrics: Metrics,
    state: State,
) -> Service<impl Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static> {
    let (pool, database) = (state.pool.clone(), state.pool.readiness());
    metrics.watch_connections(move || pool.connections());
    state.reads.watch(&metrics);
    let (verifier, revocations) = (state.access.verifier.clone(), state.access.readiness());
    let (state, logins) = (web::Data::new(state), web::Data::new(LoginMetrics::new(&metrics.meter())));
    Service {
        http,
        metrics,
        checks: BTreeMap::from([("database", database), ("revocations", revocations)]),
        routes: move |config: &mut ServiceConfig<'_>| {
            config.app_data(verifier.clone()).app_data(state.clone()).app_data(logins.clone()).configure(routes::all);
        },
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::openapi::document(routes::all)
}
