//! Sends webhooks: at least once, signed, and again after a failure.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use common::encryption::Encryption;
use common::ids::WebhookId;
use common::telemetry::chain;
use common::telemetry::traces::Attribute;
use common::webhooks::WebhookSecret;
use database::Pool;
use database::webhooks::sending::{Attempted, InHand, Next, claim, settle};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::metrics::WebhookMetrics;
use crate::outbound::{Outbound, call_span, causes, tell};

/// How often deliveries are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How many are under way at a time, and of them how many to one receiver: one that is slow keeps no other waiting.
const AT_A_TIME: usize = 32;
const TO_ONE: usize = 4;
/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// When an attempt counts as lost, with its worker.
const LEASE: Duration = Duration::from_mins(1);
/// What is read of an answer: it says nothing, but a connection whose answer was read can be used again.
const MAX_BYTES: usize = 64 * 1024;

/// Sends webhooks.
pub struct Sender {
    pool: Pool,
    outbound: Outbound,
    encryption: Arc<Encryption>,
    metrics: WebhookMetrics,
}

impl Sender {
    /// Prepares to send.
    pub const fn new(pool: Pool, outbound: Outbound, encryption: Arc<Encryption>, metrics: WebhookMetrics) -> Self {
        Self { pool, outbound, encryption, metrics }
    }

    /// Sends until it is stopped, and finishes what is under way. Any number may run: each delivery is in one's hands.
    pub async fn run(self, stop: CancellationToken) {
        let (sender, mut sending) = (Arc::new(self), JoinSet::new());
        let mut under_way: HashMap<Id, WebhookId> = HashMap::new();
        while !stop.is_cancelled() {
            match sender.take(&under_way).await {
                Ok(taken) => {
                    for delivery in taken {
                        let (sender, webhook) = (sender.clone(), delivery.webhook_id);
                        let task = sending.spawn(async move { sender.deliver(delivery).await });
                        under_way.insert(task.id(), webhook);
                    }
                }
                Err(error) => tracing::warn!(error = chain(&error), "webhooks can't be sent now"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
                Some(done) = sending.join_next_with_id() => {
                    let id = done.map_or_else(|panicked| panicked.id(), |(id, ())| id);
                    under_way.remove(&id);
                }
            }
        }
        while sending.join_next().await.is_some() {}
    }

    async fn take(&self, under_way: &HashMap<Id, WebhookId>) -> database::Result<Vec<InHand>> {
        let free = AT_A_TIME - under_way.len();
        if free == 0 {
            return Ok(Vec::new());
        }
        let busy: Vec<_> = under_way.values().copied().collect();
        claim(&mut *self.pool.get().await?, free, TO_ONE, &busy, LEASE).await
    }

    async fn deliver(&self, delivery: InHand) {
        let attempted = self.attempt(&delivery).await;
        self.metrics.attempted(attempted.next);
        let settled = async { settle(&mut *self.pool.get().await?, &delivery, &attempted).await }.await;
        if let Err(error) = settled {
            tracing::warn!(error = chain(&error), delivery_id = %delivery.id, "how a webhook went can't be stored, it is sent again");
        }
    }

    async fn attempt(&self, delivery: &InHand) -> Attempted {
        match self.send(delivery).await {
            Ok(response) => answered(delivery, response).await,
            Err(error) => Attempted { status: None, error: Some(error), next: next(delivery, None) },
        }
    }

    async fn send(&self, delivery: &InHand) -> Result<Response, String> {
        let url: Url = delivery.url.parse().map_err(|error| format!("the url is malformed: {error}"))?;
        let (id, timestamp) = (delivery.event_id.to_string(), Utc::now().timestamp());
        let body = delivery.payload.to_string();
        let mut signatures = Vec::new();
        for sealed in std::iter::once(&delivery.secret).chain(&delivery.previous_secret) {
            let secret = WebhookSecret::decrypt(&self.encryption, delivery.webhook_id, sealed);
            let secret = secret.map_err(|_| "its secret can't be decrypted: rotate it, or bring its key back")?;
            signatures.push(secret.sign(&id, timestamp, &body));
        }
        let client = self.outbound.client_for(&url)?;
        let mut span = call_span(delivery.place(), &Method::POST, &url);
        span.says(|| [Attribute::new("http.request.resend_count", i64::from(delivery.attempts - 1))]);
        let request = client
            .post(url)
            .timeout(TIMEOUT)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .header("traceparent", span.traceparent().as_str())
            .body(body);
        let sent = request.send().await;
        tell(&mut span, &sent);
        // Not its URL: it may hold what only the two sides should know.
        sent.map_err(|error| format!("the call failed: {}", causes(&error.without_url())))
    }
}

/// What an answer means: 2xx that it was taken, 410 that nobody wants any more, anything else that it may be later.
async fn answered(delivery: &InHand, mut response: Response) -> Attempted {
    let status = response.status();
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut bytes = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes += chunk.len();
        if bytes > MAX_BYTES {
            break;
        }
    }
    let next = match status {
        _ if status.is_success() => Next::Delivered,
        StatusCode::GONE => Next::Disable,
        _ => next(delivery, asked.map(Duration::from_secs)),
    };
    let error = (next != Next::Delivered).then(|| format!("the answer was {status}"));
    Attempted { status: Some(status.as_u16()), error, next }
}

fn next(delivery: &InHand, asked: Option<Duration>) -> Next {
    let attempt = u32::try_from(delivery.attempts).unwrap_or(1);
    backoff::webhook_delay(attempt, rand::random(), asked).map_or(Next::GiveUp, Next::Again)
}
