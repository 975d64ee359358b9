//! Having many dead letters tried again at once.

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::WorkflowId;
use common::roles::Permission;
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::retry::RetryFrom;
use governance::workflow::WorkflowStatus;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Filter, failed};
use crate::audit::{self, Act};
use crate::error::{Error, Result};
use crate::governance::retry::{NewVoteBy, foresee, retry_as};
use crate::identity::authorize;
use crate::schema::workflows;

/// What is to be tried again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRetry {
    /// Which dead letters: those that failed first go first.
    #[serde(deserialize_with = "common::json::object")]
    pub filter: Filter,
    /// Where each begins again; at the step that failed when not said.
    #[serde(default)]
    pub from: RetryFrom,
    /// How many at most: 1 to 1000, 100 when not said.
    #[serde(default)]
    #[schema(value_type = u16, minimum = 1, maximum = 1000)]
    pub limit: Most,
    /// Only tell what would become of each.
    #[serde(default)]
    pub dry_run: bool,
}

/// How many are tried again at once.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u16")]
pub struct Most(u16);

impl Default for Most {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u16> for Most {
    type Error = &'static str;

    fn try_from(number: u16) -> std::result::Result<Self, Self::Error> {
        if (1..=1000).contains(&number) { Ok(Self(number)) } else { Err("must be 1 to 1000") }
    }
}

text_enum! {
    /// What became of one of many.
    pub enum BulkFate {
        /// It runs again.
        Queued = "queued",
        /// Its councils vote again first.
        PendingReview = "pending_review",
        /// Somebody else had it tried again meanwhile, or it is no dead letter any more.
        Skipped = "skipped",
        /// It could not be done; why is told.
        Refused = "refused",
    }
}

/// What became of one of many.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// Which.
    pub workflow_id: WorkflowId,
    /// What became of it.
    pub outcome: BulkFate,
    /// The councils that have to vote again, each with the reason.
    pub new_votes: Vec<NewVoteBy>,
    /// Why it was skipped or refused.
    pub because: Option<String>,
}

/// How many came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkCounts {
    /// Run again.
    pub queued: usize,
    /// Voted on again first.
    pub pending_review: usize,
    /// No dead letters any more when it was their turn.
    pub skipped: usize,
    /// Could not be done.
    pub refused: usize,
}

/// What became of all of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulkRetried {
    /// Names this on the record, on which each retry names it; none of a dry run.
    pub bulk_id: Option<Uuid>,
    /// Whether it only was foreseen.
    pub dry_run: bool,
    /// How many came to what.
    pub counts: BulkCounts,
    /// What became of each, in the order in which they failed.
    pub outcomes: Vec<BulkOutcome>,
    /// Whether the filter names more than were taken.
    pub more: bool,
}

/// An admin has dead letters tried again, each in a transaction of its own and by the rules of one alone: the filter, who
/// asks and how many it found are on the record before the first, and each names that. However many ask for the same, each
/// is tried again once.
pub async fn retry_all(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    bulk: &BulkRetry,
) -> Result<BulkRetried> {
    let (mut found, bulk_id) = begin(connection, claims, context, bulk).await?;
    let more = found.len() > usize::from(bulk.limit.0);
    found.truncate(bulk.limit.0.into());
    let (mut counts, mut outcomes) = (BulkCounts::default(), Vec::with_capacity(found.len()));
    for workflow_id in found {
        let retried = match bulk_id {
            Some(bulk_id) => {
                connection
                    .transaction(async |connection| {
                        let admin = Actor::User(authorize(connection, claims, Permission::Operate).await?.id);
                        let more = json!({"bulk_id": bulk_id});
                        retry_as(connection, context, admin, workflow_id, bulk.from, more).await
                    })
                    .await
            }
            None => foresee(connection, workflow_id, bulk.from).await,
        };
        let (outcome, new_votes, because) = match retried {
            Ok(retried) if retried.status == WorkflowStatus::PendingReview => {
                (BulkFate::PendingReview, retried.new_votes, None)
            }
            Ok(retried) => (BulkFate::Queued, retried.new_votes, None),
            Err(Error::Refused(problem)) if problem.code() == "not_failed" => {
                (BulkFate::Skipped, Vec::new(), Some(problem.to_string()))
            }
            Err(Error::Refused(problem)) => (BulkFate::Refused, Vec::new(), Some(problem.to_string())),
            // What is done is done: the next call goes on with the rest.
            Err(other) => return Err(other),
        };
        match outcome {
            BulkFate::Queued => counts.queued += 1,
            BulkFate::PendingReview => counts.pending_review += 1,
            BulkFate::Skipped => counts.skipped += 1,
            BulkFate::Refused => counts.refused += 1,
        }
        outcomes.push(BulkOutcome { workflow_id, outcome, new_votes, because });
    }
    Ok(BulkRetried { bulk_id, dry_run: bulk.dry_run, counts, outcomes, more })
}

/// Finds them, one more than are wanted, and puts on the record what is about to be done.
async fn begin(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    bulk: &BulkRetry,
) -> Result<(Vec<WorkflowId>, Option<Uuid>)> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let found: Vec<WorkflowId> = failed(&bulk.filter)
                .order((workflows::finished_at, workflows::id))
                .limit(i64::from(bulk.limit.0) + 1)
                .select(workflows::id)
                .load(connection)
                .await?;
            if bulk.dry_run {
                return Ok((found, None));
            }
            let id = Uuid::now_v7();
            let number = found.len().min(bulk.limit.0.into());
            let detail = json!({"filter": bulk.filter, "from": bulk.from, "limit": bulk.limit.0, "found": number});
            let act = Act::new(Actor::User(admin.id), "dead_letters.retried", "dead_letters", id).with(detail);
            audit::record(connection, context, act).await?;
            Ok((found, Some(id)))
        })
        .await
}
