//! `/api/admin/agents`.

pub mod create;
pub mod issue_key;
pub mod list;
