#![doc = include_str!("../README.md")]

pub mod council_health;
pub mod decide;
pub mod definition;
pub mod diff;
pub mod digest;
pub mod inputs;
pub mod mandate;
pub mod money;
pub mod policy;
pub mod retry;
pub mod route;
pub mod schema;
pub mod simulate;
pub mod template;
pub mod workflow;
