//! Deliveries on their way: taken in hand for a while, and settled. One whose sender died is due again after its lease.

use std::time::Duration;

use common::Traceparent;
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{DeliveryId, EventId, WebhookId};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Double, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};

use super::{DeliveryStatus, WebhookState};
use crate::audit::{self, Act};
use crate::clock::from_now;
use crate::error::Result;
use crate::schema::{webhook_deliveries as deliveries, webhooks};

/// A delivery in hand.
#[derive(Clone, Debug, QueryableByName)]
pub struct InHand {
    /// Which.
    #[diesel(sql_type = SqlUuid)]
    pub id: DeliveryId,
    /// To which webhook.
    #[diesel(sql_type = SqlUuid)]
    pub webhook_id: WebhookId,
    /// The event's name.
    #[diesel(sql_type = SqlUuid)]
    pub event_id: EventId,
    /// What is sent.
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
    /// How often it was tried, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// Where it is sent to.
    #[diesel(sql_type = Text)]
    pub url: String,
    /// The webhook's encrypted secret.
    #[diesel(sql_type = Binary)]
    pub secret: Vec<u8>,
    /// The one before, while it signs, too.
    #[diesel(sql_type = Nullable<Binary>)]
    pub previous_secret: Option<Vec<u8>>,
    /// The trace of the workflow that it tells of.
    #[diesel(sql_type = Nullable<Text>)]
    pub traceparent: Option<String>,
}

impl InHand {
    /// Its place in that trace.
    pub fn place(&self) -> Option<Traceparent> {
        self.traceparent.as_ref()?.parse().ok()
    }
}

/// Takes up to `limit` deliveries that are due in hand for `lease`: of each webhook the oldest, and only so many that a
/// receiver that is slow or gone does not keep the others waiting. None is taken for the `busy`.
pub async fn claim(
    connection: &mut AsyncPgConnection,
    limit: usize,
    of_each: usize,
    busy: &[WebhookId],
    lease: Duration,
) -> Result<Vec<InHand>> {
    const CLAIM: &str = "
        WITH due AS (
            SELECT d.id
            FROM webhooks w
            CROSS JOIN LATERAL (
                SELECT id FROM webhook_deliveries
                WHERE webhook_id = w.id AND status = 'pending' AND due_at <= now()
                ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) d
            WHERE w.state = 'active' AND w.id <> ALL ($3)
            LIMIT $1
        )
        UPDATE webhook_deliveries d
        SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => $4)
        FROM due, webhooks w
        WHERE d.id = due.id AND w.id = d.webhook_id
        RETURNING d.id, d.webhook_id, d.event_id, d.payload, d.attempts, w.url, w.secret,
            CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret,
            (SELECT traceparent FROM workflows WHERE id = (d.payload #>> '{data,workflow_id}')::uuid) AS traceparent";
    let rows = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(diesel::sql_query(CLAIM)
        .bind::<BigInt, _>(rows(limit))
        .bind::<BigInt, _>(rows(of_each))
        .bind::<Array<SqlUuid>, _>(busy)
        .bind::<Double, _>(lease.as_secs_f64())
        .load(connection)
        .await?)
}

/// How an attempt went.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// What comes next.
    pub next: Next,
}

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the receiver took it.
    Delivered,
    /// Another, after this time.
    Again(Duration),
    /// Nothing: it was the last.
    GiveUp,
    /// Nothing, and nothing else is sent there: the receiver is gone for good.
    Disable,
}

/// Writes down how an attempt went, unless the delivery is not in the same hands any more.
pub async fn settle(connection: &mut AsyncPgConnection, delivery: &InHand, attempted: &Attempted) -> Result<()> {
    connection
        .transaction(async |connection| {
            if attempted.next == Next::Disable {
                // First, as whoever changes a webhook does: nobody waits for the other in turn.
                let lock = webhooks::table.find(delivery.webhook_id).for_update().select(webhooks::id);
                lock.first::<WebhookId>(connection).await.optional()?;
            }
            let result = (
                deliveries::last_status.eq(attempted.status.map(i32::from)),
                deliveries::last_error.eq(attempted.error.as_deref()),
            );
            let held = deliveries::table
                .find(delivery.id)
                .filter(deliveries::status.eq(DeliveryStatus::Pending))
                .filter(deliveries::attempts.eq(delivery.attempts));
            let status = match attempted.next {
                Next::Again(pause) => {
                    let due_at = deliveries::due_at.eq(from_now(pause).assume_not_null());
                    diesel::update(held).set((result, due_at)).execute(connection).await?;
                    return Ok(());
                }
                Next::Delivered => DeliveryStatus::Delivered,
                Next::GiveUp | Next::Disable => DeliveryStatus::Failed,
            };
            let finished = (deliveries::status.eq(status), deliveries::finished_at.eq(now));
            let held = diesel::update(held).set((result, finished)).execute(connection).await? == 1;
            if held && attempted.next == Next::Disable {
                disable(connection, delivery.webhook_id, attempted.error.as_deref().unwrap_or_default()).await?;
            }
            Ok(())
        })
        .await
}

/// Sends a webhook nothing any more.
async fn disable(connection: &mut AsyncPgConnection, id: WebhookId, because: &str) -> Result<()> {
    let disabled = diesel::update(webhooks::table.find(id).filter(webhooks::state.ne(WebhookState::Disabled)))
        .set((webhooks::state.eq(WebhookState::Disabled), webhooks::disabled_because.eq(because)))
        .execute(connection)
        .await?;
    if disabled == 0 {
        return Ok(());
    }
    give_up_all(connection, id).await?;
    let act = Act::new(Actor::System, "webhook.disabled", "webhook", id).with(json!({"because": because}));
    audit::record(connection, &RequestContext::default(), act).await
}

/// Gives up what waits for a webhook.
pub(super) async fn give_up_all(connection: &mut AsyncPgConnection, id: WebhookId) -> Result<()> {
    let waiting =
        deliveries::table.filter(deliveries::webhook_id.eq(id)).filter(deliveries::status.eq(DeliveryStatus::Pending));
    diesel::update(waiting)
        .set((
            deliveries::status.eq(DeliveryStatus::Failed),
            deliveries::last_error.eq("the webhook was disabled"),
            deliveries::finished_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets up to `limit` deliveries of more than 30 days ago, by when all have been delivered or given up, but for those
/// that waited for a paused webhook all the time.
pub async fn clear_old(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    const CLEAR: &str = "
        DELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE created_at < now() - interval '30 days'
            ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)";
    Ok(diesel::sql_query(CLEAR).bind::<BigInt, _>(i64::from(limit)).execute(connection).await?)
}
