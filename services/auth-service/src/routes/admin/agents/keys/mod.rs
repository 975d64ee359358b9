//! `/api/admin/agents/{agent_id}/keys`.

pub mod issue;
pub mod list;
pub mod revoke;
