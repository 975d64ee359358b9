//! Who does something, for the record.

use serde::Serialize;
use uuid::Uuid;

use crate::ids::{AgentId, UserId};
use crate::text_enum;

text_enum! {
    /// The kinds of actor that the record knows.
    pub enum ActorKind {
        /// A person.
        User = "user",
        /// A service account.
        Agent = "agent",
        /// The system itself: a deadline, a worker.
        System = "system",
        /// Somebody who has not shown who they are.
        Anonymous = "anonymous",
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// A person.
    User(UserId),
    /// A service account.
    Agent(AgentId),
    /// The system itself.
    System,
    /// Somebody who has not shown who they are.
    Anonymous,
}

impl Actor {
    /// What kind of actor it is.
    pub const fn kind(self) -> ActorKind {
        match self {
            Self::User(_) => ActorKind::User,
            Self::Agent(_) => ActorKind::Agent,
            Self::System => ActorKind::System,
            Self::Anonymous => ActorKind::Anonymous,
        }
    }

    /// The person's or agent's identifier.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(UserId(id)) | Self::Agent(AgentId(id)) => Some(id),
            Self::System | Self::Anonymous => None,
        }
    }
}
