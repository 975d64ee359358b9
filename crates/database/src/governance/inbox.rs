//! What waits for a person's vote.

use common::claims::Claims;
use common::ids::WorkflowId;
use common::roles::Role;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    workflow_id: WorkflowId,
}

/// The newest workflows before `after` that wait for a person's vote: up to `limit`, newest first. They wait where the
/// person holds a seat and nobody stands in for them, where they stand in, and for admins everywhere; never where the person,
/// or whom they stand in for, has a part in the proposal. What is shown can be voted on (`cast_vote`).
///
/// Open reviews are few and have an index of their own, so that the query begins with them, however many workflows there
/// are. In Diesel's words it takes the compiler minutes.
pub(super) async fn awaiting(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    after: WorkflowId,
    limit: i64,
) -> Result<Vec<WorkflowId>> {
    const AWAITING: &str = "
        SELECT DISTINCT r.workflow_id
        FROM workflow_reviews r
        JOIN workflows w ON w.id = r.workflow_id
        LEFT JOIN agents a ON a.id = w.proposer_agent_id
        LEFT JOIN break_glass b ON b.workflow_id = w.id
        WHERE r.outcome = 'open'
          AND (r.deadline > now() OR r.kind = 'ratification')
          AND r.workflow_id < $2
          AND NOT EXISTS (SELECT FROM votes v
              WHERE v.workflow_id = r.workflow_id AND v.council_id = r.council_id AND v.round = r.round AND v.user_id = $1)
          AND w.proposer_user_id IS DISTINCT FROM $1
          AND a.owner_id IS DISTINCT FROM $1
          AND b.admin_id IS DISTINCT FROM $1
          AND NOT EXISTS (SELECT FROM seat_delegations d
              WHERE d.council_id = r.council_id AND d.starts_at <= now() AND d.ends_at > now()
                AND (d.holder_id = $1
                     OR d.delegate_id = $1 AND d.holder_id IN (w.proposer_user_id, a.owner_id, b.admin_id)))
          AND ($3 OR r.council_id IN (
              SELECT s.council_id FROM council_seats s WHERE s.user_id = $1
              UNION
              SELECT d.council_id FROM seat_delegations d
              WHERE d.delegate_id = $1 AND d.starts_at <= now() AND d.ends_at > now()))
        ORDER BY r.workflow_id DESC LIMIT $4";
    let rows: Vec<Row> = diesel::sql_query(AWAITING)
        .bind::<SqlUuid, _>(claims.user.id)
        .bind::<SqlUuid, _>(after)
        .bind::<Bool, _>(claims.user.role == Role::Admin)
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.workflow_id).collect())
}
