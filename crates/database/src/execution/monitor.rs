//! What the job monitor shows. It is read under health-aggregator's role, which sees neither inputs nor votes, and asked
//! for again every few seconds: each query costs the same however many workflows have finished.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::actor::ActorKind;
use common::ids::{AgentId, Domain, ScheduleId, UserId, WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::priority::Priority;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::definition::StepKind;
use governance::schedule::{DueTime, Missed};
use governance::workflow::{StepStatus, WorkflowStatus};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::schedules::{RunOutcome, ScheduleState, timetable};
use crate::schema::{
    agents, schedule_runs, schedules, users, workflow_steps as steps, workflow_timeline,
    workflow_type_versions as versions, workflow_types, workflows,
};

/// No more than this are counted of anything.
pub const COUNTED: i64 = 10_000;
/// As many running ones are shown.
const RUNNING_SHOWN: i64 = 500;
/// As many events of one run are shown, the latest.
const EVENTS_SHOWN: i64 = 500;
/// How many times ahead are shown of a schedule.
const TIMES_SHOWN: usize = 5;

/// How many workflows stand where; none is counted beyond [`COUNTED`].
#[derive(Clone, Copy, Debug, Default, QueryableByName)]
pub struct Counts {
    /// Waiting for their councils.
    #[diesel(sql_type = BigInt)]
    pub pending_review: i64,
    /// Waiting for a worker.
    #[diesel(sql_type = BigInt)]
    pub queued: i64,
    /// In a worker's hands.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    /// Failed for good: dead letters.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

/// Counts them.
pub async fn counts(connection: &mut AsyncPgConnection) -> Result<Counts> {
    const COUNT: &str = "
        SELECT
            (SELECT count(*) FROM (SELECT FROM workflows WHERE status = 'pending_review' LIMIT $1) x) AS pending_review,
            (SELECT count(*) FROM (SELECT FROM workflows WHERE status = 'queued' LIMIT $1) x) AS queued,
            (SELECT count(*) FROM (SELECT FROM workflows WHERE lease_holder IS NOT NULL LIMIT $1) x) AS held,
            (SELECT count(*) FROM (SELECT FROM workflows WHERE status = 'failed' LIMIT $1) x) AS failed";
    Ok(diesel::sql_query(COUNT).bind::<BigInt, _>(COUNTED).get_result(connection).await?)
}

/// Workflows that are held back, because their queue is paused or as many of their type run as may.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct HeldBack {
    /// In which queue.
    #[diesel(sql_type = Text)]
    pub priority: Priority,
    /// How many, up to [`COUNTED`] in all.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Since when the first of them is.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
}

/// What is held back, by queue.
pub async fn held_back(connection: &mut AsyncPgConnection) -> Result<Vec<HeldBack>> {
    const PARKED: &str = "
        SELECT t.priority, count(*) AS count, min(p.parked_at) AS since
        FROM (SELECT workflow_type, parked_at FROM workflows WHERE parked_at IS NOT NULL LIMIT $1) p
        JOIN workflow_types t ON t.id = p.workflow_type GROUP BY t.priority";
    Ok(diesel::sql_query(PARKED).bind::<BigInt, _>(COUNTED).load(connection).await?)
}

/// How many runs of a queue ended in a minute.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Ended {
    /// Where the minute begins.
    #[diesel(sql_type = Timestamptz)]
    pub minute: DateTime<Utc>,
    /// In which queue.
    #[diesel(sql_type = Text)]
    pub priority: Priority,
    /// So many have completed.
    #[diesel(sql_type = BigInt)]
    pub completed: i64,
    /// So many have failed.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

/// How many runs ended in each minute from this time on.
pub async fn ended_since(connection: &mut AsyncPgConnection, since: DateTime<Utc>) -> Result<Vec<Ended>> {
    const ENDED: &str = "
        SELECT w.minute, t.priority, sum(w.completed)::bigint AS completed, sum(w.failed)::bigint AS failed
        FROM (SELECT date_trunc('minute', finished_at) AS minute, workflow_type,
                count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed
            FROM workflows WHERE finished_at IS NOT NULL AND finished_at >= $1 GROUP BY 1, 2) w
        JOIN workflow_types t ON t.id = w.workflow_type GROUP BY w.minute, t.priority";
    Ok(diesel::sql_query(ENDED).bind::<Timestamptz, _>(since).load(connection).await?)
}

/// A run in a worker's hands, and the step that it is at.
#[derive(Clone, Debug, QueryableByName)]
pub struct Running {
    /// Which.
    #[diesel(sql_type = SqlUuid)]
    pub id: WorkflowId,
    /// What kind it is.
    #[diesel(sql_type = Text)]
    pub workflow_type: WorkflowTypeId,
    /// Who holds it.
    #[diesel(sql_type = Text)]
    pub holder: String,
    /// Until when, if it is not renewed.
    #[diesel(sql_type = Timestamptz)]
    pub lease_expires_at: DateTime<Utc>,
    /// Whether that is over, by the database's clock: its holder does not renew it.
    #[diesel(sql_type = Bool)]
    pub is_overdue: bool,
    /// How often it was claimed: the number that its writes must carry.
    #[diesel(sql_type = BigInt)]
    pub fence: i64,
    /// When it was first claimed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// The step that it is at.
    #[diesel(sql_type = Nullable<Text>)]
    pub step: Option<String>,
    /// How often that was tried.
    #[diesel(sql_type = Nullable<Integer>)]
    pub attempt: Option<i32>,
    /// Since when the step is under way.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub step_started_at: Option<DateTime<Utc>>,
}

/// What workers have in hand, the oldest first.
pub async fn running(connection: &mut AsyncPgConnection) -> Result<Vec<Running>> {
    const RUNNING: &str = "
        SELECT w.id, w.workflow_type, w.lease_holder AS holder, w.lease_expires_at, w.lease_expires_at < now() AS is_overdue,
            w.fence, w.started_at, s.name AS step, s.attempt, s.started_at AS step_started_at
        FROM workflows w LEFT JOIN LATERAL (
            SELECT name, attempt, started_at FROM workflow_steps
            WHERE workflow_id = w.id AND status = 'running' ORDER BY position LIMIT 1) s ON true
        WHERE w.lease_holder IS NOT NULL ORDER BY w.started_at, w.id LIMIT $1";
    Ok(diesel::sql_query(RUNNING).bind::<BigInt, _>(RUNNING_SHOWN).load(connection).await?)
}

/// A run.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = workflows)]
pub struct Run {
    /// Names it.
    pub id: WorkflowId,
    /// What kind it is.
    pub workflow_type: WorkflowTypeId,
    /// In which version.
    pub type_version: i32,
    /// The domain that it belongs to.
    pub domain: Domain,
    /// Where it stands.
    pub status: WorkflowStatus,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it was first claimed.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it goes on, if it waits for a time.
    pub due_at: Option<DateTime<Utc>>,
    /// Since when it is held back.
    pub parked_at: Option<DateTime<Utc>>,
    /// Who holds it.
    pub lease_holder: Option<String>,
    /// Until when.
    pub lease_expires_at: Option<DateTime<Utc>>,
    /// How often it was claimed.
    pub fence: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// The request that proposed it.
    pub request_id: Option<String>,
}

/// A step of a run.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = steps)]
pub struct Step {
    /// Its place in the order, from 0.
    pub position: i32,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was tried.
    pub attempt: i32,
    /// What came of it.
    pub output: Option<Value>,
    /// What went wrong at last.
    pub error: Option<String>,
    /// When it was first tried.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it is done, if all that it does is wait.
    pub resume_at: Option<DateTime<Utc>>,
}

/// Something that happened to a run.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: String,
    /// What kind of actor did it.
    pub actor: ActorKind,
    /// What they are called.
    pub actor_name: Option<String>,
    /// The particulars.
    pub detail: Value,
}

