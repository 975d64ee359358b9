//! `/api/admin`.

pub mod councils;
pub mod webhooks;
