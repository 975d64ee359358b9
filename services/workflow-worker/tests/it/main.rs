//! The worker, as the process that it is, on a real PostgreSQL and a real Redis.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod crash;
mod engine;
mod queues;
mod redis_loss;
mod rude_servers;
mod secrets;
mod steps;
mod webhooks;
mod worker;
