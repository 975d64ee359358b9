//! Proposing what is due: each time once, however many workers look.
//!
//! A schedule's row is locked for as long as one worker deals with it; others pass it by. What it proposes, the rows that
//! say so, and when it is due again are written in one transaction: a worker that dies before its end has done nothing.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use common::text::Remark;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::money::Money;
use governance::schedule::Plan;
use serde_json::json;

use super::{Row, RunOutcome, ScheduleState};
use crate::audit::{self, Act};
use crate::clock;
use crate::error::{Error, Result};
use crate::governance::propose::{Outcome, Proposal, Proposer, propose};
use crate::schema::{schedule_runs as runs, schedules};

/// After so many times in a row at which nothing could be proposed, a schedule is paused.
pub const MOST_REFUSALS: i32 = 5;

/// What came of a time of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// What is proposed.
    pub workflow_type: WorkflowTypeId,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: RunOutcome,
    /// The fault of ours, for the log, if it was one that nothing could be proposed.
    pub fault: Option<String>,
}

/// Deals with one schedule that is due and that nobody else deals with. None when there is none.
pub async fn fire_next(connection: &mut AsyncPgConnection) -> Result<Option<Vec<Fired>>> {
    connection
        .transaction(async |connection| {
            let due: Option<Row> = schedules::table
                .filter(schedules::next_due_at.le(now))
                .order(schedules::next_due_at)
                .limit(1)
                .for_update()
                .skip_locked()
                .select(Row::as_select())
                .first(connection)
                .await
                .optional()?;
            match due {
                Some(schedule) => fire(connection, schedule).await.map(Some),
                None => Ok(None),
            }
        })
        .await
}

async fn fire(connection: &mut AsyncPgConnection, schedule: Row) -> Result<Vec<Fired>> {
    let Some(due) = schedule.next_due_at else { return Ok(Vec::new()) };
    let Plan { fire, passes_over, next } =
        schedule.timetable()?.plan(schedule.missed, due, clock::now(connection).await?);
    let mut standing = Standing { refusals: schedule.refusals, paused_because: None };
    let mut results = Vec::new();
    let earliest = fire.as_slice().first();
    if passes_over {
        let until = earliest.map_or_else(|| "now".to_owned(), ToString::to_string);
        let problem =
            format!("it passed while nobody could propose, as did any others before {until}: they are let go");
        results.extend(record(connection, &schedule, due, What::nothing(RunOutcome::Missed, problem)).await?);
    }
    for due_at in &fire {
        if standing.paused_because.is_none() && !dealt_with(connection, &schedule, *due_at).await? {
            let what = attempt(connection, &schedule).await?;
            standing.count(&what);
            results.extend(record(connection, &schedule, *due_at, what).await?);
        }
    }
    settle(connection, &schedule, &standing, fire.iter().next_back().copied(), next).await?;
    Ok(results)
}

/// Whether it is known what came of a time: it comes a second time when a clock went back.
async fn dealt_with(connection: &mut AsyncPgConnection, schedule: &Row, due_at: DateTime<Utc>) -> Result<bool> {
    let known: i64 = runs::table.find((schedule.id, due_at)).count().get_result(connection).await?;
    Ok(known > 0)
}

/// What came of a time.
struct What {
    outcome: RunOutcome,
    workflow: Option<WorkflowId>,
    problem: Option<String>,
    fault: Option<String>,
}

impl What {
    const fn proposed(id: WorkflowId) -> Self {
        Self { outcome: RunOutcome::Proposed, workflow: Some(id), problem: None, fault: None }
    }

    const fn blocked(id: WorkflowId, problem: String) -> Self {
        Self { outcome: RunOutcome::Blocked, workflow: Some(id), problem: Some(problem), fault: None }
    }

    const fn nothing(outcome: RunOutcome, problem: String) -> Self {
        Self { outcome, workflow: None, problem: Some(problem), fault: None }
    }
}

/// How a schedule stands after what came of its times.
struct Standing {
    refusals: i32,
    paused_because: Option<String>,
}

