//! `/api/mandates`.

pub mod revoke;
