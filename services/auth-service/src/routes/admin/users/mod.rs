//! `/api/admin/users`.

pub mod create;
pub mod list;
