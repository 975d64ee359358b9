//! `/api/admin/users/{user_id}/totp`.

pub mod reset;
