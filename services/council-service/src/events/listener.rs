//! One listener: what it missed, then what happens.

use std::collections::BTreeSet;
use std::convert::Infallible;

use actix_web::web::Bytes;
use common::ids::WorkflowId;
use common::problem::Problem;
use common::telemetry::chain;
use database::governance::events;
use database::timeline::{self, Position};
use futures_util::Stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;

use super::hub::{Joined, Seat};
use super::message::{Live, Message, heartbeat, write_event};
use super::{BATCH, Credential, Events, MOST_MISSED};

/// How much is put together before it is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// What somebody wants to be told.
#[derive(Debug, Default)]
pub struct Wish {
    /// Only of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Only these events; empty for all.
    pub events: BTreeSet<String>,
    /// The last event that they know; without one they begin now.
    pub last: Option<Position>,
}

/// Where a listener stands.
enum Stage {
    /// It has joined the feed after this place; what it missed before is not looked at yet.
    Joined(Position),
    /// It reads what it missed, up to this place, after which its feed begins.
    Missed(Position),
    /// It is told what happens.
    Live,
}

/// Somebody who listens.
pub struct Listener {
    events: Events,
    credential: Credential,
    wish: Wish,
    stage: Stage,
    feed: Receiver<Message>,
    /// Everything up to here is dealt with.
    last: Position,
    next_beat: Instant,
    _seat: Seat,
}

/// What is to be sent, and how many events are in it.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    events: u64,
}

impl Chunk {
    fn announce(&mut self, event: &str, id: Position) {
        let mut block = String::new();
        write_event(&mut block, event, id, "{}");
        self.bytes.extend_from_slice(block.as_bytes());
    }
}

impl Listener {
    /// Joins the feed, if there is room.
    pub async fn new(events: Events, credential: Credential, wish: Wish) -> Result<Self, Problem> {
        let Joined { seat, feed, at } = events.join(&credential).await?;
        let next_beat = Instant::now() + events.heartbeat;
        let (stage, last) = (Stage::Joined(at), wish.last.unwrap_or(at));
        Ok(Self { events, credential, wish, stage, feed, last, next_beat, _seat: seat })
    }

    /// What is sent to it, until its credential ends or the service does.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures_util::stream::unfold(self, async |mut listener| {
            let chunk = listener.next().await?;
            Some((Ok(chunk), listener))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let chunk = match self.stage {
                Stage::Joined(at) => self.look_back(at).await,
                Stage::Missed(at) => self.catch_up(at).await,
                Stage::Live => self.wait().await?,
            };
            let chunk =
                chunk.inspect_err(|error| tracing::warn!(error = chain(error), "a stream of events ends")).ok()?;
            if !self.credential.holds() {
                return None;
            }
            if !chunk.bytes.is_empty() {
                self.next_beat = Instant::now() + self.events.heartbeat;
                self.events.sent.add(chunk.events, &[]);
                return Some(chunk.bytes.into());
            }
        }
    }

    /// Finds out what was missed before the feed begins.
    async fn look_back(&mut self, at: Position) -> database::Result<Chunk> {
        let mut chunk = Chunk::default();
        if self.last < at {
            let turn = self.events.catching_up.clone().acquire_owned().await;
            let behind = timeline::is_behind(&mut *self.events.pool.get().await?, self.last, MOST_MISSED).await?;
            drop(turn);
            if behind {
                self.reset(&mut chunk, at);
            } else {
                self.stage = Stage::Missed(at);
            }
        } else if self.last > at && self.is_from_the_future().await? {
            self.reset(&mut chunk, at);
        } else {
            self.go_live(&mut chunk);
        }
        Ok(chunk)
    }

    /// Whether the last event that the client knows is one that nobody can have been told: the database was put back to
    /// an earlier state. One that another instance told a moment earlier than this one is not.
    async fn is_from_the_future(&self) -> database::Result<bool> {
        Ok(self.last.transaction >= timeline::end(&mut *self.events.pool.get().await?).await?.transaction)
    }

    fn go_live(&mut self, chunk: &mut Chunk) {
        self.stage = Stage::Live;
        chunk.announce("ready", self.last);
    }

    fn reset(&mut self, chunk: &mut Chunk, at: Position) {
        self.stage = Stage::Live;
        self.last = at;
        chunk.announce("reset", at);
    }

    /// Reads some of what was missed.
    async fn catch_up(&mut self, until: Position) -> database::Result<Chunk> {
        let turn = self.events.catching_up.clone().acquire_owned().await;
        let missed = events::after(&mut *self.events.pool.get().await?, self.last, BATCH.into()).await?;
        drop(turn);
        let mut chunk = Chunk::default();
        let mut reached = missed.len() < usize::from(BATCH);
        for event in missed {
            if event.position > until {
                reached = true;
                break;
            }
            self.take(&mut chunk, &event.into());
        }
        if reached {
            self.go_live(&mut chunk);
        }
        Ok(chunk)
    }

    /// Waits for something to happen. None ends the stream.
    async fn wait(&mut self) -> Option<database::Result<Chunk>> {
        let mut chunk = Chunk::default();
        let end = self.credential.time_left().map(|left| Instant::now() + left);
        let wake_at = end.map_or(self.next_beat, |end| end.min(self.next_beat));
        let message = tokio::select! {
            message = self.feed.recv() => message,
            () = tokio::time::sleep_until(wake_at) => {
                if !self.credential.verify().await {
                    return None;
                }
                chunk.bytes.extend_from_slice(&heartbeat(self.last));
                return Some(Ok(chunk));
            }
        };
        let mut next = match message {
            Ok(message) => Ok(message),
            Err(RecvError::Lagged(missed)) => Err(TryRecvError::Lagged(missed)),
            Err(RecvError::Closed) => return None,
        };
        // What came together is sent together.
        loop {
            match next {
                Ok(Message::Event(event)) => self.take(&mut chunk, &event),
                Ok(Message::KeysEnded(keys)) if self.credential.is_among(&keys) => return None,
                // Whether one's own token was revoked is asked before anything is sent.
                Ok(Message::KeysEnded(_) | Message::TokensRevoked) => {}
                Err(TryRecvError::Lagged(_)) => {
                    let last = self.last;
                    self.reset(&mut chunk, last);
                }
                Err(TryRecvError::Empty) => return Some(Ok(chunk)),
                Err(TryRecvError::Closed) => return None,
            }
            if chunk.bytes.len() >= CHUNK {
                return Some(Ok(chunk));
            }
            next = self.feed.try_recv();
        }
    }

    /// Adds an event to what is sent, if it is new, visible and wanted.
    fn take(&mut self, chunk: &mut Chunk, event: &Live) {
        if event.position <= self.last {
            return;
        }
        self.last = event.position;
        let wanted = self.wish.workflow_id.is_none_or(|id| id == event.workflow_id)
            && (self.wish.events.is_empty() || self.wish.events.contains(&event.event));
        if wanted && self.credential.may_see(event) {
            chunk.bytes.extend_from_slice(&event.block);
            chunk.events += 1;
        }
    }
}
