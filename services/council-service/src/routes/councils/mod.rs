//! `/api/councils`.

pub mod list;
pub mod read;
pub mod vote;
