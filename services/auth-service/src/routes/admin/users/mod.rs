//! `/api/admin/users`.

pub mod change;
pub mod create;
pub mod erase;
pub mod invitation;
pub mod invite;
pub mod list;
pub mod read;
pub mod sessions;
pub mod totp;
