//! `/api/admin/instances`.

pub mod list;
pub mod profile;
