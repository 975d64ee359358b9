//! `/api/councils/{council_id}/delegations`.

pub mod create;
pub mod end;
pub mod list;
