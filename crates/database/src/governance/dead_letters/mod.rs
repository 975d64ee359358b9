//! Dead letters: workflows whose runs failed for good, and wait for somebody to look at them.

mod retry_all;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::ids::{CouncilId, Domain, WorkflowId, WorkflowTypeId};
use common::moment::{self, Moment};
use common::page::{Cursor, Limit, cut};
use common::text::Text;
use common::text_enum;
use diesel::dsl::{count_star, exists};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::definition::StepKind;
use governance::workflow::{StepStatus, WorkflowStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

pub use retry_all::{BulkCounts, BulkFate, BulkOutcome, BulkRetried, BulkRetry, retry_all};

use super::workflows::TypeRef;
use crate::error::Result;
use crate::schema::{
    council_domains as domains, workflow_steps as steps, workflow_type_versions as versions, workflows,
};

/// Which dead letters; what is not said is not asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_type: Option<WorkflowTypeId>,
    /// Only of this domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// Only of the domains that this council answers for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council_id: Option<CouncilId>,
    /// Only those that failed in a step of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub step_kind: Option<StepKind>,
    /// Only those whose error has this in it, in upper or lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[param(inline)]
    pub error: Option<Text<1, 200>>,
    /// Only those that failed then or later.
    #[serde(default, deserialize_with = "moment::optional", skip_serializing_if = "Option::is_none")]
    pub failed_from: Option<DateTime<Utc>>,
    /// Only those that failed before.
    #[serde(default, deserialize_with = "moment::optional", skip_serializing_if = "Option::is_none")]
    pub failed_until: Option<DateTime<Utc>>,
}

text_enum! {
    /// Why it was not tried again.
    pub enum FailureClass {
        /// Another attempt would have failed the same way, as far as anybody could tell.
        Final = "final",
        /// All attempts at the step were made.
        Exhausted = "exhausted",
        /// No step failed: the run as a whole was refused.
        NotRun = "not_run",
    }
}

/// A workflow whose run failed for good.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Which.
    pub workflow_id: WorkflowId,
    /// What kind it is.
    pub workflow_type: TypeRef,
    /// The domain that it belongs to.
    pub domain: Domain,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it failed.
    pub failed_at: DateTime<Utc>,
    /// Why, in words.
    pub error: Option<String>,
    /// Why it was not tried again.
    pub class: FailureClass,
    /// The step that failed, if it was one.
    pub step: Option<FailedStep>,
}

/// A step that failed for good.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailedStep {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it may be.
    pub max_attempts: i64,
    /// What went wrong at last.
    pub error: Option<String>,
}

/// Where a page ends: when the last one of it failed, and which that is.
pub type Place = (Moment, WorkflowId);

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
struct Row {
    id: WorkflowId,
    workflow_type: WorkflowTypeId,
    type_version: i32,
    domain: Domain,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl Row {
    fn failed_at(&self) -> DateTime<Utc> {
        // What has failed has ended: the table says so.
        self.finished_at.unwrap_or(self.created_at)
    }
}

type Failed<'a> = workflows::BoxedQuery<'a, Pg>;

/// The workflows that a filter names. Each condition that has an index begins with `status = 'failed'`, as the indexes do.
fn failed(filter: &Filter) -> Failed<'_> {
    let mut query = workflows::table.filter(workflows::status.eq(WorkflowStatus::Failed)).into_boxed();
    if let Some(workflow_type) = &filter.workflow_type {
        query = query.filter(workflows::workflow_type.eq(workflow_type));
    }
    if let Some(domain) = &filter.domain {
        query = query.filter(workflows::domain.eq(domain));
    }
    if let Some(council) = &filter.council_id {
        let theirs = domains::table.filter(domains::council_id.eq(council)).select(domains::domain);
        query = query.filter(workflows::domain.eq_any(theirs));
    }
    if let Some(kind) = filter.step_kind {
        let in_it = steps::table
            .filter(steps::workflow_id.eq(workflows::id))
            .filter(steps::status.eq(StepStatus::Failed))
            .filter(steps::kind.eq(kind))
            // Not all columns: the job monitor's role may not read them all.
            .select(steps::position);
        query = query.filter(exists(in_it));
    }
    if let Some(error) = &filter.error {
        let literal = error.as_str().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(workflows::error.ilike(format!("%{literal}%")));
    }
    if let Some(from) = filter.failed_from {
        query = query.filter(workflows::finished_at.ge(from));
    }
    if let Some(until) = filter.failed_until {
        query = query.filter(workflows::finished_at.lt(until));
    }
    query
}

