//! `/api/councils/{council_id}/policy`.

pub mod diff;
pub mod simulate;
pub mod versions;
