use actix_web::{get, web};
use common::auth::{EditWebhooks, RequirePermission};
use common::ids::WebhookId;
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::webhooks::{self, Webhook};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of webhooks.
#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    /// The webhooks, newest first.
    webhooks: Vec<Webhook>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<WebhookId>>,
}

/// Lists the webhooks.
#[utoipa::path(
    tag = "webhooks", params(PageQuery<WebhookId>),
    responses((status = 200, body = Webhooks), (status = 400, body = ProblemDetails))
)]
#[get("/api/admin/webhooks")]
pub async fn list(
    _admin: RequirePermission<EditWebhooks>,
    page: web::Query<PageQuery<WebhookId>>,
    state: web::Data<State>,
) -> Result<web::Json<Webhooks>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let (webhooks, next_cursor) = webhooks::list(&mut *state.pool.get().await?, limit, after).await?;
    Ok(web::Json(Webhooks { webhooks, next_cursor }))
}
