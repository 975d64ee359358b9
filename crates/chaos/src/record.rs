//! What a run left behind, as far as its check needs it: read once, after all is quiet.

use chrono::{DateTime, Utc};
use common::ids::WorkflowId;
use database::Connection;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use governance::digest::{Digest, proposal_digest};
use serde_json::Value;
use uuid::Uuid;

use crate::outside::Call;
use crate::tickets::Told;

/// Everything that there is to check.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What people were told.
    pub told: Vec<Told>,
    /// What PostgreSQL holds.
    pub workflows: Vec<Workflow>,
    /// What reached the outside world.
    pub calls: Vec<Call>,
    /// What went wrong besides: a service that ended by itself, evidence that does not hold, a chain that does not verify.
    pub incidents: Vec<String>,
}

/// A workflow as PostgreSQL holds it.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Which.
    pub id: WorkflowId,
    /// The ticket that its inputs name.
    pub ticket: String,
    /// Where it stands.
    pub status: String,
    /// The digest that it was approved by.
    pub digest: Digest,
    /// The digest of what is stored.
    pub actual: Digest,
    /// The newest fence.
    pub fence: i64,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Its rows of the record, in the order of the acts.
    pub acts: Vec<Act>,
    /// Whose votes approve this digest, and whose reject it.
    pub votes: (i64, i64),
}

/// A step as PostgreSQL holds it.
#[derive(Clone, Debug, QueryableByName)]
pub struct Step {
    #[diesel(sql_type = SqlUuid)]
    workflow_id: Uuid,
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What it does.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    /// The fence under which it was tried last.
    #[diesel(sql_type = BigInt)]
    pub fence: i64,
}

/// A row of the record about a workflow.
#[derive(Clone, Debug, QueryableByName)]
pub struct Act {
    #[diesel(sql_type = Text)]
    resource_id: String,
    /// Its number among the workflow's rows.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// What.
    #[diesel(sql_type = Text)]
    pub action: String,
    /// The particulars.
    #[diesel(sql_type = Jsonb)]
    pub detail: Value,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: WorkflowId,
    #[diesel(sql_type = Text)]
    workflow_type: String,
    #[diesel(sql_type = Integer)]
    type_version: i32,
    #[diesel(sql_type = Jsonb)]
    input_schema: Value,
    #[diesel(sql_type = Jsonb)]
    steps: Value,
    #[diesel(sql_type = Jsonb)]
    inputs: Value,
    #[diesel(sql_type = Bytea)]
    digest: Digest,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    approvals: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    rejections: Option<i64>,
}

impl Act {
    /// An act of a check's own test.
    #[cfg(test)]
    pub fn new(sequence: i64, at: DateTime<Utc>, action: &str, detail: Value) -> Self {
        Self { resource_id: String::new(), sequence, at, action: action.to_owned(), detail }
    }
}

impl Step {
    /// A step of a check's own test.
    #[cfg(test)]
    pub fn new(name: &str, kind: &str, status: &str, fence: i64) -> Self {
        let (name, kind, status) = (name.to_owned(), kind.to_owned(), status.to_owned());
        Self { workflow_id: Uuid::nil(), name, kind, status, attempt: 1, fence }
    }
}

/// Reads every workflow that there is.
pub async fn workflows(connection: &mut Connection) -> anyhow::Result<Vec<Workflow>> {
    const WORKFLOWS: &str = "
        SELECT w.id, w.workflow_type, w.type_version, t.input_schema, t.steps, w.inputs, w.digest, w.status, w.fence,
            v.approvals, v.rejections
        FROM workflows w
        JOIN workflow_type_versions t ON t.workflow_type = w.workflow_type AND t.version = w.type_version
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE vote = 'approve') AS approvals,
                count(*) FILTER (WHERE vote = 'reject') AS rejections
            FROM votes WHERE votes.workflow_id = w.id AND votes.digest = w.digest) v ON true
        ORDER BY w.id";
    const STEPS: &str =
        "SELECT workflow_id, name, kind, status, attempt, fence FROM workflow_steps ORDER BY workflow_id, position";
    const ACTS: &str = "
        SELECT resource_id, sequence, at, action, detail FROM audit_log
        WHERE resource_kind = 'workflow' ORDER BY resource_id, sequence";
    let rows: Vec<Row> = diesel::sql_query(WORKFLOWS).load(connection).await?;
    let mut workflows = Vec::with_capacity(rows.len());
    let mut places = std::collections::BTreeMap::new();
    for row in rows {
        let workflow_type = row.workflow_type.parse().map_err(anyhow::Error::msg)?;
        let actual = proposal_digest(&workflow_type, row.type_version, &row.input_schema, &row.steps, &row.inputs);
        places.insert(row.id.0, workflows.len());
        workflows.push(Workflow {
            id: row.id,
            ticket: row.inputs["ticket"].as_str().unwrap_or_default().to_owned(),
            status: row.status,
            digest: row.digest,
            actual,
            fence: row.fence,
            steps: Vec::new(),
            acts: Vec::new(),
            votes: (row.approvals.unwrap_or(0), row.rejections.unwrap_or(0)),
        });
    }
    for step in diesel::sql_query(STEPS).load::<Step>(connection).await? {
        if let Some(&place) = places.get(&step.workflow_id) {
            workflows[place].steps.push(step);
        }
    }
    for act in diesel::sql_query(ACTS).load::<Act>(connection).await? {
        if let Some(&place) = act.resource_id.parse().ok().and_then(|id: Uuid| places.get(&id)) {
            workflows[place].acts.push(act);
        }
    }
    Ok(workflows)
}

/// What is still on its way: workflows that wait for no vote and have not ended, and rows for Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Moving {
    /// Approved, queued or running.
    #[diesel(sql_type = BigInt)]
    pub workflows: i64,
    /// In the outbox, but for mail.
    #[diesel(sql_type = BigInt)]
    pub outbox: i64,
    /// Rows of the record that are not sealed.
    #[diesel(sql_type = BigInt)]
    pub unsealed: i64,
}

impl Moving {
    /// Nothing is.
    pub const NOTHING: Self = Self { workflows: 0, outbox: 0, unsealed: 0 };

    /// Looks.
    pub async fn read(connection: &mut Connection) -> anyhow::Result<Self> {
        const MOVING: &str = "
            SELECT (SELECT count(*) FROM workflows WHERE status IN ('approved', 'queued', 'running')) AS workflows,
                (SELECT count(*) FROM outbox WHERE stream <> 'email') AS outbox,
                (SELECT count(*) FROM audit_log) - (SELECT count(*) FROM audit_seals) AS unsealed";
        Ok(diesel::sql_query(MOVING).get_result(connection).await?)
    }
}
