//! Listening to server-sent events.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::Client;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream of events that a service sends.
pub struct EventStream {
    response: Response,
    unread: Vec<u8>,
    /// The id of the last event: what one resumes with.
    pub last_id: Option<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEvent {
    /// What kind.
    pub event: String,
    /// Its place in the stream.
    pub id: String,
    /// What it says.
    pub data: Value,
}

impl Client {
    /// Opens a stream, after the last event that is known.
    pub async fn listen(&self, path: &str, last_id: Option<&str>) -> EventStream {
        let request = self.request(Method::GET, path);
        let request = last_id.iter().fold(request, |request, id| request.header("last-event-id", *id));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        EventStream { response, unread: Vec::new(), last_id: last_id.map(str::to_owned) }
    }
}

impl EventStream {
    /// The next event of any kind; none when the service has ended the stream.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                if let Some(event) = self.read(std::str::from_utf8(&block).expect("UTF-8")) {
                    return Some(event);
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something in time");
            self.unread.extend_from_slice(&chunk.expect("the stream is whole")?);
        }
    }

    /// The next event, which must be of this kind.
    pub async fn expect(&mut self, kind: &str) -> StreamEvent {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!(event.event, kind, "{event:?}");
        event
    }

    /// Reads a block of lines; one without data, such as a heartbeat, is no event, but may have an id.
    fn read(&mut self, block: &str) -> Option<StreamEvent> {
        let (mut event, mut data) = (None, None);
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("event", name)) => event = Some(name.to_owned()),
                Some(("id", id)) => self.last_id = Some(id.to_owned()),
                Some(("data", json)) => data = Some(serde_json::from_str(json).expect("JSON")),
                Some(("", _)) | None => {}
                Some((field, _)) => panic!("an unknown field {field}"),
            }
        }
        Some(StreamEvent { event: event?, id: self.last_id.clone()?, data: data? })
    }
}
