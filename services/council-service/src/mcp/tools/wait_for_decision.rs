//! Waiting for what people decide, or for what comes of it.

use std::time::Duration;

use common::ids::WorkflowId;
use common::problem::Problem;
use database::governance::workflows;
use database::identity::agents::Scope;
use governance::workflow::WorkflowStatus;
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, Tool};
use rmcp::schemars::JsonSchema;
use rmcp::service::RequestContext;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use tokio::time::Instant;

use super::{Answer, look_at, only_looks, structured};
use crate::mcp::Asked;
use crate::mcp::view::View;

/// What it is called.
pub const NAME: &str = "wait_for_decision";

/// How often a client that asked for it is told that the call still waits.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// What to wait for, and how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
pub struct Arguments {
    /// The `workflow_id` that the proposal was answered with.
    #[schemars(with = "String", extend("format" = "uuid"))]
    workflow_id: WorkflowId,
    /// How long at most, in seconds; 50 when not said, as many clients give up after 60.
    #[serde(default)]
    #[schemars(with = "u16", range(min = 1, max = 300))]
    timeout_seconds: Seconds,
    /// "decision": until its councils have decided. "result": until nothing more comes of it. "decision" when not said.
    #[serde(default)]
    until: Until,
}

/// From 1 to 300 seconds.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u16")]
struct Seconds(u16);

impl Default for Seconds {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u16> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: u16) -> Result<Self, Self::Error> {
        if (1..=300).contains(&seconds) { Ok(Self(seconds)) } else { Err("must be 1 to 300 seconds") }
    }
}

/// What is waited for.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(crate = "rmcp::schemars", inline)]
enum Until {
    #[default]
    Decision,
    Result,
}

impl Until {
    const fn is_reached_by(self, status: WorkflowStatus) -> bool {
        use WorkflowStatus::{Approved, PendingReview, Queued, Running};
        match self {
            Self::Decision => !matches!(status, PendingReview),
            Self::Result => !matches!(status, PendingReview | Approved | Queued | Running),
        }
    }
}

/// What the wait came to.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Waited {
    /// Whether it came to what was waited for; if not, call again.
    reached: bool,
    /// The workflow as it stands now.
    #[serde(flatten)]
    workflow: View,
}

/// Describes it.
pub fn tool() -> Tool {
    let description = "Waits until the councils have decided about a workflow, or until it has ended, and tells where it \
                       stands then. People may take hours: when reached is false, go on with something else and ask \
                       again later.";
    Tool::new(NAME, description, Map::new())
        .with_title("Wait for a decision")
        .with_input_schema::<Arguments>()
        .with_output_schema::<Waited>()
        .with_annotations(only_looks())
}

/// Answers it. The wait ends early, with `reached` false, when the service stops.
pub async fn call(asked: &Asked, arguments: Arguments, context: &RequestContext<RoleServer>) -> Answer {
    asked.key.needs(Scope::Read)?;
    let Arguments { workflow_id, timeout_seconds: Seconds(seconds), until } = arguments;
    wait(asked, workflow_id, until, seconds, context).await?;
    // A key that was taken back in the meantime is told nothing more.
    asked.key.check_again(&asked.state).await?;
    let workflow = look_at(asked, workflow_id).await?;
    structured(&Waited { reached: until.is_reached_by(workflow.status()), workflow })
}

async fn wait(
    asked: &Asked,
    workflow: WorkflowId,
    until: Until,
    seconds: u16,
    context: &RequestContext<RoleServer>,
) -> Result<(), Problem> {
    let began = Instant::now();
    let deadline = began + Duration::from_secs(seconds.into());
    // Before the first look: what changes after it is told.
    let mut waiter = asked.state.watch.begin(asked.key.agent.id, workflow)?;
    let mut progress = tokio::time::interval(PROGRESS_INTERVAL);
    let mut status = status_of(asked, workflow).await?;
    while !until.is_reached_by(status) {
        tokio::select! {
            next = waiter.next() => status = next,
            tick = progress.tick() => tell(context, (tick - began).as_secs_f64(), seconds, status).await,
            () = tokio::time::sleep_until(deadline) => break,
            () = asked.stopping.cancelled() => break,
            // Whoever asked has gone.
            () = context.ct.cancelled() => break,
        }
    }
    Ok(())
}

async fn status_of(asked: &Asked, workflow: WorkflowId) -> Result<WorkflowStatus, Problem> {
    let mut connection = asked.state.pool.get().await?;
    let found = workflows::statuses(&mut connection, &[workflow]).await?;
    found.first().map(|(_, status)| *status).ok_or_else(|| Problem::not_found("workflow"))
}

/// Tells a client that asked for it that the call still waits. One that is not there any more ends the wait by itself.
async fn tell(context: &RequestContext<RoleServer>, waited: f64, seconds: u16, status: WorkflowStatus) {
    if let Some(token) = context.meta.get_progress_token() {
        let progress = ProgressNotificationParam::new(token, waited)
            .with_total(seconds.into())
            .with_message(format!("the workflow is {status}"));
        let _ = context.peer.notify_progress(progress).await;
    }
}
