#![doc = include_str!("../README.md")]

pub mod announcements;
pub mod audit;
pub mod cleanup;
pub mod clock;
mod error;
pub mod execution;
pub mod governance;
pub mod health;
pub mod idempotency;
pub mod identity;
pub mod migrations;
pub mod operations;
pub mod outbox;
mod pool;
pub mod renewal;
mod replica;
pub mod reports;
pub mod schedules;
pub mod schema;
pub mod secrets;
pub mod timeline;
pub mod webhooks;

pub use diesel_async::AsyncConnection;
pub use diesel_async::AsyncPgConnection as Connection;
pub use error::{Error, Result};
pub use pool::{DatabaseSettings, Pool, connect};
pub use replica::{ReadPool, ReplicaSettings};
