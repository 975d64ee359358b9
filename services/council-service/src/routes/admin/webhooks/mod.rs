//! `/api/admin/webhooks`.

pub mod change;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod read;
pub mod rotate_secret;
pub mod test;

use std::collections::BTreeSet;

use common::problem::Problem;
use common::webhooks::WebhookSecret;
use database::webhooks::{EventType, Webhook};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The events that a program is told of: at least one kind.
#[derive(Deserialize, ToSchema)]
#[serde(try_from = "BTreeSet<EventType>")]
#[schema(value_type = Vec<EventType>, min_items = 1)]
pub struct Subscription(Vec<EventType>);

impl TryFrom<BTreeSet<EventType>> for Subscription {
    type Error = &'static str;

    fn try_from(events: BTreeSet<EventType>) -> Result<Self, Self::Error> {
        if events.is_empty() {
            return Err("must name at least one kind of event");
        }
        if events.contains(&EventType::Test) {
            return Err("webhook.test is sent on demand only: POST /api/admin/webhooks/{webhook_id}/test");
        }
        Ok(Self(events.into_iter().collect()))
    }
}

/// A webhook with its new secret. This is the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub struct WithSecret {
    /// The webhook.
    #[serde(flatten)]
    webhook: Webhook,
    /// What its receiver checks signatures with: `whsec_` and base64.
    secret: String,
}

fn new_secret() -> Result<WebhookSecret, Problem> {
    WebhookSecret::generate().map_err(|_| Problem::internal("no random bytes"))
}
