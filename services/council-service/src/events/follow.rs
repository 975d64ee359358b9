//! Following the timeline for everybody who listens.

use std::time::Duration;

use common::telemetry::chain;
use common::verifier::Verifier;
use database::governance::events;
use database::identity::agents;
use database::timeline;
use tokio_util::sync::CancellationToken;

use super::{BATCH, Events, POLL};

/// How often the keys that are listened with are looked up, all in one query.
const CHECK_KEYS: Duration = Duration::from_secs(2);
/// How long the database is left alone after it failed to answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How much more there is to read.
#[derive(PartialEq, Eq)]
enum Rest {
    /// A batch was full.
    More,
    /// Everything that can be told now is told.
    Nothing,
}

impl Events {
    /// Feeds the listeners until it is stopped, then ends them.
    pub async fn run(self, verifier: actix_web::web::Data<Verifier>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow() => {}
            () = self.watch_tokens(&verifier) => {}
            () = self.watch_keys() => {}
        }
        self.hub.close();
    }

    /// Reads the timeline on while somebody listens.
    async fn follow(&self) {
        loop {
            self.hub.wanted().await;
            match self.read_on().await {
                Ok(Rest::More) => {}
                Ok(Rest::Nothing) => tokio::time::sleep(POLL).await,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "events are told later");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            self.hub.pause();
        }
    }

    async fn read_on(&self) -> database::Result<Rest> {
        let mut connection = self.pool.get().await?;
        let Some(at) = self.hub.at() else {
            self.hub.begin(timeline::end(&mut connection).await?);
            return Ok(Rest::Nothing);
        };
        let news = events::after(&mut connection, at, BATCH.into()).await?;
        let rest = if news.len() == usize::from(BATCH) { Rest::More } else { Rest::Nothing };
        self.hub.tell(news);
        Ok(rest)
    }

    async fn watch_tokens(&self, verifier: &Verifier) {
        let mut news = verifier.revocations.news();
        while news.changed().await.is_ok() {
            self.hub.tokens_revoked();
        }
    }

    async fn watch_keys(&self) {
        loop {
            tokio::time::sleep(CHECK_KEYS).await;
            let keys = self.hub.keys();
            if keys.is_empty() {
                continue;
            }
            let ended = async { agents::no_longer_good(&mut *self.pool.get().await?, &keys).await };
            match ended.await {
                Ok(ended) if ended.is_empty() => {}
                Ok(ended) => self.hub.keys_ended(ended),
                Err(error) => tracing::warn!(error = chain(&error), "keys that listen are looked up later"),
            }
        }
    }
}
