//! Asks councils whether the run may go on.

use governance::steps::{Approval, prepare};

use super::{Attempt, Call, Outcome};

/// Says what is asked, and whom; the engine does the asking.
pub fn run(call: Call<'_>) -> Attempt {
    match prepare::<Approval>(call.with, call.scope) {
        Ok((Approval { council, question }, digest)) => Attempt::new(digest, Ok(Outcome::Ask { council, question })),
        Err(message) => Attempt::unsendable(&call, message),
    }
}
