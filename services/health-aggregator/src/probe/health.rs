//! How parts are, and what that makes of the whole. Pure.

use common::text_enum;

text_enum! {
    /// How a part, or the whole, is.
    pub enum Health {
        /// Works.
        Healthy = "healthy",
        /// Works, but something that users do not need at once does not.
        Degraded = "degraded",
        /// Does not work.
        Unhealthy = "unhealthy",
    }
}

text_enum! {
    /// What is asked how it is, under the name that programs know it by.
    pub enum Part {
        /// The front end.
        Console = "console",
        /// NGINX.
        Edge = "edge",
        /// Who somebody is.
        AuthService = "auth-service",
        /// What may run.
        CouncilService = "council-service",
        /// What runs.
        WorkflowWorker = "workflow-worker",
        /// How it is.
        HealthAggregator = "health-aggregator",
        /// What is approved and waits for a worker.
        Queue = "queue",
        /// The mail server.
        Mail = "smtp",
        /// PostgreSQL.
        Database = "database",
        /// Redis.
        Redis = "redis",
        /// The replicas of PostgreSQL.
        Replication = "replication",
        /// Backups.
        Backup = "backup",
        /// Trials of restoring a backup.
        RestoreDrill = "restore_drill",
        /// The certificates of the edge.
        Certificates = "certificates",
    }
}

impl Part {
    /// Whether nothing works for users without it.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Edge | Self::AuthService | Self::CouncilService | Self::Database)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Console => "Console",
            Self::Edge => "Web entrance",
            Self::AuthService => "Sign-in and accounts",
            Self::CouncilService => "Proposals and votes",
            Self::WorkflowWorker => "Running workflows",
            Self::HealthAggregator => "Monitoring",
            Self::Queue => "Queue",
            Self::Mail => "E-mail",
            Self::Database => "Database",
            Self::Redis => "Message broker",
            Self::Replication => "Replication",
            Self::Backup => "Backups",
            Self::RestoreDrill => "Restore drills",
            Self::Certificates => "Certificates",
        }
    }

    /// What it is for, in a few words.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Console => "where operators vote and watch",
            Self::Edge => "takes every request",
            Self::AuthService => "logins, sessions, users, agents",
            Self::CouncilService => "councils, the API for agents, decisions",
            Self::WorkflowWorker => "runs what was approved",
            Self::HealthAggregator => "this page",
            Self::Queue => "approved workflows on their way to a worker",
            Self::Mail => "invitations, reminders, reports",
            Self::Database => "keeps everything",
            Self::Redis => "carries work and events",
            Self::Replication => "copies of the database",
            Self::Backup => "taken lately, and whole",
            Self::RestoreDrill => "a backup was really restored",
            Self::Certificates => "valid for long enough",
        }
    }
}

/// How the whole is: unhealthy when a part that users need is, degraded when any is not well.
pub fn overall(parts: impl IntoIterator<Item = (Part, Health)>) -> Health {
    let effect = |(part, health): (Part, Health)| match health {
        Health::Unhealthy if !part.is_needed() => Health::Degraded,
        health => health,
    };
    parts.into_iter().map(effect).max().unwrap_or(Health::Healthy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_users_need_makes_the_whole_unhealthy() {
        let with = |part, health| overall([(Part::Database, Health::Healthy), (part, health)]);
        for &part in Part::ALL {
            assert_eq!(with(part, Health::Healthy), Health::Healthy);
            assert_eq!(with(part, Health::Degraded), Health::Degraded);
            let expected = if part.is_needed() { Health::Unhealthy } else { Health::Degraded };
            assert_eq!(with(part, Health::Unhealthy), expected, "{part}");
        }
        assert_eq!(overall([]), Health::Healthy);
    }
}
