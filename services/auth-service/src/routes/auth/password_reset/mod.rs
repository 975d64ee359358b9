//! `/api/auth/password-reset`.

pub mod redeem;
pub mod request;
