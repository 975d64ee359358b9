//! `/api/admin/secrets`.

pub mod delete;
pub mod list;
pub mod put;
