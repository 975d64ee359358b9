//! Claiming workflows: at most one worker holds each, for as long as its lease is renewed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::Traceparent;
use common::http::RequestContext;
use common::ids::{StepName, WorkflowId, WorkflowTypeId};
use common::priority::Priority;
use common::problem::Problem;
use diesel::dsl::now;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use governance::digest::{Digest, proposal_digest};
use governance::workflow::{Basis, StepStatus, WorkflowStatus};
use serde_json::{Value, json};

use super::notes::{self, Note};
use super::run::Run;
use crate::clock::from_now;
use crate::error::Result;
use crate::governance::lock;
use crate::governance::mandates::{Claimed, use_up};
use crate::schema::{queues, workflow_steps as steps, workflow_type_versions as versions, workflow_types, workflows};

/// A claimed workflow: what to run, and what of it is done already.
#[derive(Debug)]
pub struct Claim {
    /// The right to write to it.
    pub run: Run,
    /// What kind it is.
    pub workflow_type: WorkflowTypeId,
    /// How urgent it is.
    pub priority: Priority,
    /// Whether only so many of its type run at a time.
    pub is_limited: bool,
    /// The digest that its councils approved.
    pub approved: Digest,
    /// The digest of what is about to run.
    pub actual: Digest,
    /// What it runs with.
    pub inputs: Value,
    /// What it consists of.
    pub version: Arc<Version>,
    /// Where each step stands, in the order of the steps.
    pub progress: Vec<Progress>,
    /// The request that proposed it.
    pub request_id: Option<String>,
    /// The trace that it belongs to, and what of it the run follows from.
    pub traceparent: Option<Traceparent>,
    /// Since when it waits for a worker.
    pub enqueued_at: Option<DateTime<Utc>>,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
    /// When it was first claimed.
    pub started_at: DateTime<Utc>,
    /// Whether another worker had it before, and lost it.
    pub is_taken_over: bool,
}

impl Claim {
    /// Takes down what has sent it, as the stream's entry says.
    pub fn is_sent_by(&mut self, sender: Option<Traceparent>) {
        self.traceparent = later(self.traceparent, sender);
    }
}

/// What PostgreSQL knows of is earlier in the trace than the sender. A sender from another trace is not believed.
fn later(known: Option<Traceparent>, sender: Option<Traceparent>) -> Option<Traceparent> {
    sender.filter(|sender| known.is_some_and(|known| known.trace_id() == sender.trace_id())).or(known)
}

