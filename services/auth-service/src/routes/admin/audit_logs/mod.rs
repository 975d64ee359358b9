//! `/api/admin/audit-logs`.

pub mod checkpoints;
pub mod export;
pub mod list;
