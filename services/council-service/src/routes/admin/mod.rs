//! `/api/admin`.

pub mod councils;
