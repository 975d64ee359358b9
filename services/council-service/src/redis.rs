//! Asking Redis in the name of a request.

use common::problem::Problem;

/// What Redis answers; when it does not, the client is told to try again.
pub fn answered<T>(asked: impl Future<Output = queue::Result<T>>) -> impl Future<Output = Result<T, Problem>> {
    // A connection that has to be opened first makes a large future.
    let asked = Box::pin(asked);
    async {
        asked
            .await
            .map_err(|error| Problem::unavailable("redis does not answer: try again in a second").caused_by(error))
    }
}
