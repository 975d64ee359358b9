//! What admins do with schedules.

use bigdecimal::BigDecimal;
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{ScheduleId, UserId, WorkflowTypeId};
use common::problem::Problem;
use common::roles::Permission;
use common::text::{Name, Remark};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::mandate::MANDATE_TYPE;
use governance::money::Money;
use governance::schedule::{Missed, Timetable};
use serde_json::{Value, json};

use super::{Row, Schedule, ScheduleState, find, timetable};
use crate::audit::{self, Act};
use crate::clock;
use crate::error::Result;
use crate::governance::workflow_types::find_for;
use crate::identity::authorize;
use crate::schema::schedules;

/// There are no more: each is looked at twice a second.
const MOST: i64 = 500;

/// What a schedule says.
pub struct Content<'a> {
    /// What people call it.
    pub name: &'a Name,
    /// When it is due.
    pub cron: &'a str,
    /// On whose clocks.
    pub time_zone: &'a str,
    /// What it proposes.
    pub workflow_type: &'a WorkflowTypeId,
    /// With which inputs.
    pub inputs: &'a Value,
    /// What each proposal is expected to save in a week.
    pub weekly_savings: Option<&'a Money>,
    /// Why.
    pub reason: Option<&'a Remark>,
    /// What becomes of missed times.
    pub missed: Missed,
}

/// What of it is stored as it is.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = schedules, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Columns<'a> {
    name: &'a str,
    cron: &'a str,
    time_zone: &'a str,
    workflow_type: &'a str,
    inputs: &'a Value,
    weekly_savings: Option<BigDecimal>,
    reason: Option<String>,
    missed: Missed,
}

impl Content<'_> {
    fn columns(&self) -> Columns<'_> {
        Columns {
            name: self.name.as_str(),
            cron: self.cron,
            time_zone: self.time_zone,
            workflow_type: self.workflow_type.as_str(),
            inputs: self.inputs,
            weekly_savings: self.weekly_savings.map(|savings| savings.amount().clone()),
            reason: self.reason.map(|reason| reason.as_str().to_owned()),
            missed: self.missed,
        }
    }

    /// Its times, if it can propose what it says.
    async fn check(&self, connection: &mut AsyncPgConnection) -> Result<Timetable> {
        let timetable = timetable(self.cron, self.time_zone)?;
        if self.workflow_type.as_str() == MANDATE_TYPE {
            return Err(Problem::invalid_field("/workflow_type", "a mandate is asked for in person").into());
        }
        find_for(connection, self.workflow_type, None, self.inputs).await?;
        Ok(timetable)
    }

    fn detail(&self) -> Value {
        json!({
            "name": self.name, "cron": self.cron, "time_zone": self.time_zone, "workflow_type": self.workflow_type,
            "inputs_digest": governance::digest::Digest::of_json(self.inputs), "weekly_savings": self.weekly_savings,
            "missed": self.missed,
        })
    }
}

/// An admin makes a schedule, and owns what it proposes.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    written: &Content<'_>,
) -> Result<Schedule> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSchedules).await?;
            let there: i64 = schedules::table.count().get_result(connection).await?;
            if there >= MOST {
                let message = format!("there are {there} schedules, as many as there may be: delete one first");
                return Err(Problem::conflict("too_many_schedules", message).into());
            }
            let timetable = written.check(connection).await?;
            let (id, now) = (ScheduleId::new(), clock::now(connection).await?);
            diesel::insert_into(schedules::table)
                .values((
                    schedules::id.eq(id),
                    written.columns(),
                    schedules::next_due_at.eq(timetable.next(now)),
                    schedules::owner_id.eq(admin.id),
                ))
                .execute(connection)
                .await?;
            note(connection, context, admin.id, "schedule.created", id, written.detail()).await?;
            find(connection, id).await
        })
        .await
}

/// An admin says anew what a schedule does, and owns what it proposes from now on. `seen` is the version that they saw.
pub async fn replace(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: ScheduleId,
    seen: &str,
    written: &Content<'_>,
) -> Result<Schedule> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSchedules).await?;
            let before = lock(connection, id).await?;
            if before.version.to_string() != seen {
                return Err(Problem::changed_meanwhile("schedule").into());
            }
            let timetable = written.check(connection).await?;
            let is_same = before.cron == written.cron && before.time_zone == written.time_zone;
            // A time that is due this very moment is not lost to a change of something else.
            let next = match before.state {
                ScheduleState::Active if is_same => before.next_due_at,
                ScheduleState::Active => timetable.next(clock::now(connection).await?),
                ScheduleState::Paused => None,
            };
            diesel::update(schedules::table.find(id))
                .set((
                    written.columns(),
                    schedules::next_due_at.eq(next),
                    schedules::refusals.eq(0),
                    schedules::owner_id.eq(admin.id),
                    schedules::version.eq(schedules::version + 1),
                ))
                .execute(connection)
                .await?;
            note(connection, context, admin.id, "schedule.changed", id, written.detail()).await?;
            find(connection, id).await
        })
        .await
}

/// An admin has a schedule propose nothing until it is resumed.
pub async fn pause(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: ScheduleId,
) -> Result<Schedule> {
    set_state(connection, claims, context, id, ScheduleState::Paused).await
}

/// An admin has a schedule propose again, from its next time on: what passed meanwhile is let go.
pub async fn resume(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: ScheduleId,
) -> Result<Schedule> {
    set_state(connection, claims, context, id, ScheduleState::Active).await
}

async fn set_state(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: ScheduleId,
    state: ScheduleState,
) -> Result<Schedule> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSchedules).await?;
            let before = lock(connection, id).await?;
            if before.state == state {
                return find(connection, id).await;
            }
            let (next, action) = match state {
                ScheduleState::Active => (before.timetable()?.next(clock::now(connection).await?), "schedule.resumed"),
                ScheduleState::Paused => (None, "schedule.paused"),
            };
            diesel::update(schedules::table.find(id))
                .set((
                    schedules::state.eq(state),
                    schedules::next_due_at.eq(next),
                    schedules::paused_because.eq(None::<String>),
                    schedules::refusals.eq(0),
                    schedules::version.eq(schedules::version + 1),
                ))
                .execute(connection)
                .await?;
            note(connection, context, admin.id, action, id, json!({"next_due_at": next})).await?;
            find(connection, id).await
        })
        .await
}

/// An admin deletes a schedule, and what came of its times; what it proposed stays.
pub async fn delete(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: ScheduleId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSchedules).await?;
            let before = lock(connection, id).await?;
            diesel::delete(schedules::table.find(id)).execute(connection).await?;
            note(connection, context, admin.id, "schedule.deleted", id, json!({"name": before.name})).await
        })
        .await
}

async fn lock(connection: &mut AsyncPgConnection, id: ScheduleId) -> Result<Row> {
    let found = schedules::table.find(id).for_update().select(Row::as_select()).first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("schedule"))?)
}

async fn note(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    admin: UserId,
    action: &str,
    id: ScheduleId,
    detail: Value,
) -> Result<()> {
    audit::record(connection, context, Act::new(Actor::User(admin), action, "schedule", id).with(detail)).await
}
