//! `/api/admin`.

pub mod councils;
pub mod dead_letters;
pub mod incidents;
pub mod instances;
pub mod log_level;
pub mod queues;
pub mod secrets;
pub mod webhooks;
pub mod workflow_types;
