//! `/api/admin/councils/{council_id}/seats`.

pub mod put;
