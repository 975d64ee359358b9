use actix_web::{HttpResponse, post, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::RequestContext;
use common::ids::WebhookId;
use common::problem::{Problem, ProblemDetails};
use database::webhooks::{Delivery, send_test};

use crate::State;

/// Sends a webhook an event of the type `webhook.test`.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path)),
    responses((status = 202, body = Delivery), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/webhooks/{webhook_id}/test")]
pub async fn test(
    admin: RequirePermission<EditWebhooks>,
    id: web::Path<WebhookId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let delivery = send_test(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?;
    Ok(HttpResponse::Accepted().json(delivery))
}
