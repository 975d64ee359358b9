//! The database against a real PostgreSQL.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod announcements;
mod audit;
mod cleanup;
mod concurrency;
mod connections;
mod evidence;
mod guards;
mod migrations;
mod numbers_and_roots;
mod plans;
mod reports;
mod schedules;
mod upgrade;
mod votes;
