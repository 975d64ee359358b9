use actix_web::{get, web};
use common::auth::{EditUsers, RequirePermission};
use common::ids::UserId;
use common::page::{Cursor, PageQuery};
use common::problem::Problem;
use database::identity::users::{self, User};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of people.
#[derive(Serialize, ToSchema)]
pub struct Users {
    /// The people, newest first.
    users: Vec<User>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<UserId>>,
}

/// Lists people.
#[utoipa::path(tag = "users", params(PageQuery<UserId>), responses((status = 200, body = Users)))]
#[get("/api/admin/users")]
pub async fn list(
    _admin: RequirePermission<EditUsers>,
    page: web::Query<PageQuery<UserId>>,
    state: web::Data<State>,
) -> Result<web::Json<Users>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let mut connection = state.pool.get().await?;
    let (users, next_cursor) = users::list(&mut connection, limit, after).await?;
    Ok(web::Json(Users { users, next_cursor }))
}
