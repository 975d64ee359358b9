//! Where a workflow stands.

use common::ids::WorkflowId;
use database::identity::agents::Scope;
use rmcp::model::Tool;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;

use super::{Answer, look_at, only_looks, structured};
use crate::mcp::Asked;
use crate::mcp::view::View;

/// What it is called.
pub const NAME: &str = "get_workflow";

/// Which workflow.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
pub struct Arguments {
    /// The `workflow_id` that the proposal was answered with.
    #[schemars(with = "String", extend("format" = "uuid"))]
    workflow_id: WorkflowId,
}

/// Describes it.
pub fn tool() -> Tool {
    let description = "Tells at once where a workflow stands: its status, what its councils decided and said, its output \
                       or why it failed, and what to do next.";
    Tool::new(NAME, description, Map::new())
        .with_title("Look at a workflow")
        .with_input_schema::<Arguments>()
        .with_output_schema::<View>()
        .with_annotations(only_looks())
}

/// Answers it.
pub async fn call(asked: &Asked, arguments: Arguments) -> Answer {
    asked.key.needs(Scope::Read)?;
    structured(&look_at(asked, arguments.workflow_id).await?)
}