/// A version of a workflow type; it never changes.
#[derive(Debug)]
pub struct Version {
    input_schema: Value,
    definition: Value,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The versions of workflow types that were needed before.
#[derive(Clone, Default)]
pub struct Versions(Arc<Mutex<KnownVersions>>);

type KnownVersions = HashMap<(WorkflowTypeId, i32), Arc<Version>>;

/// More than this are not kept: then all are forgotten, and read again when they are needed.
const KEPT_VERSIONS: usize = 1000;

impl Versions {
    async fn get(
        &self,
        connection: &mut AsyncPgConnection,
        workflow_type: &WorkflowTypeId,
        version: i32,
    ) -> Result<Arc<Version>> {
        let key = (workflow_type.clone(), version);
        if let Some(known) = self.known().get(&key) {
            return Ok(known.clone());
        }
        let (input_schema, definition): (Value, Value) = versions::table
            .find((workflow_type, version))
            .select((versions::input_schema, versions::steps))
            .first(connection)
            .await?;
        let steps = serde_json::from_value(definition.clone()).map_err(Problem::internal)?;
        let read = Arc::new(Version { input_schema, definition, steps });
        let mut known = self.known();
        if known.len() >= KEPT_VERSIONS {
            known.clear();
        }
        known.insert(key, read.clone());
        Ok(read)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, KnownVersions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a step of a claimed workflow stands.
#[derive(Clone, Debug, Queryable)]
pub struct Progress {
    /// What it is called.
    pub name: StepName,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was tried.
    pub attempt: i32,
    /// What came of it.
    pub output: Option<Value>,
    /// When it is done, if all that it does is wait.
    pub resume_at: Option<DateTime<Utc>>,
    /// The round that it asked its councils in, if it has: claimed again, the run has their approval.
    pub asked_round: Option<i32>,
}

/// What has become of a stream entry.
#[derive(Debug)]
pub enum Entry {
    /// It is ours to run.
    Claimed(Box<Claim>),
    /// Another worker holds it: the entry stays where it is, in case that worker dies.
    HeldElsewhere,
    /// There is nothing to do for it now: finished, cancelled, or waiting for something that PostgreSQL knows of.
    NothingToDo,
    /// It came before its time, which is so long from now.
    NotDue(Duration),
    /// It should never have been on the stream.
    Refused(String),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
struct Row {
    id: WorkflowId,
    workflow_type: WorkflowTypeId,
    type_version: i32,
    inputs: Value,
    digest: Digest,
    status: WorkflowStatus,
    basis: Basis,
    due_at: Option<DateTime<Utc>>,
    enqueued_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    lease_holder: Option<String>,
    lease_expires_at: Option<DateTime<Utc>>,
    request_id: Option<String>,
    traceparent: Option<String>,
    #[diesel(select_expression = diesel::dsl::sql::<diesel::sql_types::Timestamptz>("now()"))]
    #[diesel(select_expression_type = SqlLiteral<diesel::sql_types::Timestamptz>)]
    now: DateTime<Utc>,
}

/// How workflows of a type are run.
#[derive(Clone, Copy, Queryable)]
struct Course {
    priority: Priority,
    max_running: Option<i32>,
    paused_at: Option<DateTime<Utc>>,
}

/// Why a workflow can't be claimed, by its own row.
fn obstacle(row: &Row) -> Option<Entry> {
    match row.status {
        WorkflowStatus::Running if row.lease_expires_at.is_some_and(|end| end > row.now) => {
            return Some(Entry::HeldElsewhere);
        }
        WorkflowStatus::Queued | WorkflowStatus::Running => {}
        // Sent twice, and sent back to its councils since: its mandate has ended, it is retried by a new vote, or one of its
        // steps asks them.
        WorkflowStatus::PendingReview | WorkflowStatus::Approved if row.enqueued_at.is_some() => {
            return Some(Entry::NothingToDo);
        }
        WorkflowStatus::PendingReview | WorkflowStatus::Approved => {
            return Some(Entry::Refused(format!("the workflow is {}, not queued", row.status)));
        }
        _ => return Some(Entry::NothingToDo),
    }
    let early = (row.due_at? - row.now).to_std().ok().filter(|early| !early.is_zero())?;
    Some(Entry::NotDue(early))
}

/// Claims the workflows that stream entries name, those of them that are there to be claimed. Each answer is for one id;
/// there is none for what could not be looked at, which is to be asked for again later.
///
/// What finds its queue paused, or as many of its type running as may, is parked: `unpark` sends it again.
pub async fn claim(
    connection: &mut AsyncPgConnection,
    versions: &Versions,
    ids: &[WorkflowId],
    holder: &str,
    lease: Duration,
) -> Result<BTreeMap<WorkflowId, Entry>> {
    let mut claimer = Claimer { versions, holder, lease, entries: BTreeMap::new() };
    connection.transaction(async |connection| claimer.claim_all(connection, ids).await).await?;
    // One by one, each with a transaction of its own: they lock mandates, which all of one mandate have in common.
    let left: Vec<_> = ids.iter().copied().filter(|id| !claimer.entries.contains_key(id)).collect();
    for id in left {
        let claiming = connection.transaction(async |connection| claimer.claim_under_mandate(connection, id).await);
        // The others are claimed and committed: whoever asked has to hear of them.
        if claiming.await.is_err() {
            claimer.entries.remove(&id);
        }
    }
    Ok(claimer.entries)
}

struct Claimer<'a> {
    versions: &'a Versions,
    holder: &'a str,
    lease: Duration,
    entries: BTreeMap<WorkflowId, Entry>,
}

impl Claimer<'_> {
    /// Claims all but those that have to use up a mandate first: of them it leaves no answer.
    async fn claim_all(&mut self, connection: &mut AsyncPgConnection, ids: &[WorkflowId]) -> Result<()> {
        let mut there = Vec::new();
        let rows = lock_rows(connection, ids).await?;
        for &id in ids {
            if !rows.iter().any(|row| row.id == id) {
                self.entries.insert(id, Entry::Refused("there is no such workflow".to_owned()));
            }
        }
        for row in rows {
            match obstacle(&row) {
                Some(entry) => {
                    self.entries.insert(row.id, entry);
                }
                None if row.basis == Basis::Mandate && row.status == WorkflowStatus::Queued => {}
                None => there.push(row),
            }
        }
        let there = self.with_places(connection, there).await?;
        self.start(connection, there).await
    }

    async fn claim_under_mandate(&mut self, connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<()> {
        let Some(row) = lock_rows(connection, &[id]).await?.pop() else { return Ok(()) };
        if let Some(entry) = obstacle(&row) {
            self.entries.insert(id, entry);
            return Ok(());
        }
        let Some((row, course)) = self.with_places(connection, vec![row]).await?.pop() else { return Ok(()) };
        let context = RequestContext { request_id: row.request_id.clone(), ..RequestContext::default() };
        if row.basis == Basis::Mandate
            && row.status == WorkflowStatus::Queued
            && let Some(workflow) = lock(connection, id).await?
            && matches!(use_up(connection, &context, &workflow, &row.inputs).await?, Claimed::SentBack)
        {
            self.entries.insert(id, Entry::NothingToDo);
            return Ok(());
        }
        self.start(connection, vec![(row, course)]).await
    }

    /// Those that may run now. The others have to wait, because their queue is paused or their type has no place: they are
    /// parked.
    async fn with_places(&mut self, connection: &mut AsyncPgConnection, rows: Vec<Row>) -> Result<Vec<(Row, Course)>> {
        let courses = courses(connection, &rows).await?;
        let limits = courses.iter().filter_map(|(id, course)| Some((id.clone(), course.max_running?)));
        let mut free = free_places(connection, limits.collect()).await?;
        let (mut there, mut full) = (Vec::new(), Vec::new());
        for row in rows {
            let Some(&course) = courses.get(&row.workflow_type) else { continue };
            let has_place = course.paused_at.is_none()
                && free.get_mut(&row.workflow_type).is_none_or(|places| {
                    *places -= 1;
                    *places >= 0
                });
            if has_place { there.push((row, course)) } else { full.push(row.id) }
        }
        self.park(connection, full).await?;
        Ok(there)
    }

    async fn park(&mut self, connection: &mut AsyncPgConnection, ids: Vec<WorkflowId>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        diesel::update(workflows::table.filter(workflows::id.eq_any(&ids)))
            .set((
                workflows::parked_at.eq(now),
                workflows::due_at.eq(None::<DateTime<Utc>>),
                workflows::lease_holder.eq(None::<String>),
                workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .await?;
        self.entries.extend(ids.into_iter().map(|id| (id, Entry::NothingToDo)));
        Ok(())
    }

    async fn start(&mut self, connection: &mut AsyncPgConnection, rows: Vec<(Row, Course)>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = rows.iter().map(|(row, _)| row.id).collect();
        let fences: HashMap<WorkflowId, i64> = diesel::update(workflows::table.filter(workflows::id.eq_any(&ids)))
            .set((
                workflows::status.eq(WorkflowStatus::Running),
                workflows::fence.eq(workflows::fence + 1),
                workflows::lease_holder.eq(self.holder),
                workflows::lease_expires_at.eq(from_now(self.lease)),
                workflows::due_at.eq(None::<DateTime<Utc>>),
                workflows::parked_at.eq(None::<DateTime<Utc>>),
                workflows::started_at
                    .eq(diesel::dsl::sql::<diesel::sql_types::Nullable<_>>("COALESCE(started_at, now())")),
            ))
            .returning((workflows::id, workflows::fence))
            .load(connection)
            .await?
            .into_iter()
            .collect();
        let mut progress: HashMap<WorkflowId, Vec<Progress>> = HashMap::new();
        let of_steps = steps::table
            .filter(steps::workflow_id.eq_any(&ids))
            .order((steps::workflow_id, steps::position))
            .select((
                steps::workflow_id,
                (steps::name, steps::status, steps::attempt, steps::output, steps::resume_at, steps::asked_round),
            ))
            .load::<(WorkflowId, Progress)>(connection)
            .await?;
        for (id, step) in of_steps {
            progress.entry(id).or_default().push(step);
        }
        let mut acts = Vec::with_capacity(rows.len());
        for (row, course) in rows {
            let fence = fences.get(&row.id).copied().unwrap_or_default();
            let (event, action) = match row.status {
                WorkflowStatus::Running => ("resumed", "workflow.resumed"),
                _ => ("started", "workflow.started"),
            };
            acts.push(Note {
                workflow: row.id,
                event,
                action: Some(action),
                detail: json!({"holder": self.holder, "fence": fence}),
                request_id: row.request_id.clone(),
            });
            let version = self.versions.get(connection, &row.workflow_type, row.type_version).await?;
            let progress = progress.remove(&row.id).unwrap_or_default();
            self.entries.insert(row.id, Entry::Claimed(Box::new(claimed(row, course, version, fence, progress))));
        }
        notes::write(connection, acts).await
    }
}

fn claimed(row: Row, course: Course, version: Arc<Version>, fence: i64, progress: Vec<Progress>) -> Claim {
    let Version { input_schema, definition, .. } = &*version;
    let context = RequestContext { request_id: row.request_id.clone(), ..RequestContext::default() };
    Claim {
        actual: proposal_digest(&row.workflow_type, row.type_version, input_schema, definition, &row.inputs),
        run: Run { id: row.id, fence, context },
        workflow_type: row.workflow_type,
        priority: course.priority,
        is_limited: course.max_running.is_some(),
        approved: row.digest,
        inputs: row.inputs,
        version,
        progress,
        request_id: row.request_id,
        traceparent: row.traceparent.and_then(|text| text.parse().ok()),
        enqueued_at: row.enqueued_at,
        claimed_at: row.now,
        started_at: row.started_at.unwrap_or(row.now),
        is_taken_over: row.lease_holder.is_some(),
    }
}

async fn lock_rows(connection: &mut AsyncPgConnection, ids: &[WorkflowId]) -> Result<Vec<Row>> {
    Ok(workflows::table
        .filter(workflows::id.eq_any(ids))
        .order(workflows::id)
        .for_no_key_update()
        .select(Row::as_select())
        .load(connection)
        .await?)
}

/// How workflows of the types of these rows are run, as it stands now.
async fn courses(connection: &mut AsyncPgConnection, rows: &[Row]) -> Result<HashMap<WorkflowTypeId, Course>> {
    let types: BTreeSet<_> = rows.iter().map(|row| &row.workflow_type).collect();
    let found = workflow_types::table
        .inner_join(queues::table.on(queues::priority.eq(workflow_types::priority)))
        .filter(workflow_types::id.eq_any(types))
        .select((workflow_types::id, (workflow_types::priority, workflow_types::max_running, queues::paused_at)))
        .load::<(WorkflowTypeId, Course)>(connection)
        .await?;
    Ok(found.into_iter().collect())
}

/// How many more of these types, of which only so many run at a time, may be started. Nobody else starts any of them until
/// the caller's transaction ends.
async fn free_places(
    connection: &mut AsyncPgConnection,
    limits: BTreeMap<WorkflowTypeId, i32>,
) -> Result<BTreeMap<WorkflowTypeId, i64>> {
    #[derive(QueryableByName)]
    struct Running {
        #[diesel(sql_type = Text)]
        workflow_type: WorkflowTypeId,
        #[diesel(sql_type = BigInt)]
        running: i64,
    }
    const RUNNING: &str = "
        SELECT workflow_type, count(*) AS running FROM workflows
        WHERE workflow_type = ANY ($1) AND lease_holder IS NOT NULL AND lease_expires_at > now() GROUP BY workflow_type";
    if limits.is_empty() {
        return Ok(BTreeMap::new());
    }
    // In the order of their names, so that nobody waits for one who waits for him. The statement after it sees what was
    // committed by whoever had a lock before.
    for workflow_type in limits.keys() {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('places of ' || $1, 0))";
        diesel::sql_query(lock).bind::<Text, _>(workflow_type).execute(connection).await?;
    }
    let types: Vec<_> = limits.keys().collect();
    let running: Vec<Running> = diesel::sql_query(RUNNING).bind::<Array<Text>, _>(types).load(connection).await?;
    let mut free: BTreeMap<_, _> = limits.into_iter().map(|(id, limit)| (id, i64::from(limit))).collect();
    for Running { workflow_type, running } in running {
        if let Some(places) = free.get_mut(&workflow_type) {
            *places -= running;
        }
    }
    Ok(free)
}

/// Extends the leases of runs. Returns those that are still their holder's; the others are another's now, or have ended.
pub async fn renew(connection: &mut AsyncPgConnection, runs: &[Run], lease: Duration) -> Result<Vec<WorkflowId>> {
    #[derive(QueryableByName)]
    struct Renewed {
        #[diesel(sql_type = Uuid)]
        id: WorkflowId,
    }
    const RENEW: &str = "
        UPDATE workflows w SET lease_expires_at = now() + $3 * interval '1 second'
        FROM unnest($1::uuid[], $2::bigint[]) AS r (id, fence)
        WHERE w.id = r.id AND w.fence = r.fence AND w.status = 'running' AND w.lease_holder IS NOT NULL
        RETURNING w.id";
    let renewed: Vec<Renewed> = diesel::sql_query(RENEW)
        .bind::<Array<Uuid>, _>(runs.iter().map(|run| run.id).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(runs.iter().map(|run| run.fence).collect::<Vec<_>>())
        .bind::<diesel::sql_types::Double, _>(lease.as_secs_f64())
        .load(connection)
        .await?;
    Ok(renewed.into_iter().map(|run| run.id).collect())
}

/// Tells which of these runs nobody has taken over, cancelled or ended.
pub async fn still_held(connection: &mut AsyncPgConnection, runs: &[Run]) -> Result<Vec<WorkflowId>> {
    let fences: HashMap<WorkflowId, i64> = runs.iter().map(|run| (run.id, run.fence)).collect();
    let ids: Vec<_> = fences.keys().collect();
    let held = workflows::table
        .filter(workflows::id.eq_any(ids))
        .filter(workflows::status.eq(WorkflowStatus::Running))
        .filter(workflows::lease_holder.is_not_null())
        .select((workflows::id, workflows::fence))
        .load::<(WorkflowId, i64)>(connection)
        .await?;
    Ok(held.into_iter().filter(|(id, fence)| fences.get(id) == Some(fence)).map(|(id, _)| id).collect())
}

/// Gives a run back unfinished, so that another worker can go on with it at once.
pub async fn release(connection: &mut AsyncPgConnection, run: &Run) -> Result<()> {
    diesel::update(workflows::table.find(run.id))
        .filter(workflows::fence.eq(run.fence))
        .filter(workflows::status.eq(WorkflowStatus::Running))
        .set((
            workflows::lease_holder.eq(None::<String>),
            workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
            workflows::due_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_can_not_move_a_workflow_to_another_trace() {
        let place = |trace: char, span| {
            let trace = trace.to_string().repeat(32);
            format!("00-{trace}-{span:016x}-01").parse::<Traceparent>().ok()
        };
        assert_eq!(later(place('a', 1), place('a', 2)), place('a', 2));
        assert_eq!(later(place('a', 1), place('b', 2)), place('a', 1));
        assert_eq!(later(place('a', 1), None), place('a', 1));
        assert_eq!(later(None, place('b', 2)), None);
    }
}