/// A run with everything that is shown of it.
#[derive(Clone, Debug)]
pub struct RunDetail {
    /// The run.
    pub run: Run,
    /// What its type is called.
    pub type_name: Option<String>,
    /// How urgent its type is.
    pub priority: Option<Priority>,
    /// Its steps, in their order.
    pub steps: Vec<Step>,
    /// What happened, oldest first; of very much, the latest.
    pub timeline: Vec<Happened>,
}

/// One run, if there is such a one.
pub async fn run(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<RunDetail>> {
    let run: Option<Run> = workflows::table.find(id).select(Run::as_select()).first(connection).await.optional()?;
    let Some(run) = run else { return Ok(None) };
    let type_name = versions::table
        .find((&run.workflow_type, run.type_version))
        .select(versions::name)
        .first(connection)
        .await
        .optional()?;
    let priority = workflow_types::table.find(&run.workflow_type).select(workflow_types::priority);
    let priority = priority.first(connection).await.optional()?;
    let steps = steps::table
        .filter(steps::workflow_id.eq(id))
        .order(steps::position)
        .select(Step::as_select())
        .load(connection)
        .await?;
    let timeline = timeline(connection, id).await?;
    Ok(Some(RunDetail { run, type_name, priority, steps, timeline }))
}

async fn timeline(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Vec<Happened>> {
    type Event = (DateTime<Utc>, String, ActorKind, Option<Uuid>, Value);
    let mut events: Vec<Event> = workflow_timeline::table
        .filter(workflow_timeline::workflow_id.eq(id))
        .order(workflow_timeline::id.desc())
        .limit(EVENTS_SHOWN)
        .select((
            workflow_timeline::at,
            workflow_timeline::event,
            workflow_timeline::actor_kind,
            workflow_timeline::actor_id,
            workflow_timeline::detail,
        ))
        .load(connection)
        .await?;
    events.reverse();
    let names = names(connection, events.iter().filter_map(|event| event.3).collect()).await?;
    let happened = |(at, event, actor, id, detail): Event| {
        let actor_name = id.and_then(|id| names.get(&id).cloned());
        Happened { at, event, actor, actor_name, detail }
    };
    Ok(events.into_iter().map(happened).collect())
}

/// What these people and agents are called.
pub async fn names(connection: &mut AsyncPgConnection, mut ids: Vec<Uuid>) -> Result<BTreeMap<Uuid, String>> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people: Vec<(UserId, String)> = users::table
        .filter(users::id.eq_any(ids.iter().copied().map(UserId)))
        .select((users::id, users::name))
        .load(connection)
        .await?;
    let machines: Vec<(AgentId, String)> = agents::table
        .filter(agents::id.eq_any(ids.iter().copied().map(AgentId)))
        .select((agents::id, agents::name))
        .load(connection)
        .await?;
    let people = people.into_iter().map(|(id, name)| (id.0, name));
    Ok(people.chain(machines.into_iter().map(|(id, name)| (id.0, name))).collect())
}

/// A schedule, and how it goes.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    /// Names it.
    pub id: ScheduleId,
    /// What people call it.
    pub name: String,
    /// When it is due: a cron pattern.
    pub cron: String,
    /// On whose clocks.
    pub time_zone: String,
    /// What it proposes.
    pub workflow_type: WorkflowTypeId,
    /// What becomes of times that passed while nobody could propose.
    pub missed: Missed,
    /// Whether it proposes.
    pub state: ScheduleState,
    /// Why it does not, when no person paused it.
    pub paused_because: Option<String>,
    /// How often in a row nothing could be proposed.
    pub refusals: i32,
    /// When it was last due.
    pub last_fired_at: Option<DateTime<Utc>>,
    /// What came of its last time.
    pub last: Option<LastTime>,
    /// When it is due the next times; none while it is paused.
    pub next_times: Vec<DueTime>,
}

