//! auth-service over HTTP, on a real PostgreSQL.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod admin;
mod bad_input;
mod login;

use std::time::Duration;

use auth_service::settings::IdentitySettings;
use auth_service::{State, service};
use common::metrics::Metrics;
use testing::{JWT_SECRET, Served, TestDatabase};

/// Serves auth-service; passwords cost little here, everything else is as in production.
fn serve(database: &TestDatabase) -> Served {
    let identity =
        IdentitySettings { jwt_secret: JWT_SECRET.into(), token_lifetime: Duration::from_hours(24), bcrypt_cost: 4 };
    let metrics = Metrics::new("auth-service").expect("metrics");
    let state = State::new(database.pool("auth_service"), identity).expect("a state");
    Served::start(service(Served::http_settings(), metrics, state))
}
