//! `/api/admin/councils`.

pub mod create;
pub mod edit;
pub mod list;
pub mod policy;
pub mod retire;
pub mod seats;
