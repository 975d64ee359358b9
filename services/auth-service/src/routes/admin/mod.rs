//! `/api/admin`.

pub mod agents;
pub mod audit_logs;
pub mod sessions;
pub mod users;
