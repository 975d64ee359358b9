//! `/api/admin/log-level`.

pub mod read;
pub mod set;
pub mod unset;
