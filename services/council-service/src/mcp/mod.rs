//! What agents reach over the Model Context Protocol (<https://modelcontextprotocol.io>): every workflow type that they
//! may propose is a tool, and a few more tools tell what became of a proposal. Nobody votes here.
//!
//! Each request stands alone: its key is looked up anew and no session is kept, so that any instance answers any request.

mod asked;
mod http;
mod server;
mod tools;
mod view;
mod watch;

pub use asked::Asked;
pub use http::answer;
pub use watch::Watch;
