//! "Nothing lost", and "nothing unapproved", as numbers: every approval is compared with its run.

use std::time::Duration;

use common::priority::Priority;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::error::Result;

/// What a comparison has shown. Both are 0, or something is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Reconciliation {
    /// Workflows that were approved, have not ended, and that nothing will ever move.
    #[diesel(sql_type = BigInt)]
    pub orphans: i64,
    /// Runs without an approval, of those that are under way or have ended since the time that was looked back to.
    #[diesel(sql_type = BigInt)]
    pub unapproved: i64,
}

/// Compares. `silence` is after which time a workflow of a priority is sent again when nobody has touched it; whoever has
/// been silent for three times that is an orphan. None when another worker compares at this moment.
pub async fn reconcile(
    connection: &mut AsyncPgConnection,
    silence: impl Fn(Priority) -> Duration,
    look_back: Duration,
) -> Result<Option<Reconciliation>> {
    #[derive(QueryableByName)]
    struct Turn {
        #[diesel(sql_type = Bool)]
        mine: bool,
    }
    const TURN: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended('reconciliation', 0)) AS mine";
    // The second part asks what guard_workflow asks, of what has happened.
    const COMPARE: &str = "
        SELECT (
            SELECT count(*) FROM workflows w JOIN workflow_types t ON t.id = w.workflow_type,
                LATERAL (SELECT now() - 3 * interval '1 second' *
                    CASE t.priority WHEN 'high' THEN $1 WHEN 'normal' THEN $2 ELSE $3 END AS at) late
            WHERE w.status IN ('approved', 'queued', 'running') AND w.parked_at IS NULL AND CASE
                WHEN w.lease_expires_at > late.at THEN false
                WHEN w.due_at IS NOT NULL THEN w.due_at < late.at
                WHEN w.status = 'approved' THEN true
                ELSE w.enqueued_at IS NULL OR w.enqueued_at < late.at END
        ) AS orphans, (
            SELECT count(*) FROM workflows w
            WHERE (w.status = 'running'
                   OR w.status IN ('completed', 'failed') AND w.finished_at > now() - $4 * interval '1 second')
              AND w.started_at IS NOT NULL AND NOT CASE w.basis
                WHEN 'review' THEN
                    EXISTS (SELECT FROM workflow_reviews r
                            WHERE r.workflow_id = w.id AND r.round = w.round AND r.outcome = 'approved')
                    AND NOT EXISTS (SELECT FROM workflow_reviews r WHERE r.workflow_id = w.id AND r.round = w.round
                                      AND r.outcome NOT IN ('approved', 'escalated'))
                WHEN 'policy' THEN
                    NOT EXISTS (SELECT FROM workflow_reviews r WHERE r.workflow_id = w.id AND r.round = w.round)
                WHEN 'mandate' THEN EXISTS (SELECT FROM mandate_uses u WHERE u.workflow_id = w.id)
                WHEN 'break_glass' THEN EXISTS (SELECT FROM break_glass b WHERE b.workflow_id = w.id)
                ELSE false END
        ) AS unapproved";
    let [high, normal, low] =
        [Priority::High, Priority::Normal, Priority::Low].map(|priority| silence(priority).as_secs_f64());
    connection
        .transaction(async |connection| {
            let Turn { mine } = diesel::sql_query(TURN).get_result(connection).await?;
            if !mine {
                return Ok(None);
            }
            let found = diesel::sql_query(COMPARE)
                .bind::<Double, _>(high)
                .bind::<Double, _>(normal)
                .bind::<Double, _>(low)
                .bind::<Double, _>(look_back.as_secs_f64())
                .get_result(connection)
                .await?;
            Ok(Some(found))
        })
        .await
}
