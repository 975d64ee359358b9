//! `/api/admin/dead-letters`.

pub mod counts;
pub mod list;
pub mod retry;
