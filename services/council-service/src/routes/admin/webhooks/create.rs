use actix_web::{HttpResponse, post, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::WebhookId;
use common::problem::{Problem, ProblemDetails};
use common::text::Text;
use database::webhooks::{NewWebhook, WebhookUrl, create as create_webhook};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Subscription, WithSecret, new_secret};
use crate::State;

/// A webhook to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where events are sent to.
    url: WebhookUrl,
    /// What it is for.
    #[serde(default)]
    description: Text<0, 200>,
    /// The events that are sent.
    events: Subscription,
}

/// Has a program told of events. Its secret is shown once.
#[utoipa::path(
    tag = "webhooks", request_body = CreateWebhook,
    responses((status = 201, body = WithSecret), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/admin/webhooks")]
pub async fn create(
    admin: RequirePermission<EditWebhooks>,
    body: Body<CreateWebhook>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(CreateWebhook { url, description, events: Subscription(events) }) = body;
    let (id, secret) = (WebhookId::new(), new_secret()?);
    let sealed = secret.encrypt(&state.encryption, id).map_err(Problem::internal)?;
    let new = NewWebhook { id, url: &url, description: &description, events: &events, secret: &sealed };
    let webhook = create_webhook(&mut *state.pool.get().await?, &admin.claims, &context, new).await?;
    Ok(HttpResponse::Created().json(WithSecret { webhook, secret: secret.text() }))
}
