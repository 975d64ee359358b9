//! Taking back what one has proposed.

use common::ids::WorkflowId;
use common::text::Remark;
use database::governance::propose::Proposer;
use database::governance::withdraw;
use database::identity::agents::Scope;
use rmcp::model::{Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;

use super::{Answer, look_at, structured};
use crate::mcp::Asked;
use crate::mcp::view::View;

/// What it is called.
pub const NAME: &str = "cancel_workflow";

/// Which workflow, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
pub struct Arguments {
    /// The `workflow_id` of one of your own proposals.
    #[schemars(with = "String", extend("format" = "uuid"))]
    workflow_id: WorkflowId,
    /// Why; people read it.
    #[schemars(with = "String", length(min = 1, max = 2000))]
    reason: Option<Remark>,
}

/// Describes it.
pub fn tool() -> Tool {
    let description = "Takes back a proposal of yours that has not ended: it is not voted on any more and does not run; \
                       what runs stops at its next step. This can't be undone.";
    Tool::new(NAME, description, Map::new())
        .with_title("Cancel a workflow")
        .with_input_schema::<Arguments>()
        .with_output_schema::<View>()
        .with_annotations(ToolAnnotations::new().read_only(false).destructive(true).idempotent(false).open_world(false))
}

/// Answers it.
pub async fn call(asked: &Asked, arguments: Arguments) -> Answer {
    asked.key.needs(Scope::Propose)?;
    let Arguments { workflow_id, reason } = arguments;
    let mut connection = asked.state.pool.get().await?;
    let agent = Proposer::Agent(&asked.key.agent);
    withdraw::cancel(&mut connection, agent, &asked.context, workflow_id, reason.as_ref()).await?;
    drop(connection);
    structured(&look_at(asked, workflow_id).await?)
}
