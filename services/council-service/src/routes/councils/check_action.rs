use actix_web::{post, web};
use common::auth::Read;
use common::http::Body;
use common::ids::{CouncilId, WorkflowTypeId};
use common::problem::{Problem, ProblemDetails};
use database::governance::councils;
use database::governance::propose::{Foreseen, foresee};
use governance::inputs::Inputs;
use governance::money::Money;
use governance::route::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::State;
use crate::caller::CallerMay;

/// What might be proposed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAction {
    /// Which type.
    workflow_type: WorkflowTypeId,
    /// Which version of it, the current one when not said.
    version: Option<i32>,
    /// With which inputs: checked, and compared with mandates, when they are given.
    inputs: Option<Inputs>,
    /// What it would save in a week.
    weekly_savings: Option<Money>,
}

/// What would happen.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    /// Which council was asked.
    council_id: CouncilId,
    /// Whether it is responsible at all.
    responsible: bool,
    /// What its policy says, when it is.
    #[serde(flatten)]
    #[schema(value_type = OwnVerdict, inline)]
    verdict: Option<Verdict>,
    /// What would become of the proposal, with what every responsible council says.
    overall: Foreseen,
}

/// What the document says of the verdict: there is one if the council is responsible, and only then.
struct OwnVerdict;

impl PartialSchema for OwnVerdict {
    fn schema() -> RefOr<Schema> {
        let no = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false]));
        let none = ObjectBuilder::new().property("responsible", no).required("responsible");
        OneOfBuilder::new().item(Ref::from_schema_name(Verdict::name())).item(none).into()
    }
}

impl ToSchema for OwnVerdict {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Verdict::name().into(), Verdict::schema()));
        Verdict::schemas(schemas);
    }
}

/// Tells what would happen to a proposal, and why, without making it.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)), request_body = CheckAction,
    responses((status = 200, body = Checked), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/councils/{council_id}/check-action")]
pub async fn check_action(
    _caller: CallerMay<Read>,
    council: web::Path<CouncilId>,
    body: Body<CheckAction>,
    state: web::Data<State>,
) -> Result<web::Json<Checked>, Problem> {
    let (Body(action), council_id) = (body, council.into_inner());
    let inputs = action.inputs.map(Inputs::into_value);
    let savings = action.weekly_savings.as_ref();
    let mut connection = state.pool.get().await?;
    councils::find(&mut connection, &council_id).await?;
    let overall = foresee(&mut connection, &action.workflow_type, action.version, inputs.as_ref(), savings).await?;
    let own = overall.findings.iter().find(|finding| finding.council_id == council_id);
    let verdict = own.map(|finding| finding.verdict.clone());
    Ok(web::Json(Checked { council_id, responsible: verdict.is_some(), verdict, overall }))
}
