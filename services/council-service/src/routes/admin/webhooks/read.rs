use actix_web::{get, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::ids::{DeliveryId, WebhookId};
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::webhooks::{self, Delivery, Webhook};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A webhook, and a page of its deliveries.
#[derive(Serialize, ToSchema)]
pub struct WebhookDetail {
    /// The webhook.
    #[serde(flatten)]
    webhook: Webhook,
    /// What was sent, newest first; kept for 30 days.
    deliveries: Vec<Delivery>,
    /// Where the next page of them begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<DeliveryId>>,
}

/// Tells about a webhook and how its deliveries went.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path), PageQuery<DeliveryId>),
    responses((status = 200, body = WebhookDetail), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/webhooks/{webhook_id}")]
pub async fn read(
    _admin: RequirePermission<EditWebhooks>,
    id: web::Path<WebhookId>,
    page: web::Query<PageQuery<DeliveryId>>,
    state: web::Data<State>,
) -> Result<web::Json<WebhookDetail>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let webhook = webhooks::find(&mut *state.pool.get().await?, *id).await?;
    let mut connection = state.reads.get().await?;
    let (deliveries, next_cursor) = webhooks::deliveries(&mut connection, *id, limit, after).await?;
    Ok(web::Json(WebhookDetail { webhook, deliveries, next_cursor }))
}
