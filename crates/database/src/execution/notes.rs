//! Many acts of the system on workflows, put on the timeline and on the record by one statement.

use common::ids::WorkflowId;
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::error::Result;

/// One act.
pub(super) struct Note {
    pub workflow: WorkflowId,
    /// What the timeline calls it.
    pub event: &'static str,
    /// What the record calls it; none for what stands on the timeline only.
    pub action: Option<&'static str>,
    pub detail: Value,
    /// The request that the workflow came from.
    pub request_id: Option<String>,
}

/// Rows are numbered here as `number_act` does one by one. The caller holds the locks of the workflows.
const WRITE: &str = "
    WITH note AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[])
            WITH ORDINALITY AS n (workflow_id, event, action, detail, request_id, place)
    ), told AS (
        INSERT INTO workflow_timeline (workflow_id, event, actor_kind, detail)
        SELECT workflow_id, event, 'system', detail FROM note ORDER BY place
    ), numbered AS (
        SELECT w.workflow_id, COALESCE(
            (SELECT l.sequence FROM audit_log l
             WHERE l.resource_kind = 'workflow' AND l.resource_id = w.workflow_id::text AND l.sequence IS NOT NULL
             ORDER BY l.sequence DESC LIMIT 1),
            -- Rows from before there were numbers.
            (SELECT count(*) FROM audit_log l
             WHERE l.resource_kind = 'workflow' AND l.resource_id = w.workflow_id::text)) AS last
        FROM (SELECT DISTINCT workflow_id FROM note) w
    )
    INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id, detail, request_id, sequence)
    SELECT 'system', action, 'workflow', workflow_id::text, detail, request_id,
        last + row_number() OVER (PARTITION BY workflow_id ORDER BY place)
    FROM note JOIN numbered USING (workflow_id) WHERE action IS NOT NULL ORDER BY place";

/// Writes them, in this order.
pub(super) async fn write(connection: &mut AsyncPgConnection, notes: Vec<Note>) -> Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    let (mut ids, mut events, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut details, mut requests) = (Vec::new(), Vec::new());
    for note in notes {
        ids.push(note.workflow);
        events.push(note.event);
        actions.push(note.action);
        details.push(note.detail);
        requests.push(note.request_id);
    }
    diesel::sql_query(WRITE)
        .bind::<Array<Uuid>, _>(ids)
        .bind::<Array<Text>, _>(events)
        .bind::<Array<Nullable<Text>>, _>(actions)
        .bind::<Array<Jsonb>, _>(details)
        .bind::<Array<Nullable<Text>>, _>(requests)
        .execute(connection)
        .await?;
    Ok(())
}
