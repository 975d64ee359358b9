//! `/api/admin/councils`.

pub mod create;
pub mod list;
pub mod seats;