/// What came of a time that was due.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schedule_runs)]
pub struct LastTime {
    /// The time.
    pub due_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: RunOutcome,
    /// The proposal.
    pub workflow_id: Option<WorkflowId>,
    /// Why it does not run, or there is none.
    pub problem: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = schedules)]
struct ScheduleRow {
    id: ScheduleId,
    name: String,
    cron: String,
    time_zone: String,
    workflow_type: WorkflowTypeId,
    missed: Missed,
    state: ScheduleState,
    paused_because: Option<String>,
    refusals: i32,
    next_due_at: Option<DateTime<Utc>>,
    last_fired_at: Option<DateTime<Utc>>,
}

/// Schedules, newest first.
pub async fn schedules(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<ScheduleId>,
) -> Result<(Vec<ScheduleView>, Option<Cursor<ScheduleId>>)> {
    let mut rows: Vec<ScheduleRow> = schedules::table
        .filter(schedules::id.lt(after.unwrap_or(ScheduleId(Uuid::max()))))
        .order(schedules::id.desc())
        .limit(limit.get() + 1)
        .select(ScheduleRow::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |row| row.id);
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        // The last one of each by the key: a few dozen quick reads, where one query for all would read every time that ever was.
        let last: Option<LastTime> = schedule_runs::table
            .filter(schedule_runs::schedule_id.eq(row.id))
            .order(schedule_runs::due_at.desc())
            .select(LastTime::as_select())
            .first(connection)
            .await
            .optional()?;
        let next_times = match row.next_due_at {
            // A pattern that was once taken can be read.
            Some(next) => {
                timetable(&row.cron, &row.time_zone)?.upcoming(next - chrono::TimeDelta::seconds(1), TIMES_SHOWN)
            }
            None => Vec::new(),
        };
        let ScheduleRow { id, name, cron, time_zone, workflow_type, missed, state, .. } = row;
        let ScheduleRow { paused_because, refusals, last_fired_at, .. } = row;
        views.push(ScheduleView {
            id,
            name,
            cron,
            time_zone,
            workflow_type,
            missed,
            state,
            paused_because,
            refusals,
            last_fired_at,
            last,
            next_times,
        });
    }
    Ok((views, next))
}
