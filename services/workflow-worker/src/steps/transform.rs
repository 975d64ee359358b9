//! Makes a value of other values.

use governance::steps::{Transform, prepare};

use super::{Attempt, Call};

/// Evaluates the expressions; the value is the output.
pub fn run(call: Call<'_>) -> Attempt {
    match prepare::<Transform>(call.with, call.scope) {
        Ok((transform, digest)) => Attempt::made(digest, transform.value),
        Err(message) => Attempt::unsendable(&call, message),
    }
}
