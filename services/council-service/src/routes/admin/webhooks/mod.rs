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
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The events that a program is told of: at least one kind.
#[derive(Deserialize)]
#[serde(try_from = "BTreeSet<EventType>")]
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

impl PartialSchema for Subscription {
    fn schema() -> RefOr<Schema> {
        let words = EventType::ALL.iter().filter(|event| **event != EventType::Test).map(|event| event.as_str());
        let event = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        ArrayBuilder::new().items(event).min_items(Some(1)).into()
    }
}

impl ToSchema for Subscription {}

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
