//! The whole product, as its operators see it: the real programs, watched from outside.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod configuration;
mod faults;
mod job_monitor;
mod logs;
mod metrics;
mod people;
mod product;
mod redis_kinds;
mod replica;
mod secrets;
mod sentry;
mod traces;
