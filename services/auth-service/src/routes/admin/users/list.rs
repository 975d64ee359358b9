use actix_web::{get, web};
use common::auth::{EditUsers, RequirePermission};
use common::ids::UserId;
use common::page::{Cursor, Limit};
use common::problem::Problem;
use database::identity::users::{self, User};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor<UserId>>,
}

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
#[utoipa::path(tag = "users", params(Page), responses((status = 200, body = Users)))]
#[get("/api/admin/users")]
pub async fn list(
    _admin: RequirePermission<EditUsers>,
    page: web::Query<Page>,
    state: web::Data<State>,
) -> Result<web::Json<Users>, Problem> {
    let Page { limit, cursor } = page.into_inner();
    let mut connection = state.pool.get().await?;
    let (users, next_cursor) = users::list(&mut connection, limit, cursor.map(|Cursor(id)| id)).await?;
    Ok(web::Json(Users { users, next_cursor }))
}
