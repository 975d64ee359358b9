//! Programs that are told of events over HTTP. Admins look after them through council-service; what is sent is written
//! with the announcements (`crate::announcements`) and sent by workflow-worker.

mod acts;
pub mod sending;

pub(crate) use acts::message;
pub use acts::{Change, NewWebhook, change, create, delete, redeliver, rotate_secret, send_test};

use std::fmt;

use chrono::{DateTime, Utc};
use common::ids::{DeliveryId, EventId, UserId, WebhookId};
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::{webhook_deliveries as deliveries, webhooks};

text_enum! {
    /// What a program can be told of.
    pub enum EventType {
        /// Somebody proposed a workflow.
        WorkflowProposed = "workflow.proposed",
        /// A workflow was approved, rejected, expired, cancelled or blocked.
        WorkflowDecided = "workflow.decided",
        /// A run began.
        WorkflowStarted = "workflow.started",
        /// A run is done.
        WorkflowCompleted = "workflow.completed",
        /// A run failed.
        WorkflowFailed = "workflow.failed",
        /// A council's votes are needed.
        VoteNeeded = "vote.needed",
        /// An admin ran a workflow before its councils decided.
        GlassBroken = "glass.broken",
        /// An admin tries a webhook.
        Test = "webhook.test",
    }
}

text_enum! {
    /// Whether a webhook is sent events.
    pub enum WebhookState {
        /// Yes.
        Active = "active",
        /// They wait until it is active again, for 30 days.
        Paused = "paused",
        /// No, and none are kept for it.
        Disabled = "disabled",
    }
}

text_enum! {
    /// Where a delivery stands.
    pub enum DeliveryStatus {
        /// It will be tried, or tried again.
        Pending = "pending",
        /// The receiver took it.
        Delivered = "delivered",
        /// It is given up.
        Failed = "failed",
    }
}

/// Where events are sent to: an absolute `https` or `http` URL without credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What the record may keep of it: paths and queries may hold what only the receiver should know.
    fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Err("must be a URL of the scheme https or http".to_owned());
        }
        let url: Url = text.parse().map_err(|error| format!("must be an absolute URL: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password: what is sent is signed".to_owned());
        }
        if url.fragment().is_some() {
            return Err("must not have a fragment: it would not be sent".to_owned());
        }
        if url.as_str().len() > 2000 {
            return Err("must have at most 2000 characters".to_owned());
        }
        Ok(Self(url))
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl utoipa::PartialSchema for WebhookUrl {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
        let uri = SchemaFormat::Custom("uri".to_owned());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(uri))
            .pattern(Some("^https?://"))
            .max_length(Some(2000))
            .into()
    }
}

impl ToSchema for WebhookUrl {}

/// A program that is told of events.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = webhooks)]
pub struct Webhook {
    /// Names it.
    pub id: WebhookId,
    /// Where events are sent to.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// The events that are sent.
    pub events: Vec<EventType>,
    /// Whether they are sent.
    pub state: WebhookState,
    /// Why they are not, when nobody but us decided so.
    pub disabled_because: Option<String>,
    /// Until when the secret before the last rotation signs, too.
    #[diesel(column_name = previous_until)]
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// Who added it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// One event on its way to one program.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = deliveries)]
pub struct Delivery {
    /// Names it.
    pub id: DeliveryId,
    /// Names the event: the `webhook-id` that it is sent with, at every attempt.
    pub event_id: EventId,
    /// What it tells of.
    pub event_type: EventType,
    /// What is sent.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, while it is pending.
    pub due_at: DateTime<Utc>,
    /// The HTTP status of the last answer.
    pub last_status: Option<i32>,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    /// When the event happened to be announced.
    pub created_at: DateTime<Utc>,
    /// When it was delivered or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Webhooks, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<WebhookId>,
) -> Result<(Vec<Webhook>, Option<Cursor<WebhookId>>)> {
    let mut rows = webhooks::table
        .filter(webhooks::id.lt(after.unwrap_or(WebhookId(Uuid::max()))))
        .order(webhooks::id.desc())
        .limit(limit.get() + 1)
        .select(Webhook::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |webhook| webhook.id);
    Ok((rows, next))
}

/// One webhook.
pub async fn find(connection: &mut AsyncPgConnection, id: WebhookId) -> Result<Webhook> {
    let found = webhooks::table.find(id).select(Webhook::as_select()).first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("webhook"))?)
}

/// What was sent to a webhook, newest first.
pub async fn deliveries(
    connection: &mut AsyncPgConnection,
    webhook: WebhookId,
    limit: Limit,
    after: Option<DeliveryId>,
) -> Result<(Vec<Delivery>, Option<Cursor<DeliveryId>>)> {
    let mut rows = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook))
        .filter(deliveries::id.lt(after.unwrap_or(DeliveryId(Uuid::max()))))
        .order(deliveries::id.desc())
        .limit(limit.get() + 1)
        .select(Delivery::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |delivery| delivery.id);
    Ok((rows, next))
}
