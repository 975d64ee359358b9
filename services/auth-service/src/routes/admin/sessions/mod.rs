//! `/api/admin/sessions`.

pub mod end;
