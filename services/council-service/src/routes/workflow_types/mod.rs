//! `/api/workflow-types`.

pub mod create;
pub mod list;
pub mod read;
