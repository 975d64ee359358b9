//! `/api/admin/councils/{council_id}/seats`.

pub mod delete;
pub mod put;
