//! Workflows that are proposed at times of the clock. Admins look after schedules through council-service; workflow-worker
//! proposes what is due.

mod acts;
pub mod fire;

pub use acts::{Content, create, delete, pause, replace, resume};

use chrono::{DateTime, Utc};
use common::ids::{ScheduleId, UserId, WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::problem::{FieldError, Problem};
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::money::Money;
use governance::schedule::{DueTime, Missed, Timetable};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::{schedule_runs as runs, schedules, users};

/// How many times ahead are shown of a schedule.
const SHOWN: usize = 5;

text_enum! {
    /// Whether a schedule proposes.
    pub enum ScheduleState {
        /// Yes, when it is due.
        Active = "active",
        /// No; times that pass are never made up for.
        Paused = "paused",
    }
}

text_enum! {
    /// What came of a time that was due.
    pub enum RunOutcome {
        /// A proposal.
        Proposed = "proposed",
        /// A proposal that a policy forbids.
        Blocked = "blocked",
        /// Nothing: it could not be proposed.
        Refused = "refused",
        /// Nothing: it passed while nobody could propose, and such times are let go.
        Missed = "missed",
    }
}

/// A schedule as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schedules)]
struct Row {
    id: ScheduleId,
    name: String,
    cron: String,
    time_zone: String,
    workflow_type: WorkflowTypeId,
    inputs: Value,
    weekly_savings: Option<bigdecimal::BigDecimal>,
    reason: Option<String>,
    missed: Missed,
    state: ScheduleState,
    paused_because: Option<String>,
    refusals: i32,
    next_due_at: Option<DateTime<Utc>>,
    last_fired_at: Option<DateTime<Utc>>,
    owner_id: UserId,
    version: i32,
    created_at: DateTime<Utc>,
}

/// A schedule.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Schedule {
    /// Names it.
    pub id: ScheduleId,
    /// What people call it.
    pub name: String,
    /// When it is due: a cron pattern of five fields.
    pub cron: String,
    /// On whose clocks: the name of an IANA time zone.
    pub time_zone: String,
    /// What it proposes, in the version that is current then.
    pub workflow_type: WorkflowTypeId,
    /// With which inputs.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// What each proposal is expected to save in a week.
    pub weekly_savings: Option<Money>,
    /// Why.
    pub reason: Option<String>,
    /// What becomes of times that passed while nobody could propose.
    pub missed: Missed,
    /// Whether it proposes.
    pub state: ScheduleState,
    /// Why it does not, when no person paused it.
    pub paused_because: Option<String>,
    /// How often in a row nothing could be proposed.
    pub refusals: i32,
    /// Who proposes by it, and so never votes on what it proposes: whoever said last what that is.
    pub owner_id: UserId,
    /// Their name.
    pub owner_name: String,
    /// How often it was changed.
    pub version: i32,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// When it was last due.
    pub last_fired_at: Option<DateTime<Utc>>,
    /// When it is due the next times; none while it is paused.
    pub next_times: Vec<DueTime>,
}

impl Schedule {
    fn new(row: Row, owner_name: String) -> Result<Self> {
        let timetable = row.timetable()?;
        let next_times = match row.next_due_at {
            Some(next) => timetable.upcoming(next - chrono::TimeDelta::seconds(1), SHOWN),
            None => Vec::new(),
        };
        Ok(Self {
            id: row.id,
            name: row.name,
            cron: row.cron,
            time_zone: row.time_zone,
            workflow_type: row.workflow_type,
            inputs: row.inputs,
            weekly_savings: row.weekly_savings.map(Money::from),
            reason: row.reason,
            missed: row.missed,
            state: row.state,
            paused_because: row.paused_because,
            refusals: row.refusals,
            owner_id: row.owner_id,
            owner_name,
            version: row.version,
            created_at: row.created_at,
            last_fired_at: row.last_fired_at,
            next_times,
        })
    }
}

impl Row {
    /// Its times. What is stored has been read before.
    fn timetable(&self) -> Result<Timetable> {
        Ok(timetable(&self.cron, &self.time_zone)?)
    }
}

/// Reads when a schedule is due.
pub fn timetable(cron: &str, time_zone: &str) -> std::result::Result<Timetable, Problem> {
    let field = |(pointer, detail)| FieldError { pointer, detail };
    Timetable::read(cron, time_zone).map_err(|faults| Problem::invalid(faults.into_iter().map(field).collect()))
}

/// What came of a time that was due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = runs)]
pub struct ScheduleRun {
    /// The time.
    pub due_at: DateTime<Utc>,
    /// When it was looked at.
    pub fired_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: RunOutcome,
    /// The proposal.
    pub workflow_id: Option<WorkflowId>,
    /// Why it does not run, or there is none.
    pub problem: Option<String>,
}

/// Schedules, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<ScheduleId>,
) -> Result<(Vec<Schedule>, Option<Cursor<ScheduleId>>)> {
    let mut rows: Vec<(Row, String)> = schedules::table
        .inner_join(users::table)
        .filter(schedules::id.lt(after.unwrap_or(ScheduleId(Uuid::max()))))
        .order(schedules::id.desc())
        .limit(limit.get() + 1)
        .select((Row::as_select(), users::name))
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |(row, _)| row.id);
    let schedules = rows.into_iter().map(|(row, owner_name)| Schedule::new(row, owner_name));
    Ok((schedules.collect::<Result<_>>()?, next))
}

/// One schedule.
pub async fn find(connection: &mut AsyncPgConnection, id: ScheduleId) -> Result<Schedule> {
    let found: Option<(Row, String)> = schedules::table
        .inner_join(users::table)
        .filter(schedules::id.eq(id))
        .select((Row::as_select(), users::name))
        .first(connection)
        .await
        .optional()?;
    let (row, owner_name) = found.ok_or_else(|| Problem::not_found("schedule"))?;
    Schedule::new(row, owner_name)
}

/// What came of the times of a schedule, newest first; a page ends at a time, in microseconds since 1970.
pub async fn runs_of(
    connection: &mut AsyncPgConnection,
    id: ScheduleId,
    limit: Limit,
    before: Option<i64>,
) -> Result<(Vec<ScheduleRun>, Option<Cursor<i64>>)> {
    let mut query = runs::table
        .filter(runs::schedule_id.eq(id))
        .order(runs::due_at.desc())
        .limit(limit.get() + 1)
        .select(ScheduleRun::as_select())
        .into_boxed();
    if let Some(before) = before.and_then(DateTime::from_timestamp_micros) {
        query = query.filter(runs::due_at.lt(before));
    }
    let mut rows = query.load(connection).await?;
    let next = cut(&mut rows, limit, |run| run.due_at.timestamp_micros());
    Ok((rows, next))
}
