#![doc = include_str!("../README.md")]

pub mod decide;
pub mod definition;
pub mod digest;
pub mod inputs;
pub mod money;
pub mod policy;
pub mod route;
pub mod schema;
pub mod template;
pub mod workflow;
