//! `/api/admin`.

pub mod councils;
pub mod dead_letters;
pub mod queues;
pub mod secrets;
pub mod webhooks;
pub mod workflow_types;
