//! `/api/admin/incidents`.

pub mod note;
