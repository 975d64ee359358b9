use actix_web::{get, web};
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::Pool;
use database::health::incidents::{Incident, Key, list};
use serde::Serialize;
use utoipa::ToSchema;

/// Incidents, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Incidents {
    /// The incidents.
    incidents: Vec<Incident>,
    /// Where the next page begins; null on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<Key>>,
}

/// Lists the incidents, open and past, with what operators say about them: this is public.
#[utoipa::path(
    tag = "health", security(()), params(PageQuery<Key>),
    responses((status = 200, body = Incidents), (status = 503, body = ProblemDetails))
)]
#[get("/api/status/incidents")]
pub async fn incidents(
    page: web::Query<PageQuery<Key>>,
    pool: web::Data<Pool>,
) -> Result<web::Json<Incidents>, Problem> {
    let (limit, before) = page.into_inner().into_parts();
    let (incidents, next_cursor) = list(&mut *pool.get().await?, limit, before).await?;
    Ok(web::Json(Incidents { incidents, next_cursor }))
}
