//! `/api/admin`.

pub mod councils;
pub mod dead_letters;
pub mod webhooks;
