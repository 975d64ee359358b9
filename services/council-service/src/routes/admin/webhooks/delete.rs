use actix_web::{HttpResponse, delete, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::RequestContext;
use common::ids::WebhookId;
use common::problem::{Problem, ProblemDetails};
use database::webhooks::delete as delete_webhook;

use crate::State;

/// Forgets a webhook, and what was sent to it.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/admin/webhooks/{webhook_id}")]
pub async fn delete(
    admin: RequirePermission<EditWebhooks>,
    id: web::Path<WebhookId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    delete_webhook(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
