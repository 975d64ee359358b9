//! The tools: one for each workflow type, and those in the files of this folder.

mod cancel_workflow;
mod get_workflow;
mod list_my_workflows;
mod propose;
pub mod wait_for_decision;

use common::http::from_object;
use common::ids::{WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit};
use common::problem::Problem;
use database::governance::workflows;
use database::identity::agents::Scope;
use rmcp::RoleServer;
use rmcp::model::{CallToolResult, JsonObject, ListToolsResult, ToolAnnotations};
use rmcp::service::RequestContext;
use serde::Serialize;

use super::Asked;
use super::view::View;

/// Why a tool did not do what it was asked.
pub enum Failure {
    /// There is none of that name.
    NoSuchTool,
    /// The rules forbid it, or it can't be.
    Refused(Problem),
}

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What a tool answers; an error of the protocol's kind is one, too.
type Answer = Result<CallToolResult, Failure>;

/// Lists the tools that the key may be used for: first those in this folder, then the workflow types by page.
pub async fn list(asked: &Asked, cursor: Option<String>) -> Result<ListToolsResult, Problem> {
    asked.key.needs(Scope::Read)?;
    let may_propose = asked.key.needs(Scope::Propose).is_ok();
    let mut tools = Vec::new();
    if cursor.is_none() {
        tools.extend([get_workflow::tool(), list_my_workflows::tool(), wait_for_decision::tool()]);
        tools.extend(may_propose.then(cancel_workflow::tool));
    }
    let after =
        cursor.map(Cursor::try_from).transpose().map_err(|rule| Problem::bad_request("invalid_cursor", rule))?;
    let after = after.map(|Cursor(id)| id);
    let mut next = None;
    if may_propose {
        let (types, cursor) = propose::tools(asked, Limit::default(), after).await?;
        tools.extend(types);
        next = cursor.map(String::from);
    }
    let mut listed = ListToolsResult::with_all_items(tools);
    listed.next_cursor = next;
    Ok(listed)
}

/// Calls a tool.
pub async fn call(asked: &Asked, name: &str, arguments: JsonObject, context: &RequestContext<RoleServer>) -> Answer {
    match name {
        cancel_workflow::NAME => cancel_workflow::call(asked, from_object(arguments)?).await,
        get_workflow::NAME => get_workflow::call(asked, from_object(arguments)?).await,
        list_my_workflows::NAME => list_my_workflows::call(asked, from_object(arguments)?).await,
        wait_for_decision::NAME => wait_for_decision::call(asked, from_object(arguments)?, context).await,
        // A type's name has a dot, so that none can hide a tool of ours.
        name => match name.parse::<WorkflowTypeId>() {
            Ok(workflow_type) => propose::call(asked, &workflow_type, arguments).await,
            Err(_) => Err(Failure::NoSuchTool),
        },
    }
}

/// A workflow as it stands.
async fn look_at(asked: &Asked, id: WorkflowId) -> Result<View, Problem> {
    let found = workflows::find(&mut *asked.state.pool.get().await?, id).await?;
    Ok(View::of(found, asked.console.as_deref()))
}

/// An answer, as data and as text.
fn structured(answer: &impl Serialize) -> Answer {
    Ok(CallToolResult::structured(serde_json::to_value(answer).map_err(Problem::internal)?))
}

/// What is true of every tool that only looks.
fn only_looks() -> ToolAnnotations {
    ToolAnnotations::new().read_only(true).idempotent(true).open_world(false)
}
