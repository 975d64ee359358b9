//! `/api/admin`.

pub mod agents;
pub mod audit_logs;
pub mod users;
