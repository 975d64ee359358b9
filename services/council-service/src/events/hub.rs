//! Who listens, and where the feed is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::StatusCode;
use common::problem::Problem;
use database::governance::events::Happened;
use database::timeline::Position;
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use super::message::{Live, Message};

/// How many messages a listener may be behind before it is told to fetch anew.
const CAPACITY: usize = 4096;
/// When somebody who found no room may try again, in seconds.
const RETRY_AFTER: u64 = 5;

/// Who listens, and where the feed is.
pub struct Hub {
    state: Mutex<State>,
    most: usize,
    most_per_caller: usize,
    /// Sees a change when the feed begins and when it ends.
    began: watch::Sender<()>,
    /// Wakes whoever follows the timeline.
    wanted: Notify,
}

struct State {
    /// None once the service stops.
    feed: Option<broadcast::Sender<Message>>,
    /// What was told last; none while nobody listens.
    at: Option<Position>,
    listeners: usize,
    by_caller: HashMap<Uuid, usize>,
    by_key: BTreeMap<String, usize>,
}

/// A listener's place; given back when it is dropped.
pub struct Seat {
    hub: Arc<Hub>,
    caller: Uuid,
    key: Option<String>,
}

/// Somebody who listens from a stated place on.
pub struct Joined {
    /// Their place among the listeners.
    pub seat: Seat,
    /// What is told from now on.
    pub feed: broadcast::Receiver<Message>,
    /// The place in the timeline after which `feed` begins.
    pub at: Position,
}

impl Hub {
    /// Makes a feed for so many listeners, and so many of one caller.
    pub fn new(most: usize, most_per_caller: usize) -> Self {
        let (feed, _) = broadcast::channel(CAPACITY);
        let state =
            State { feed: Some(feed), at: None, listeners: 0, by_caller: HashMap::new(), by_key: BTreeMap::new() };
        let (began, wanted) = (watch::Sender::new(()), Notify::new());
        Self { state: Mutex::new(state), most, most_per_caller, began, wanted }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.state().listeners
    }

    /// Takes a place for a caller, if there is room.
    pub fn seat(self: &Arc<Self>, caller: Uuid, key: Option<&str>) -> Result<Seat, Problem> {
        let mut state = self.state();
        if state.listeners >= self.most {
            let message = "too many listen to events already: try again later";
            return Err(Problem::unavailable(message).retry_after(RETRY_AFTER));
        }
        let own = state.by_caller.get(&caller).copied().unwrap_or_default();
        if own >= self.most_per_caller {
            let message = format!("you listen to events {own} times already: close a stream first");
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", message).retry_after(RETRY_AFTER)
            );
        }
        *state.by_caller.entry(caller).or_default() += 1;
        state.listeners += 1;
        if let Some(key) = key {
            *state.by_key.entry(key.to_owned()).or_default() += 1;
        }
        drop(state);
        self.wanted.notify_one();
        Ok(Seat { hub: self.clone(), caller, key: key.map(str::to_owned) })
    }

    /// Joins the feed, once it has begun.
    pub async fn join(&self, seat: Seat) -> Result<Joined, Problem> {
        let mut began = self.began.subscribe();
        loop {
            {
                let state = self.state();
                let Some(feed) = &state.feed else {
                    return Err(Problem::unavailable("the service is restarting: try again in a second"));
                };
                // Under the lock that every message is sent under: what comes next, comes after `at`.
                if let Some(at) = state.at {
                    return Ok(Joined { feed: feed.subscribe(), at, seat });
                }
            }
            // The sender is here, in the hub: it can't be gone.
            let _ = began.changed().await;
        }
    }

    /// Waits until somebody listens.
    pub async fn wanted(&self) {
        while self.listeners() == 0 {
            self.wanted.notified().await;
        }
    }

    /// Where the feed is; none while it has not begun.
    pub fn at(&self) -> Option<Position> {
        self.state().at
    }

    /// Begins the feed after a place.
    pub fn begin(&self, at: Position) {
        self.state().at = Some(at);
        self.began.send_replace(());
    }

    /// Ends the feed for now, unless somebody listens.
    pub fn pause(&self) {
        let mut state = self.state();
        if state.listeners == 0 {
            state.at = None;
        }
    }

    /// Tells every listener of these events, which come next in the timeline.
    pub fn tell(&self, events: Vec<Happened>) {
        // Put into their form before anybody has to wait.
        let events: Vec<_> = events.into_iter().map(|event| Arc::new(Live::from(event))).collect();
        let mut state = self.state();
        for event in events {
            state.at = Some(event.position);
            state.send(Message::Event(event));
        }
    }

    /// Has every listener look whether its token still holds.
    pub fn tokens_revoked(&self) {
        self.state().send(Message::TokensRevoked);
    }

    /// Ends the listeners with these keys.
    pub fn keys_ended(&self, keys: Vec<String>) {
        self.state().send(Message::KeysEnded(Arc::new(BTreeSet::from_iter(keys))));
    }

    /// The keys that are listened with, by their prefixes.
    pub fn keys(&self) -> Vec<String> {
        self.state().by_key.keys().cloned().collect()
    }

    /// Ends every listener, and takes no more.
    pub fn close(&self) {
        self.state().feed = None;
        self.began.send_replace(());
    }
}

impl State {
    fn send(&self, message: Message) {
        if let Some(feed) = &self.feed {
            // An error says that nobody listens.
            let _ = feed.send(message);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        state.listeners = state.listeners.saturating_sub(1);
        if let Some(own) = state.by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                state.by_caller.remove(&self.caller);
            }
        }
        if let Some(key) = &self.key
            && let Some(uses) = state.by_key.get_mut(key)
        {
            *uses -= 1;
            if *uses == 0 {
                state.by_key.remove(key);
            }
        }
    }
}
