//! What mails say of workflows, read when they are written: the outbox holds ids only.

use chrono::{DateTime, Utc};
use common::Traceparent;
use common::ids::{AgentId, CouncilId, UserId, WorkflowId, WorkflowTypeId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::{ReviewKind, ReviewOutcome, WorkflowStatus};

use crate::error::Result;
use crate::schema::{
    agents, break_glass, councils, users, workflow_reviews as reviews, workflow_type_versions as versions, workflows,
};

/// A workflow, in the words of a mail.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its type.
    pub workflow_type: WorkflowTypeId,
    /// What that is called.
    pub name: String,
    /// Who proposed it.
    pub proposed_by: String,
}

/// A workflow's place in the trace of whoever proposed it.
pub async fn place(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<Traceparent>> {
    let found = workflows::table.find(id).select(workflows::traceparent).first::<Option<String>>(connection).await;
    Ok(found.optional()?.flatten().and_then(|text| text.parse().ok()))
}

/// What a mail says of a workflow.
pub async fn subject(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Subject> {
    let version =
        versions::workflow_type.eq(workflows::workflow_type).and(versions::version.eq(workflows::type_version));
    let (workflow_type, name, user, agent): (WorkflowTypeId, String, Option<UserId>, Option<AgentId>) =
        workflows::table
            .inner_join(versions::table.on(version))
            .filter(workflows::id.eq(id))
            .select((
                workflows::workflow_type,
                versions::name,
                workflows::proposer_user_id,
                workflows::proposer_agent_id,
            ))
            .first(connection)
            .await?;
    let person = user.map(|user| users::table.find(user).select(users::name));
    let agent = agent.map(|agent| agents::table.find(agent).select(agents::name));
    let proposed_by: String = match (person, agent) {
        (_, Some(agent)) => agent.first(connection).await?,
        (Some(person), None) => person.first(connection).await?,
        (None, None) => String::new(),
    };
    Ok(Subject { workflow_type, name, proposed_by })
}

/// A council's review that waits for votes.
#[derive(Clone, Debug, Queryable)]
pub struct Awaited {
    /// The council's name.
    pub council: String,
    /// Until when it takes votes.
    pub deadline: DateTime<Utc>,
    /// What a step of the run asks, if one does.
    pub question: Option<String>,
}

/// Those of these councils that still wait for votes on a workflow.
pub async fn awaited(
    connection: &mut AsyncPgConnection,
    id: WorkflowId,
    councils: &[CouncilId],
) -> Result<Vec<Awaited>> {
    let current = workflows::id.eq(reviews::workflow_id).and(workflows::round.eq(reviews::round));
    Ok(reviews::table
        .inner_join(workflows::table.on(current))
        .inner_join(councils::table.on(councils::id.eq(reviews::council_id)))
        .filter(workflows::id.eq(id))
        .filter(workflows::status.eq(WorkflowStatus::PendingReview))
        .filter(reviews::council_id.eq_any(councils))
        .filter(reviews::kind.eq(ReviewKind::Approval))
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .order(reviews::deadline)
        .select((councils::name, reviews::deadline, reviews::question))
        .load(connection)
        .await?)
}

/// Whether the round that a workflow is in is about what a step asks.
pub async fn is_mid_run(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<bool> {
    let current = workflows::id.eq(reviews::workflow_id).and(workflows::round.eq(reviews::round));
    let asked: i64 = reviews::table
        .inner_join(workflows::table.on(current))
        .filter(workflows::id.eq(id))
        .filter(reviews::step.is_not_null())
        .count()
        .get_result(connection)
        .await?;
    Ok(asked > 0)
}

/// A glass that was broken.
#[derive(Clone, Debug, Queryable)]
pub struct BrokenGlass {
    /// Who did it.
    pub admin: String,
    /// Why, in their words.
    pub reason: String,
    /// Until when the councils have to ratify it.
    pub ratify_by: DateTime<Utc>,
}

/// Who ran a workflow before its councils decided, and why.
pub async fn broken_glass(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<BrokenGlass> {
    Ok(break_glass::table
        .inner_join(users::table)
        .filter(break_glass::workflow_id.eq(id))
        .select((users::name, break_glass::reason, break_glass::ratify_by))
        .first(connection)
        .await?)
}

/// What a council is called.
pub async fn council_name(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<String> {
    Ok(councils::table.find(id).select(councils::name).first(connection).await?)
}
