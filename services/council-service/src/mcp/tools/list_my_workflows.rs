//! What one has proposed.

use common::ids::WorkflowId;
use common::page::{Cursor, Limit};
use database::governance::workflows::{self, Filter};
use database::identity::agents::Scope;
use governance::workflow::WorkflowStatus;
use rmcp::model::Tool;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{Answer, only_looks, structured};
use crate::mcp::Asked;
use crate::mcp::view::{Line, statuses};

/// What it is called.
pub const NAME: &str = "list_my_workflows";

/// Which of them, and which page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
pub struct Arguments {
    /// Only of this status.
    #[schemars(schema_with = "statuses")]
    #[serde(default)]
    status: Option<WorkflowStatus>,
    /// How many, 50 when not said.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 200))]
    limit: Limit,
    /// The `next_cursor` of the page before.
    #[schemars(with = "String")]
    #[serde(default)]
    cursor: Option<Cursor<WorkflowId>>,
}

/// A page of workflows.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Page {
    /// Your proposals, newest first.
    workflows: Vec<Line>,
    /// Where the next page begins.
    #[schemars(with = "Option<String>")]
    next_cursor: Option<Cursor<WorkflowId>>,
}

/// Describes it.
pub fn tool() -> Tool {
    Tool::new(NAME, "Lists what you have proposed, newest first.", Map::new())
        .with_title("List my workflows")
        .with_input_schema::<Arguments>()
        .with_output_schema::<Page>()
        .with_annotations(only_looks())
}

/// Answers it.
pub async fn call(asked: &Asked, arguments: Arguments) -> Answer {
    asked.key.needs(Scope::Read)?;
    let filter =
        Filter { statuses: arguments.status.as_slice(), proposed_by: Some(asked.key.agent.id.0), ..Filter::default() };
    let after = arguments.cursor.map(|Cursor(id)| id);
    let mut connection = asked.state.pool.get().await?;
    let (workflows, next_cursor) = workflows::list(&mut connection, filter, arguments.limit, after).await?;
    structured(&Page { workflows: workflows.into_iter().map(Line::from).collect(), next_cursor })
}
