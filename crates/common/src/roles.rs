//! What each role may do: the one table that all services ask.

use crate::text_enum;

text_enum! {
    /// What a person is to the whole system; seats in councils come on top.
    pub enum Role {
        /// Full access.
        Admin = "admin",
        /// Votes in the councils that they sit in.
        CouncilOperator = "council_operator",
        /// Reads.
        Viewer = "viewer",
    }
}

text_enum! {
    /// One thing that a route lets somebody do.
    pub enum Permission {
        /// See councils, workflow types and workflows.
        Read = "read",
        /// Propose a workflow in person.
        Propose = "propose",
        /// Vote; whether in a given council, its seats tell.
        Vote = "vote",
        /// Create councils, change their seats and policies.
        EditCouncils = "edit_councils",
        /// Create workflow types.
        EditWorkflowTypes = "edit_workflow_types",
        /// Try failed runs again.
        Operate = "operate",
        /// Run a workflow that its councils have not decided on, and answer for it.
        BreakGlass = "break_glass",
        /// Create and change users.
        EditUsers = "edit_users",
        /// Create agents and hand out their keys.
        EditAgents = "edit_agents",
        /// Have programs told of events, and see how that went.
        EditWebhooks = "edit_webhooks",
        /// Set and delete the secrets of steps; nobody reads them.
        EditSecrets = "edit_secrets",
        /// Have workflows proposed at times of the clock.
        EditSchedules = "edit_schedules",
        /// Read the audit log.
        ReadAuditLog = "read_audit_log",
    }
}

impl Role {
    /// Whether a person of this role may do this.
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission::{
            BreakGlass, EditAgents, EditCouncils, EditSchedules, EditSecrets, EditUsers, EditWebhooks,
            EditWorkflowTypes, Operate, Propose, Read, ReadAuditLog, Vote,
        };
        match permission {
            Read => true,
            Propose | Vote => matches!(self, Self::Admin | Self::CouncilOperator),
            EditCouncils | EditWorkflowTypes | Operate | BreakGlass | EditUsers | EditAgents | EditWebhooks
            | EditSecrets | EditSchedules | ReadAuditLog => {
                matches!(self, Self::Admin)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    #[test]
    fn the_matrix_is_as_reviewed() {
        let row = |&permission: &Permission| {
            let allowed: Vec<_> =
                Role::ALL.iter().filter(|role| role.allows(permission)).map(|role| role.as_str()).collect();
            format!("{permission}: {}", allowed.join(", "))
        };
        let matrix: Vec<_> = Permission::ALL.iter().map(row).collect();
        insta::assert_snapshot!(matrix.join("\n"), @"
        read: admin, council_operator, viewer
        propose: admin, council_operator
        vote: admin, council_operator
        edit_councils: admin
        edit_workflow_types: admin
        operate: admin
        break_glass: admin
        edit_users: admin
        edit_agents: admin
        edit_webhooks: admin
        edit_secrets: admin
        edit_schedules: admin
        read_audit_log: admin
        ");
    }
}
