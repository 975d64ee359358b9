//! `/api/admin`.

pub mod councils;
pub mod secrets;
pub mod webhooks;
