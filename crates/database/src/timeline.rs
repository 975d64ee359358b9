//! What happened to a workflow, in order, for whoever looks at it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use common::actor::{Actor, ActorKind};
use common::ids::WorkflowId;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::workflow_timeline;

/// Adds an event, in the caller's transaction.
pub async fn record(
    connection: &mut AsyncPgConnection,
    workflow: WorkflowId,
    actor: Actor,
    event: &str,
    detail: Value,
) -> Result<()> {
    // One row by itself: a statement for a list of rows is prepared anew each time.
    let row = Row::new(workflow, actor, event, &detail);
    diesel::insert_into(workflow_timeline::table).values(&row).execute(connection).await?;
    Ok(())
}

/// Adds the same event to several workflows, in the caller's transaction.
pub async fn record_all(
    connection: &mut AsyncPgConnection,
    workflows: &[WorkflowId],
    actor: Actor,
    event: &str,
    detail: Value,
) -> Result<()> {
    if let [one] = workflows {
        return record(connection, *one, actor, event, detail).await;
    }
    let rows: Vec<_> = workflows.iter().map(|&workflow| Row::new(workflow, actor, event, &detail)).collect();
    diesel::insert_into(workflow_timeline::table).values(&rows).execute(connection).await?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = workflow_timeline, treat_none_as_default_value = false)]
struct Row<'a> {
    workflow_id: WorkflowId,
    event: &'a str,
    actor_kind: ActorKind,
    actor_id: Option<Uuid>,
    detail: &'a Value,
}

impl<'a> Row<'a> {
    fn new(workflow_id: WorkflowId, actor: Actor, event: &'a str, detail: &'a Value) -> Self {
        Self { workflow_id, event, actor_kind: actor.kind(), actor_id: actor.id(), detail }
    }
}

/// One event.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = workflow_timeline)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: String,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// The particulars.
    pub detail: Value,
}

/// Everything that happened to a workflow, oldest first.
pub async fn of_workflow(connection: &mut AsyncPgConnection, workflow: WorkflowId) -> Result<Vec<Event>> {
    Ok(workflow_timeline::table
        .filter(workflow_timeline::workflow_id.eq(workflow))
        .order(workflow_timeline::id)
        .select(Event::as_select())
        .load(connection)
        .await?)
}

/// A place in the timeline of all workflows, in the order of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The transaction that the event was written in.
    pub transaction: i64,
    /// The event's number.
    pub id: i64,
}

/// As clients see it and send it back: `<transaction>.<id>`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transaction, self.id)
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let (transaction, id) = text.split_once('.').unwrap_or_default();
        match (number(transaction), number(id)) {
            (Some(transaction), Some(id)) => Ok(Self { transaction, id }),
            _ => Err("must be the id of an event, like \"1234.56\""),
        }
    }
}

/// An event of any workflow.
#[derive(Clone, Debug, QueryableByName)]
pub struct News {
    /// The transaction that it was written in.
    #[diesel(sql_type = BigInt)]
    transaction: i64,
    /// Its number.
    #[diesel(sql_type = BigInt)]
    id: i64,
    /// Of which workflow.
    #[diesel(sql_type = SqlUuid)]
    pub workflow_id: WorkflowId,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// What.
    #[diesel(sql_type = Text)]
    pub event: String,
    /// What kind of actor did it.
    #[diesel(sql_type = Text)]
    pub actor_kind: ActorKind,
    /// Which one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    /// The particulars.
    #[diesel(sql_type = Jsonb)]
    pub detail: Value,
}

impl News {
    /// Its place: what comes next is asked for with it.
    pub const fn position(&self) -> Position {
        Position { transaction: self.transaction, id: self.id }
    }
}

/// Up to `limit` events after a place, oldest first, in the order of commits. Only what no running transaction can still
/// precede is told, so that nobody who goes on from the last one misses any.
pub async fn after(connection: &mut AsyncPgConnection, place: Position, limit: i64) -> Result<Vec<News>> {
    const AFTER: &str = "
        SELECT transaction_id::text::bigint AS transaction, id, workflow_id, at, event, actor_kind, actor_id, detail
        FROM workflow_timeline
        WHERE (transaction_id, id) > ($1::text::xid8, $2)
          AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY transaction_id, id LIMIT $3";
    Ok(diesel::sql_query(AFTER)
        .bind::<BigInt, _>(place.transaction)
        .bind::<BigInt, _>(place.id)
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await?)
}

/// Whether more than `limit` events lie after a place.
pub async fn is_behind(connection: &mut AsyncPgConnection, place: Position, limit: i64) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        behind: bool,
    }
    // Reads the index as far as the limit and no further.
    const BEHIND: &str = "
        SELECT EXISTS (SELECT FROM workflow_timeline WHERE (transaction_id, id) > ($1::text::xid8, $2)
            ORDER BY transaction_id, id OFFSET $3) AS behind";
    let row: Row = diesel::sql_query(BEHIND)
        .bind::<BigInt, _>(place.transaction)
        .bind::<BigInt, _>(place.id)
        .bind::<BigInt, _>(limit)
        .get_result(connection)
        .await?;
    Ok(row.behind)
}

/// The place after which everything is yet to come.
pub async fn end(connection: &mut AsyncPgConnection) -> Result<Position> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        transaction: i64,
    }
    let end = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS transaction";
    let Row { transaction } = diesel::sql_query(end).get_result(connection).await?;
    Ok(Position { transaction, id: 0 })
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_place_survives_the_round_trip_and_nothing_else_is_one() {
        let place = Position { transaction: 1234, id: 56 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for bad in ["", ".", "1", "1.", ".1", "1.2.3", "-1.2", "+1.2", "1.-2", " 1.2", "1.2 ", "99999999999999999999.1"]
        {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }
}
