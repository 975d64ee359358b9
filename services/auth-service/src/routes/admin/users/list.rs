use actix_web::{get, web};
use common::auth::{EditUsers, RequirePermission};
use common::ids::UserId;
use common::page::{Cursor, Limit};
use common::problem::Problem;
use common::roles::Role;
use common::text::Text;
use database::identity::users::{self, Filter, User, UserState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;

/// Which people, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUsers {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<UserId>>,
    /// Whose name or e-mail address has this in it, whatever its case.
    #[param(inline)]
    search: Option<Text<1, 100>>,
    /// Of this role.
    role: Option<Role>,
    /// In this state.
    state: Option<UserState>,
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
#[utoipa::path(tag = "users", params(ListUsers), responses((status = 200, body = Users)))]
#[get("/api/admin/users")]
pub async fn list(
    _admin: RequirePermission<EditUsers>,
    query: web::Query<ListUsers>,
    state: web::Data<State>,
) -> Result<web::Json<Users>, Problem> {
    let query = query.into_inner();
    let filter = Filter { search: query.search, role: query.role, state: query.state };
    let after = query.cursor.map(|Cursor(key)| key);
    let mut connection = state.pool.get().await?;
    let (users, next_cursor) = users::list(&mut connection, &filter, query.limit, after).await?;
    Ok(web::Json(Users { users, next_cursor }))
}
