//! `/api/admin/audit-logs`.

pub mod list;
