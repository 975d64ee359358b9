//! `/api/auth`.

pub mod change_me;
pub mod invitations;
pub mod login;
pub mod logout;
pub mod me;
pub mod password;
pub mod password_reset;
pub mod refresh;
pub mod sessions;
pub mod totp;
