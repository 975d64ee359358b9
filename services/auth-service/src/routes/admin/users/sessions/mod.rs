//! `/api/admin/users/{user_id}/sessions`.

pub mod end;
pub mod list;
