use actix_web::{patch, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::WebhookId;
use common::problem::{Problem, ProblemDetails};
use common::text::Text;
use database::webhooks::{Change, Webhook, WebhookState, WebhookUrl, change as change_webhook};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Subscription;
use crate::State;

/// What is to be changed; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhook {
    /// Where events are sent to.
    url: Option<WebhookUrl>,
    /// What it is for.
    description: Option<Text<0, 200>>,
    /// The events that are sent.
    events: Option<Subscription>,
    /// `paused`, and events wait until it is active again; `disabled`, and nothing is kept for it.
    state: Option<WebhookState>,
}

/// Changes a webhook.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path)), request_body = ChangeWebhook,
    responses((status = 200, body = Webhook), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[patch("/api/admin/webhooks/{webhook_id}")]
pub async fn change(
    admin: RequirePermission<EditWebhooks>,
    id: web::Path<WebhookId>,
    body: Body<ChangeWebhook>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Webhook>, Problem> {
    let Body(ChangeWebhook { url, description, events, state: webhook_state }) = body;
    let events = events.map(|Subscription(events)| events);
    let change = Change {
        url: url.as_ref(),
        description: description.as_ref(),
        events: events.as_deref(),
        state: webhook_state,
    };
    let mut connection = state.pool.get().await?;
    Ok(web::Json(change_webhook(&mut connection, &admin.claims, &context, *id, change).await?))
}
