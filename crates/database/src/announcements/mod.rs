//! Telling others what happened: people by mail, programs by webhooks.
//!
//! The acts themselves do nothing for it. A worker follows the timeline in the order of commits, from a place that is
//! kept, and writes what follows from the events in the transaction that moves the place on: nothing is missed and
//! nothing is announced twice, whatever is killed when.

mod events;
mod hooks;
pub mod letters;
mod mail;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::ids::{AgentId, CouncilId, UserId, WorkflowId, WorkflowTypeId};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, WorkflowStatus};

use crate::error::Result;
use crate::schema::{announcer, workflow_reviews as reviews, workflows};
use crate::timeline::{self, News, Position};
use events::Asked;

/// Announces up to `limit` events, and returns how many it got through: none when there are none, or when another worker
/// has the turn. Programs are told to read what they are told of at `api_origin`.
pub async fn announce(connection: &mut AsyncPgConnection, api_origin: &str, limit: i64) -> Result<usize> {
    // A look without a lock first: mostly there is nothing, and a lock is a write.
    let place = announcer::table.select((announcer::transaction_id, announcer::event_id));
    let (transaction, id) = place.first::<(i64, i64)>(connection).await?;
    if timeline::after(connection, Position { transaction, id }, 1).await?.is_empty() {
        return Ok(0);
    }
    connection
        .transaction(async |connection| {
            let turn = place.for_update().skip_locked().first::<(i64, i64)>(connection).await.optional()?;
            let Some((transaction, id)) = turn else { return Ok(0) };
            let news = timeline::after(connection, Position { transaction, id }, limit).await?;
            let Some(last) = news.last() else { return Ok(0) };
            let batch = Batch::read(connection, &news).await?;
            mail::write(connection, &news, &batch).await?;
            hooks::write(connection, &news, &batch, api_origin).await?;
            let Position { transaction, id } = last.position();
            diesel::update(announcer::table)
                .set((announcer::transaction_id.eq(transaction), announcer::event_id.eq(id)))
                .execute(connection)
                .await?;
            Ok(news.len())
        })
        .await
}

/// What has to be known besides the events themselves.
struct Batch {
    subjects: BTreeMap<WorkflowId, Subject>,
    /// The reviews that these events opened, and that are still open.
    open: Vec<OpenReview>,
}

/// A workflow that something happened to.
#[derive(QueryableByName)]
struct Subject {
    #[diesel(sql_type = SqlUuid)]
    id: WorkflowId,
    #[diesel(sql_type = Text)]
    workflow_type: WorkflowTypeId,
    #[diesel(sql_type = Integer)]
    type_version: i32,
    #[diesel(sql_type = Binary)]
    digest: Digest,
    #[diesel(sql_type = Text)]
    basis: Basis,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    proposer_agent_id: Option<AgentId>,
    /// Who proposed it, or answers for the agent that did, while their account is active.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    answerable: Option<UserId>,
    /// Until when its councils have to ratify it, if it was run before they decided.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ratify_by: Option<DateTime<Utc>>,
}

#[derive(Queryable)]
struct OpenReview {
    workflow_id: WorkflowId,
    council_id: CouncilId,
    opened_at: DateTime<Utc>,
    deadline: DateTime<Utc>,
}

impl Batch {
    async fn read(connection: &mut AsyncPgConnection, news: &[News]) -> Result<Self> {
        const SUBJECTS: &str = "
            SELECT w.id, w.workflow_type, w.type_version, w.digest, w.basis, w.proposer_agent_id,
                u.id AS answerable, b.ratify_by
            FROM workflows w
            LEFT JOIN break_glass b ON b.workflow_id = w.id
            LEFT JOIN agents a ON a.id = w.proposer_agent_id
            LEFT JOIN users u ON u.id = COALESCE(w.proposer_user_id, a.owner_id) AND u.state = 'active'
            WHERE w.id = ANY ($1)";
        let told: BTreeSet<_> =
            news.iter().filter(|news| events::matters(&news.event)).map(|news| news.workflow_id).collect();
        if told.is_empty() {
            return Ok(Self { subjects: BTreeMap::new(), open: Vec::new() });
        }
        let subjects: Vec<Subject> = diesel::sql_query(SUBJECTS)
            .bind::<Array<SqlUuid>, _>(told.into_iter().collect::<Vec<_>>())
            .load(connection)
            .await?;
        let subjects = subjects.into_iter().map(|subject| (subject.id, subject)).collect();
        Ok(Self { subjects, open: open_reviews(connection, &asked(news)).await? })
    }
}

/// Whom these events ask, each workflow and council once however often they do.
fn asked(news: &[News]) -> BTreeMap<WorkflowId, Asked> {
    let mut all: BTreeMap<WorkflowId, Asked> = BTreeMap::new();
    for news in news {
        if let Some(asked) = events::asked(&news.event, &news.detail) {
            all.entry(news.workflow_id).or_default().join(asked);
        }
    }
    all
}

async fn open_reviews(
    connection: &mut AsyncPgConnection,
    asked: &BTreeMap<WorkflowId, Asked>,
) -> Result<Vec<OpenReview>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let current = workflows::id.eq(reviews::workflow_id).and(workflows::round.eq(reviews::round));
    let open: Vec<OpenReview> = reviews::table
        .inner_join(workflows::table.on(current))
        .filter(reviews::workflow_id.eq_any(asked.keys()))
        .filter(reviews::kind.eq(ReviewKind::Approval))
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .filter(workflows::status.eq(WorkflowStatus::PendingReview))
        .order((reviews::workflow_id, reviews::council_id))
        .select((reviews::workflow_id, reviews::council_id, reviews::opened_at, reviews::deadline))
        .load(connection)
        .await?;
    let wanted = |review: &OpenReview| asked.get(&review.workflow_id).is_some_and(|a| a.includes(&review.council_id));
    Ok(open.into_iter().filter(wanted).collect())
}
