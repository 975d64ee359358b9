//! Brings the outbox to Redis.

use std::sync::Arc;
use std::time::Duration;

use common::Traceparent;
use common::priority::Priority;
use common::problem::Problem;
use common::telemetry::chain;
use common::telemetry::traces::{Attribute, Kind, Span};
use database::outbox::Row;
use database::{DatabaseSettings, Error, Pool, connect, outbox};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::StreamExt;
use queue::Queue;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How many rows go to Redis at a time.
const BATCH: u16 = 500;
/// The longest that a row waits when a notification was lost.
const POLL: Duration = Duration::from_secs(1);

/// How often it is looked whether a queue has room again.
const POLL_WHEN_FULL: Duration = Duration::from_millis(200);

/// Relays until it is stopped. Any number may run: each takes rows that no other holds. What a queue has no room for,
/// because it holds `most` entries, stays in PostgreSQL.
pub async fn run(pool: Pool, queue: Queue, most: u64, news: Arc<Notify>, stop: CancellationToken) {
    let mut full = Vec::new();
    while !stop.is_cancelled() {
        let relayed = relay(&pool, &queue, &full).await;
        let there_is_more = matches!(relayed, Ok(relayed) if relayed == usize::from(BATCH));
        if let Err(error) = relayed {
            tracing::warn!(error = chain(&error), "the outbox can't be relayed now");
        }
        if there_is_more || !full.is_empty() {
            full = queue.full(most).await.unwrap_or(full);
        }
        if there_is_more {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = news.notified() => {}
            () = tokio::time::sleep(if full.is_empty() { POLL } else { POLL_WHEN_FULL }) => {}
        }
    }
}

/// Brings one batch to those queues that are not full and forgets it. A crash in between sends it twice, which does no
/// harm: a claim decides who runs it.
pub async fn relay(pool: &Pool, queue: &Queue, full: &[Priority]) -> database::Result<usize> {
    let open: Vec<_> = Priority::ALL.iter().copied().filter(|queue| !full.contains(queue)).collect();
    let mut connection = pool.get().await?;
    connection
        .transaction(async |connection| {
            let rows = outbox::lock_batch(connection, &open, BATCH).await?;
            if rows.is_empty() {
                return Ok(0);
            }
            let (entries, mut spans): (Vec<_>, Vec<_>) = rows.iter().map(entry).unzip();
            if let Err(error) = queue.publish(entries).await {
                spans.iter_mut().flatten().for_each(|span: &mut Span| span.fails("redis_unavailable"));
                return Err(Error::Refused(Problem::internal(error)));
            }
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            outbox::delete(connection, &ids).await?;
            Ok(rows.len())
        })
        .await
}

/// What is published of a row; whoever takes it goes on from there in the trace.
fn entry(row: &Row) -> ((Priority, String), Option<Span>) {
    let parent = row.payload["traceparent"].as_str().and_then(|text| text.parse::<Traceparent>().ok());
    let Some(parent) = parent.filter(Traceparent::is_sampled) else {
        return ((row.priority, row.payload.to_string()), None);
    };
    let mut span = Span::begin(Kind::Producer, Some(parent), || "send workflow".into());
    span.says(|| {
        [
            Attribute::new("messaging.system", "redis"),
            Attribute::new("messaging.operation.type", "send"),
            Attribute::new("messaging.destination.name", row.priority.as_str()),
        ]
    });
    let mut payload = row.payload.clone();
    payload["traceparent"] = span.traceparent().as_str().into();
    ((row.priority, payload.to_string()), Some(span))
}

/// Wakes the relay when something is added to the outbox, on a connection of its own.
pub async fn listen(settings: DatabaseSettings, news: Arc<Notify>, stop: CancellationToken) {
    let listening = async {
        loop {
            if let Err(error) = listen_once(&settings, &news).await {
                tracing::warn!(error = chain(&error), "new outbox rows are found by polling now");
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listening => {}
    }
}

async fn listen_once(settings: &DatabaseSettings, news: &Notify) -> database::Result<()> {
    let mut connection = connect(&settings.url).await?;
    diesel::sql_query("LISTEN outbox").execute(&mut connection).await?;
    let mut notifications = std::pin::pin!(connection.notifications_stream());
    while let Some(notification) = notifications.next().await {
        notification?;
        news.notify_one();
    }
    Ok(())
}
