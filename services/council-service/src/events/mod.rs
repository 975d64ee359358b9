//! Live events: one task follows the timeline of all workflows and hands each event to every listener.
//!
//! PostgreSQL alone is asked, by one query for each [`POLL`] however many listen, and by none while nobody does. A
//! listener joins the feed at a stated place of the timeline, so that what it missed can be read up to that place and
//! not beyond: nothing is lost and nothing told twice.

mod credential;
mod follow;
mod hub;
mod listener;
mod message;

pub use credential::Credential;
pub use listener::{Listener, Wish};

use std::sync::Arc;
use std::time::Duration;

use common::config::Env;
use common::problem::Problem;
use database::Pool;
use opentelemetry::metrics::{Counter, Meter};
use tokio::sync::Semaphore;

use hub::{Hub, Joined};

/// How often the timeline is looked at while somebody listens.
const POLL: Duration = Duration::from_millis(200);
/// How many events one query reads.
const BATCH: u16 = 500;
/// Whoever missed more is told to fetch anew what it shows.
const MOST_MISSED: i64 = 10_000;
/// How many listeners read what they missed at the same time: the other connections are for requests.
const CATCHING_UP: usize = 3;
/// How long a listener waits for the feed to begin.
const WAIT: Duration = Duration::from_secs(3);

/// How much is listened.
#[derive(Clone, Debug)]
pub struct EventSettings {
    /// The most listeners of this process.
    pub listeners: usize,
    /// The most listeners of one caller in this process.
    pub listeners_per_caller: usize,
    /// After so long without an event, something is sent all the same: proxies keep the connection open, and we learn
    /// that the other side is gone.
    pub heartbeat: Duration,
}

impl EventSettings {
    /// Reads `EVENT_LISTENERS` and `EVENT_LISTENERS_PER_CALLER`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (all, each) = (env.or("EVENT_LISTENERS", 10_000), env.or("EVENT_LISTENERS_PER_CALLER", 20));
        Some(Self { listeners: all?, listeners_per_caller: each?, heartbeat: Duration::from_secs(15) })
    }
}

/// The feed of events, and who listens to it. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    hub: Arc<Hub>,
    pool: Pool,
    heartbeat: Duration,
    catching_up: Arc<Semaphore>,
    sent: Counter<u64>,
}

impl Events {
    /// Makes the feed. It begins with [`Events::run`].
    pub fn new(settings: &EventSettings, pool: Pool, meter: &Meter) -> Self {
        let hub = Arc::new(Hub::new(settings.listeners, settings.listeners_per_caller));
        let shown = hub.clone();
        meter
            .u64_observable_gauge("event_listeners")
            .with_description("Clients that listen to live events")
            .with_callback(move |gauge| gauge.observe(shown.listeners() as u64, &[]))
            .build();
        let sent = meter.u64_counter("events_sent_total").with_description("Events sent to listeners").build();
        // So that it is shown before there is anything to count.
        sent.add(0, &[]);
        let catching_up = Arc::new(Semaphore::new(CATCHING_UP));
        Self { hub, pool, heartbeat: settings.heartbeat, catching_up, sent }
    }

    /// Takes a place at the feed, and waits until it begins if nobody listened so far.
    async fn join(&self, credential: &Credential) -> Result<Joined, Problem> {
        let seat = self.hub.seat(credential.caller(), credential.key())?;
        let joined = tokio::time::timeout(WAIT, self.hub.join(seat)).await;
        joined.map_err(|_| Problem::unavailable("events can't be followed now: try again in a moment"))?
    }
}