impl Standing {
    fn count(&mut self, what: &What) {
        match &what.problem {
            None => self.refusals = 0,
            Some(problem) => {
                self.refusals += 1;
                if self.refusals >= MOST_REFUSALS {
                    self.paused_because = Some(format!("{MOST_REFUSALS} times in a row: {problem}"));
                }
            }
        }
    }
}

/// On the record, and on the workflow, where the proposal came from.
fn context(schedule: &Row) -> RequestContext {
    RequestContext { request_id: Some(format!("schedule-{}", schedule.id)), ..RequestContext::default() }
}

/// Proposes, or tells why that is refused. Of a proposal that is refused nothing is kept.
async fn attempt(connection: &mut AsyncPgConnection, schedule: &Row) -> Result<What> {
    let refused = |problem: &Problem| Ok(What::nothing(RunOutcome::Refused, problem.to_string()));
    let reason = match schedule.reason.clone().map(Remark::try_from).transpose() {
        Ok(reason) => reason,
        Err(fault) => return refused(&Problem::invalid_field("/reason", fault)),
    };
    let weekly_savings = schedule.weekly_savings.clone().map(Money::from);
    let proposal = Proposal {
        workflow_type: &schedule.workflow_type,
        version: None,
        inputs: &schedule.inputs,
        weekly_savings: weekly_savings.as_ref(),
        reason: reason.as_ref(),
        supersedes: None,
    };
    match propose(connection, Proposer::Schedule(schedule.owner_id), &context(schedule), proposal).await {
        Ok(Outcome::Accepted(id)) => Ok(What::proposed(id)),
        Ok(Outcome::Blocked(id, council)) => {
            Ok(What::blocked(id, format!("the policy of the council {council} forbids it")))
        }
        Err(Error::Refused(problem)) => refused(&problem),
        // Of the moment: nothing is written, and it is tried again.
        Err(error) if error.is_passing() => Err(error),
        // A fault of ours must not keep the other schedules waiting for ever.
        Err(error) => {
            let what = What::nothing(RunOutcome::Refused, "an internal error: the worker's log tells more".to_owned());
            Ok(What { fault: Some(error.to_string()), ..what })
        }
    }
}

/// Keeps what came of a time; nothing when that was kept before.
async fn record(
    connection: &mut AsyncPgConnection,
    schedule: &Row,
    due_at: DateTime<Utc>,
    what: What,
) -> Result<Option<Fired>> {
    let kept = diesel::insert_into(runs::table)
        .values((
            runs::schedule_id.eq(schedule.id),
            runs::due_at.eq(due_at),
            runs::outcome.eq(what.outcome),
            runs::workflow_id.eq(what.workflow),
            runs::problem.eq(what.problem.as_deref()),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    if kept == 0 {
        return Ok(None);
    }
    let detail = json!({
        "due_at": due_at, "outcome": what.outcome, "workflow_id": what.workflow, "problem": what.problem,
        "owner_id": schedule.owner_id,
    });
    let act = Act::new(Actor::System, "schedule.fired", "schedule", schedule.id).with(detail);
    audit::record(connection, &context(schedule), act).await?;
    let workflow_type = schedule.workflow_type.clone();
    Ok(Some(Fired { workflow_type, due_at, outcome: what.outcome, fault: what.fault }))
}

async fn settle(
    connection: &mut AsyncPgConnection,
    schedule: &Row,
    standing: &Standing,
    fired: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
) -> Result<()> {
    let state = if standing.paused_because.is_some() { ScheduleState::Paused } else { ScheduleState::Active };
    diesel::update(schedules::table.find(schedule.id))
        .set((
            schedules::state.eq(state),
            schedules::paused_because.eq(standing.paused_because.as_deref()),
            schedules::refusals.eq(standing.refusals),
            schedules::next_due_at.eq(next.filter(|_| state == ScheduleState::Active)),
            schedules::last_fired_at.eq(fired.or(schedule.last_fired_at)),
        ))
        .execute(connection)
        .await?;
    let Some(because) = &standing.paused_because else { return Ok(()) };
    let act = Act::new(Actor::System, "schedule.paused", "schedule", schedule.id).with(json!({"because": because}));
    audit::record(connection, &context(schedule), act).await
}
