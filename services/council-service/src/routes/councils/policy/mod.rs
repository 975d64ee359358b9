//! `/api/councils/{council_id}/policy`.

pub mod simulate;
