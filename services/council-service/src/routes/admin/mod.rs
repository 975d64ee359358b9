//! `/api/admin`.

pub mod councils;
pub mod queues;
pub mod webhooks;
pub mod workflow_types;
