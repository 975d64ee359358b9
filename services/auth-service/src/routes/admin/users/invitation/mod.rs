//! `/api/admin/users/{user_id}/invitation`.

pub mod resend;
