//! What admins do with webhooks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{DeliveryId, EventId, UserId, WebhookId};
use common::problem::Problem;
use common::roles::Permission;
use common::text::Text;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};

use super::sending::give_up_all;
use super::{Delivery, DeliveryStatus, EventType, Webhook, WebhookState, WebhookUrl};
use crate::audit::{self, Act};
use crate::clock::{self, from_now};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{webhook_deliveries as deliveries, webhooks};

/// There are no more: each event is written for each of them.
const MOST: i64 = 100;
/// How long a secret signs besides the one that took its place.
const OVERLAP: Duration = Duration::from_hours(24);

/// A webhook to be.
pub struct NewWebhook<'a> {
    /// Names it: its secret is encrypted for this name.
    pub id: WebhookId,
    /// Where events are sent to.
    pub url: &'a WebhookUrl,
    /// What it is for.
    pub description: &'a Text<0, 200>,
    /// The events that are sent.
    pub events: &'a [EventType],
    /// Its encrypted secret.
    pub secret: &'a [u8],
}

/// An admin has a program told of events.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewWebhook<'_>,
) -> Result<Webhook> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            let there: i64 = webhooks::table.count().get_result(connection).await?;
            if there >= MOST {
                let message = format!("there are {there} webhooks, as many as there may be: delete one first");
                return Err(Problem::conflict("too_many_webhooks", message).into());
            }
            let webhook = diesel::insert_into(webhooks::table)
                .values((
                    webhooks::id.eq(new.id),
                    webhooks::url.eq(new.url.as_str()),
                    webhooks::description.eq(new.description.as_str()),
                    webhooks::events.eq(new.events),
                    webhooks::secret.eq(new.secret),
                    webhooks::created_by.eq(admin.id),
                ))
                .returning(Webhook::as_returning())
                .get_result(connection)
                .await?;
            let detail = json!({"host": new.url.host(), "events": new.events});
            note(connection, context, admin.id, "webhook.created", new.id, detail).await?;
            Ok(webhook)
        })
        .await
}

/// What is to be changed of a webhook; what is not named stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// Where events are sent to.
    pub url: Option<&'a WebhookUrl>,
    /// What it is for.
    pub description: Option<&'a Text<0, 200>>,
    /// The events that are sent.
    pub events: Option<&'a [EventType]>,
    /// Whether they are sent.
    pub state: Option<WebhookState>,
}

/// An admin changes a webhook. What waits for one that is disabled is given up.
pub async fn change(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WebhookId,
    change: Change<'_>,
) -> Result<Webhook> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            let before = lock(connection, id).await?;
            if change.state == Some(WebhookState::Disabled) {
                give_up_all(connection, id).await?;
            }
            let webhook = diesel::update(webhooks::table.find(id))
                .set((
                    webhooks::url.eq(change.url.map_or(before.url.as_str(), WebhookUrl::as_str)),
                    webhooks::description.eq(change.description.map_or(before.description.as_str(), Text::as_str)),
                    webhooks::events.eq(change.events.unwrap_or(&before.events)),
                    webhooks::state.eq(change.state.unwrap_or(before.state)),
                    webhooks::disabled_because.eq(before.disabled_because.filter(|_| change.state.is_none())),
                ))
                .returning(Webhook::as_returning())
                .get_result(connection)
                .await?;
            let detail = json!({
                "host": change.url.map(WebhookUrl::host), "events": change.events, "state": change.state,
                "description": change.description,
            });
            note(connection, context, admin.id, "webhook.changed", id, detail).await?;
            Ok(webhook)
        })
        .await
}

/// An admin gives a webhook another secret; the one before signs, too, for 24 hours.
pub async fn rotate_secret(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WebhookId,
    secret: &[u8],
) -> Result<Webhook> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            lock(connection, id).await?;
            let webhook = diesel::update(webhooks::table.find(id))
                .set((
                    webhooks::previous_secret.eq(webhooks::secret.nullable()),
                    webhooks::previous_until.eq(from_now(OVERLAP)),
                    webhooks::secret.eq(secret),
                ))
                .returning(Webhook::as_returning())
                .get_result(connection)
                .await?;
            note(connection, context, admin.id, "webhook.secret_rotated", id, json!({})).await?;
            Ok(webhook)
        })
        .await
}

/// An admin deletes a webhook, and what was sent to it.
pub async fn delete(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WebhookId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            lock(connection, id).await?;
            diesel::delete(webhooks::table.find(id)).execute(connection).await?;
            note(connection, context, admin.id, "webhook.deleted", id, json!({})).await
        })
        .await
}

/// An admin tries a webhook.
pub async fn send_test(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WebhookId,
) -> Result<Delivery> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            refuse_inactive(&lock(connection, id).await?)?;
            let at = clock::now(connection).await?;
            let delivery = diesel::insert_into(deliveries::table)
                .values((
                    deliveries::id.eq(DeliveryId::new()),
                    deliveries::webhook_id.eq(id),
                    deliveries::event_id.eq(EventId::new()),
                    deliveries::event_type.eq(EventType::Test),
                    deliveries::payload.eq(message(EventType::Test, at, json!({"webhook_id": id}))),
                ))
                .returning(Delivery::as_returning())
                .get_result(connection)
                .await?;
            let detail = json!({"delivery_id": delivery.id});
            note(connection, context, admin.id, "webhook.tested", id, detail).await?;
            Ok(delivery)
        })
        .await
}

/// An admin has an event sent to a webhook once more, from the first attempt on.
pub async fn redeliver(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<Delivery> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWebhooks).await?;
            refuse_inactive(&lock(connection, webhook).await?)?;
            let again = diesel::update(deliveries::table.find(id).filter(deliveries::webhook_id.eq(webhook)))
                .set((
                    deliveries::status.eq(DeliveryStatus::Pending),
                    deliveries::attempts.eq(0),
                    deliveries::due_at.eq(now),
                    deliveries::finished_at.eq(None::<DateTime<Utc>>),
                ))
                .returning(Delivery::as_returning())
                .get_result(connection)
                .await
                .optional()?;
            let delivery = again.ok_or_else(|| Problem::not_found("delivery to this webhook"))?;
            let detail = json!({"delivery_id": id});
            note(connection, context, admin.id, "webhook.redelivered", webhook, detail).await?;
            Ok(delivery)
        })
        .await
}

/// What is sent of an event.
pub(crate) fn message(event: EventType, at: DateTime<Utc>, data: Value) -> Value {
    json!({"type": event, "timestamp": at, "data": data})
}

async fn lock(connection: &mut AsyncPgConnection, id: WebhookId) -> Result<Webhook> {
    let found =
        webhooks::table.find(id).for_update().select(Webhook::as_select()).first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("webhook"))?)
}

fn refuse_inactive(webhook: &Webhook) -> Result<()> {
    if webhook.state == WebhookState::Active {
        return Ok(());
    }
    let message = format!("the webhook is {}: make it active first", webhook.state);
    Err(Problem::conflict("webhook_not_active", message).into())
}

async fn note(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    admin: UserId,
    action: &str,
    id: WebhookId,
    detail: Value,
) -> Result<()> {
    audit::record(connection, context, Act::new(Actor::User(admin), action, "webhook", id).with(detail)).await
}
