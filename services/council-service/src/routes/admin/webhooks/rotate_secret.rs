use actix_web::{post, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::http::RequestContext;
use common::ids::WebhookId;
use common::problem::{Problem, ProblemDetails};
use database::webhooks::rotate_secret as rotate;

use super::{WithSecret, new_secret};
use crate::State;

/// Gives a webhook another secret, shown once. The one before signs, too, for 24 hours.
#[utoipa::path(
    tag = "webhooks", params(("webhook_id" = WebhookId, Path)),
    responses((status = 200, body = WithSecret), (status = 404, body = ProblemDetails))
)]
#[post("/api/admin/webhooks/{webhook_id}/rotate-secret")]
pub async fn rotate_secret(
    admin: RequirePermission<EditWebhooks>,
    id: web::Path<WebhookId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<WithSecret>, Problem> {
    let secret = new_secret()?;
    let sealed = secret.encrypt(&state.encryption, *id).map_err(Problem::internal)?;
    let webhook = rotate(&mut *state.pool.get().await?, &admin.claims, &context, *id, &sealed).await?;
    Ok(web::Json(WithSecret { webhook, secret: secret.text() }))
}
