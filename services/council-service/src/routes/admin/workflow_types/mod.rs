//! `/api/admin/workflow-types`.

pub mod limits;
