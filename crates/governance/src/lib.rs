#![doc = include_str!("../README.md")]

mod check;
pub mod council_health;
pub mod decide;
pub mod definition;
pub mod diff;
pub mod digest;
pub mod dry_run;
pub mod inputs;
pub mod mandate;
pub mod merkle;
pub mod money;
mod nesting;
pub mod policy;
pub mod retry;
pub mod route;
pub mod schedule;
pub mod schema;
pub mod secrets;
mod shape;
pub mod simulate;
pub mod steps;
pub mod template;
pub mod workflow;
