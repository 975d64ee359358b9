//! `/api/events`.

pub mod listen;
