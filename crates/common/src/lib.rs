#![doc = include_str!("../README.md")]

/// What runs: the version of the product and, where the build was told it, the commit, as in `0.1.0+3642c5b`.
pub const VERSION: &str = env!("BUILD_VERSION");

pub mod actor;
pub mod auth;
pub mod claims;
pub mod config;
pub mod encryption;
pub mod health_check;
pub mod http;
pub mod ids;
pub mod json;
pub mod keys;
pub mod metrics;
pub mod moment;
pub mod openapi;
pub mod page;
pub mod priority;
pub mod problem;
pub mod revocations;
pub mod roles;
pub mod secrets;
pub mod server;
pub mod telemetry;
pub mod text;
mod text_enum;
pub mod tokens;
mod traceparent;
pub mod verifier;
pub mod webhooks;

pub use traceparent::{NoTraceparent, Traceparent};

/// What the macros of this crate refer to, so that their users need no dependency of their own.
#[doc(hidden)]
pub mod macro_support {
    pub use {diesel, serde, utoipa, uuid};
}
