//! `/api/admin/agents`.

pub mod change;
pub mod create;
pub mod keys;
pub mod list;
pub mod read;
