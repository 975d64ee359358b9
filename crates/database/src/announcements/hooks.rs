//! What programs are told of events: which workflow, where it stands and where it can be read. Never its inputs or
//! outputs, which a receiver may have no right to.

use chrono::{DateTime, Utc};
use common::ids::{DeliveryId, EventId, WebhookId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::{Basis, WorkflowStatus};
use serde_json::{Value, json};

use super::events::decision;
use super::{Batch, OpenReview, Subject};
use crate::error::Result;
use crate::governance::merge;
use crate::schema::{webhook_deliveries as deliveries, webhooks};
use crate::timeline::News;
use crate::webhooks::{EventType, WebhookState, message};

/// Rows that one statement inserts: PostgreSQL takes 65535 parameters.
const ROWS: usize = 5000;

/// Something to be told.
struct Told {
    id: EventId,
    event: EventType,
    message: Value,
}

/// Writes a delivery of each event for each webhook that wants it, in the caller's transaction.
pub(super) async fn write(
    connection: &mut AsyncPgConnection,
    news: &[News],
    batch: &Batch,
    api_origin: &str,
) -> Result<()> {
    let webhooks: Vec<(WebhookId, Vec<EventType>)> = webhooks::table
        .filter(webhooks::state.ne(WebhookState::Disabled))
        .order(webhooks::id)
        .select((webhooks::id, webhooks::events))
        // Nobody disables or deletes one between this and the deliveries that it is given.
        .for_share()
        .load(connection)
        .await?;
    if webhooks.is_empty() {
        return Ok(());
    }
    let happened = news.iter().filter_map(|news| of_event(news, batch.subjects.get(&news.workflow_id)?, api_origin));
    let needed = batch
        .open
        .iter()
        .filter_map(|review| Some(of_review(review, batch.subjects.get(&review.workflow_id)?, api_origin)));
    let told: Vec<Told> = happened.chain(needed).collect();
    let wanted = webhooks.iter().flat_map(|(webhook, events)| {
        told.iter().filter(|told| events.contains(&told.event)).map(move |told| (*webhook, told))
    });
    let rows: Vec<_> = wanted
        .map(|(webhook, told)| {
            (
                deliveries::id.eq(DeliveryId::new()),
                deliveries::webhook_id.eq(webhook),
                deliveries::event_id.eq(told.id),
                deliveries::event_type.eq(told.event),
                deliveries::payload.eq(&told.message),
            )
        })
        .collect();
    for rows in rows.chunks(ROWS) {
        diesel::insert_into(deliveries::table).values(rows).execute(connection).await?;
    }
    Ok(())
}

impl Told {
    fn new(event: EventType, at: DateTime<Utc>, data: Value) -> Self {
        Self { id: EventId::new(), event, message: message(event, at, data) }
    }
}

/// What is told of an event of the timeline, if anything is.
fn of_event(news: &News, subject: &Subject, api_origin: &str) -> Option<Told> {
    let (event, status, more) = match news.event.as_str() {
        "proposed" => {
            let councils = &news.detail["reviewed_by"];
            let status = match (councils.as_array().is_some_and(|councils| !councils.is_empty()), subject.basis) {
                (true, _) => WorkflowStatus::PendingReview,
                (false, Basis::Blocked) => WorkflowStatus::Blocked,
                (false, _) => WorkflowStatus::Approved,
            };
            let more = json!({"councils": councils, "supersedes": news.detail["supersedes"]});
            (EventType::WorkflowProposed, status, more)
        }
        "started" => (EventType::WorkflowStarted, WorkflowStatus::Running, json!({})),
        "completed" => (EventType::WorkflowCompleted, WorkflowStatus::Completed, json!({})),
        "failed" => (EventType::WorkflowFailed, WorkflowStatus::Failed, json!({})),
        "glass_broken" => {
            let more = json!({"admin_id": news.actor_id, "ratify_by": subject.ratify_by});
            (EventType::GlassBroken, WorkflowStatus::Approved, more)
        }
        other => (EventType::WorkflowDecided, decision(other)?, json!({})),
    };
    Some(Told::new(event, news.at, data(subject, status, api_origin, more)))
}

/// What is told of a review that was opened.
fn of_review(review: &OpenReview, subject: &Subject, api_origin: &str) -> Told {
    let more = json!({"council_id": review.council_id, "deadline": review.deadline});
    let data = data(subject, WorkflowStatus::PendingReview, api_origin, more);
    Told::new(EventType::VoteNeeded, review.opened_at, data)
}

fn data(subject: &Subject, status: WorkflowStatus, api_origin: &str, more: Value) -> Value {
    let mut data = json!({
        "workflow_id": subject.id,
        "workflow_type": subject.workflow_type,
        "type_version": subject.type_version,
        "digest": subject.digest,
        "status": status,
        "url": format!("{api_origin}/api/workflows/{}", subject.id),
    });
    merge(&mut data, more);
    data
}
