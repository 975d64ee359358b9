use actix_web::{HttpResponse, post, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::RequestContext;
use common::ids::{DeliveryId, WebhookId};
use common::problem::{Problem, ProblemDetails};
use database::webhooks::{Delivery, redeliver as send_again};

use crate::State;

/// Sends an event to a webhook once more, under the same `webhook-id`.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path), ("delivery_id" = DeliveryId, Path)),
    responses((status = 202, body = Delivery), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver")]
pub async fn redeliver(
    admin: RequirePermission<EditWebhooks>,
    path: web::Path<(WebhookId, DeliveryId)>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (webhook, delivery) = path.into_inner();
    let mut connection = state.pool.get().await?;
    let delivery = send_again(&mut connection, &admin.claims, &context, webhook, delivery).await?;
    Ok(HttpResponse::Accepted().json(delivery))
}
