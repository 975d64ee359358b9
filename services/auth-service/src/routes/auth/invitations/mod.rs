//! `/api/auth/invitations`.

pub mod accept;