/// Dead letters, the latest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    filter: &Filter,
    limit: Limit,
    after: Option<Place>,
) -> Result<(Vec<DeadLetter>, Option<Cursor<Place>>)> {
    let mut query = failed(filter)
        .order((workflows::finished_at.desc(), workflows::id.desc()))
        .limit(limit.get() + 1)
        .select(Row::as_select());
    if let Some((failed_at, id)) = after {
        let failed_at = failed_at.get();
        // The first condition says no more than the second, but the index can begin with it.
        let before = workflows::finished_at.lt(failed_at).assume_not_null();
        let same = workflows::finished_at.eq(failed_at).assume_not_null().and(workflows::id.lt(id));
        query = query.filter(workflows::finished_at.le(failed_at)).filter(before.or(same));
    }
    let mut rows = query.load(connection).await?;
    let next = cut(&mut rows, limit, |row| (Moment::of_row(row.failed_at()), row.id));
    Ok((complete(connection, rows).await?, next))
}

/// Adds what other tables say, in two queries for a page.
async fn complete(connection: &mut AsyncPgConnection, rows: Vec<Row>) -> Result<Vec<DeadLetter>> {
    type Found = (WorkflowId, i32, String, StepKind, i32, Option<String>);
    let found: Vec<Found> = steps::table
        .filter(steps::workflow_id.eq_any(rows.iter().map(|row| row.id)))
        .filter(steps::status.eq(StepStatus::Failed))
        .order((steps::workflow_id, steps::position))
        .select((steps::workflow_id, steps::position, steps::name, steps::kind, steps::attempt, steps::error))
        .load(connection)
        .await?;
    let mut failed: BTreeMap<WorkflowId, (i32, FailedStep)> = BTreeMap::new();
    for (id, position, name, kind, attempts, error) in found {
        failed.insert(id, (position, FailedStep { name, kind, attempts, max_attempts: DEFAULT_ATTEMPTS, error }));
    }
    let definitions: BTreeMap<(WorkflowTypeId, i32), (String, Value)> = versions::table
        .filter(versions::workflow_type.eq_any(rows.iter().map(|row| &row.workflow_type)))
        .filter(versions::version.eq_any(rows.iter().map(|row| row.type_version)))
        .select(((versions::workflow_type, versions::version), (versions::name, versions::steps)))
        .load::<((WorkflowTypeId, i32), (String, Value))>(connection)
        .await?
        .into_iter()
        .collect();
    let letter = |row: Row| {
        let (failed_at, key) = (row.failed_at(), (row.workflow_type, row.type_version));
        let (name, definition) = definitions.get(&key).cloned().unwrap_or_default();
        let step = failed.remove(&row.id).map(|(position, mut step)| {
            let said = usize::try_from(position).ok().and_then(|at| definition[at]["max_attempts"].as_i64());
            step.max_attempts = said.unwrap_or(DEFAULT_ATTEMPTS);
            step
        });
        let class = match &step {
            None => FailureClass::NotRun,
            Some(step) if i64::from(step.attempts) >= step.max_attempts => FailureClass::Exhausted,
            Some(_) => FailureClass::Final,
        };
        DeadLetter {
            workflow_id: row.id,
            workflow_type: TypeRef { id: key.0, version: key.1, name },
            domain: row.domain,
            created_at: row.created_at,
            failed_at,
            error: row.error,
            class,
            step,
        }
    };
    Ok(rows.into_iter().map(letter).collect())
}

/// How often a step is tried whose definition does not say.
const DEFAULT_ATTEMPTS: i64 = 5;
/// As many groups of errors are told.
const GROUPS: i64 = 100;

/// How many dead letters there are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Counts {
    /// All that the filter names.
    pub total: i64,
    /// Of each type, the most first.
    pub by_type: Vec<OfType>,
    /// Of each type and error, the 100 groups with the most.
    pub by_error: Vec<OfError>,
}

/// How many are of a type.
#[derive(Clone, Debug, Serialize, Queryable, ToSchema)]
pub struct OfType {
    /// Which type.
    pub workflow_type: WorkflowTypeId,
    /// How many.
    pub count: i64,
}

/// How many of a type have the same error.
#[derive(Clone, Debug, Serialize, Queryable, ToSchema)]
pub struct OfError {
    /// Which type.
    pub workflow_type: WorkflowTypeId,
    /// The error.
    pub error: Option<String>,
    /// How many.
    pub count: i64,
}

/// Counts dead letters by type and by error.
pub async fn count(connection: &mut AsyncPgConnection, filter: &Filter) -> Result<Counts> {
    let these = || workflows::table.filter(workflows::id.eq_any(failed(filter).select(workflows::id)));
    let by_type: Vec<OfType> = these()
        .group_by(workflows::workflow_type)
        .order((count_star().desc(), workflows::workflow_type))
        .select((workflows::workflow_type, count_star()))
        .load(connection)
        .await?;
    let by_error = these()
        .group_by((workflows::workflow_type, workflows::error))
        .order((count_star().desc(), workflows::workflow_type, workflows::error))
        .limit(GROUPS)
        .select((workflows::workflow_type, workflows::error, count_star()))
        .load(connection)
        .await?;
    Ok(Counts { total: by_type.iter().map(|group| group.count).sum(), by_type, by_error })
}
