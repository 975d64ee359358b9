use actix_web::{get, web};
use common::auth::Read;
use common::ids::Domain;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{self, Council, CouncilState, Filter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::caller::CallerMay;

/// Which councils.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only of this state.
    #[param(inline)]
    state: Option<CouncilState>,
    /// Only those responsible for this domain.
    #[param(inline)]
    domain: Option<Domain>,
}

impl From<Query> for Filter {
    fn from(Query { state, domain }: Query) -> Self {
        Self { state, domain }
    }
}

/// Councils: they are few, so that there are no pages.
#[derive(Serialize, ToSchema)]
pub struct Councils {
    /// By id.
    pub councils: Vec<Council>,
}

/// Lists the councils.
#[utoipa::path(
    tag = "councils", params(Query),
    responses((status = 200, body = Councils), (status = 400, body = ProblemDetails))
)]
#[get("/api/councils")]
pub async fn list(
    _caller: CallerMay<Read>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<Councils>, Problem> {
    let councils = councils::list(&mut *state.pool.get().await?, &query.into_inner().into()).await?;
    Ok(web::Json(Councils { councils }))
}
