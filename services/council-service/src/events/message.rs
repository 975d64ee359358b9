//! What goes over the feed, and its form on the wire.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use actix_web::web::Bytes;
use common::ids::{AgentId, WorkflowId};
use database::governance::events::Happened;
use database::timeline::Position;

/// What every listener is told.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something happened to a workflow.
    Event(Arc<Live>),
    /// Tokens were revoked: look whether yours was.
    TokensRevoked,
    /// These API keys, by their prefixes, are good no longer.
    KeysEnded(Arc<BTreeSet<String>>),
}

/// An event, ready to be sent: it is put into its form once, however many listen.
#[derive(Debug)]
pub struct Live {
    /// Its place, which is its id.
    pub position: Position,
    /// Of which workflow.
    pub workflow_id: WorkflowId,
    /// The agent that proposed the workflow, if one did.
    pub proposer: Option<AgentId>,
    /// What happened.
    pub event: String,
    /// Its form on the wire.
    pub block: Bytes,
}

impl From<Happened> for Live {
    fn from(Happened { position, proposer, told }: Happened) -> Self {
        // Made of texts, numbers and JSON: it always has a JSON form, and that has no line breaks.
        let data = serde_json::to_string(&told).unwrap_or_default();
        let mut block = String::with_capacity(data.len() + 64);
        write_event(&mut block, "workflow", position, &data);
        Self { position, workflow_id: told.workflow_id, proposer, event: told.event.event, block: block.into() }
    }
}

/// Writes an event as the HTML standard has it (9.2.6, "Interpreting an event stream"); the data is one line.
pub fn write_event(out: &mut String, event: &str, id: Position, data: &str) {
    let _ = write!(out, "event: {event}\nid: {id}\ndata: {data}\n\n");
}

/// A comment, which keeps the connection, and how far the listener has come, though it was not told of all: whoever
/// resumes then missed the less.
pub fn heartbeat(position: Position) -> Bytes {
    format!(": still here\nid: {position}\n\n").into()
}
