//! What stands between the socket and a handler.

mod body;
pub mod concurrency;
mod conditions;
mod context;
pub mod edge;
mod panicked;
pub mod routes;

pub use body::{Body, MAX_BYTES as MAX_BODY_BYTES, from_object, read_json};
pub use concurrency::ConcurrencyLimit;
pub use conditions::{IfMatch, Keyed, MaybeIfMatch, RequestKey};
pub use context::RequestContext;
pub use routes::RouteTable;
