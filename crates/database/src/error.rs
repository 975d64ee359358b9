//! What can come of a query.

use common::problem::Problem;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// The result of a query or an act.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an act did not happen. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules forbid it.
    #[error("{0}")]
    Refused(Problem),
    /// The run was taken over: another worker's fence is in force, or it ended.
    #[error("the lease is lost")]
    LeaseLost,
    /// No connection was free in time, or none can be made.
    #[error("the database can't be reached: {0}")]
    Unavailable(String),
    /// The query failed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Error {
    /// What kind of fault of ours it is, for a trace; none when the rules forbade the act, as they are there to do.
    pub(crate) const fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Refused(_) => None,
            Self::LeaseLost => Some("lease_lost"),
            Self::Unavailable(_) => Some("database_unavailable"),
            Self::Query(_) => Some("query"),
        }
    }

    /// Whether the same act may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Query(error) => is_passing(error),
            Self::Refused(_) | Self::LeaseLost => false,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for Error {
    fn from(error: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let busy = "the service is too busy or restarting: try again in a second";
        match error {
            Error::Refused(problem) => problem,
            Error::Unavailable(_) => Self::unavailable(busy).caused_by(error),
            Error::LeaseLost => Self::internal(error),
            Error::Query(query) => match constraint_problem(&query) {
                Some(problem) => problem,
                None if is_passing(&query) => Self::unavailable(busy).caused_by(query),
                None => Self::internal(query),
            },
        }
    }
}

/// Whether the same query may succeed in a moment: the connection broke, or two transactions stood in each other's way.
fn is_passing(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::SerializationFailure => true,
            DatabaseErrorKind::UnableToSendCommand => is_broken_connection(information.message()),
            // The driver does not hand on PostgreSQL's codes: its last words on a connection, and to who had to give way.
            DatabaseErrorKind::Unknown => {
                let message = information.message();
                message.starts_with("terminating connection") || message == "deadlock detected"
            }
            _ => false,
        },
        other => matches!(other, QueryError::BrokenTransactionManager),
    }
}

/// Whether the driver could not send a query because the connection broke; it says the same kind of a parameter that it
/// can't encode, which is a fault of ours.
fn is_broken_connection(message: &str) -> bool {
    message.starts_with("connection closed") || message.starts_with("error communicating with the server")
}

/// What a violated constraint means to whoever caused it; the others are faults of ours.
fn constraint_problem(error: &QueryError) -> Option<Problem> {
    let QueryError::DatabaseError(kind, information) = error else { return None };
    let taken = |what: &str| Some(Problem::conflict("already_exists", format!("{what} is taken: choose another")));
    match (kind, information.constraint_name()?) {
        (DatabaseErrorKind::UniqueViolation, "users_email_key") => taken("that e-mail address"),
        (DatabaseErrorKind::UniqueViolation, "agents_name_key") => taken("that agent name"),
        (DatabaseErrorKind::UniqueViolation, "councils_pkey") => taken("that council id"),
        (DatabaseErrorKind::UniqueViolation, "workflow_types_pkey") => taken("that workflow type id"),
        (DatabaseErrorKind::UniqueViolation, "schedules_name_key") => taken("that schedule name"),
        (DatabaseErrorKind::ForeignKeyViolation, "agents_owner_id_fkey" | "council_seats_user_id_fkey") => {
            Some(Problem::not_found("user"))
        }
        _ => None,
    }
}
