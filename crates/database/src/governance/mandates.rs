//! What councils grant in advance; see [`governance::mandate`].

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, UserId, WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use common::text::Remark;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::mandate::{Per, Terms, covers};
use governance::workflow::{Basis, ReviewOutcome, WorkflowStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::decision::{Locked, end, note};
use super::propose::{Way, way};
use super::rounds::send_back;
use super::{routing, workflow_types};
use crate::audit::{self, Act};
use crate::clock;
use crate::error::Result;
use crate::execution::{Run, hold};
use crate::identity::authorize;
use crate::schema::{council_seats, mandate_uses as uses, mandates, workflow_reviews as reviews, workflows};

/// A mandate.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = mandates)]
pub struct Mandate {
    /// Names it: the workflow that granted it.
    pub id: WorkflowId,
    /// Workflows of which type may run.
    pub workflow_type: WorkflowTypeId,
    /// What must be true of their inputs.
    pub condition: String,
    /// How many of them.
    pub max_uses: i32,
    /// In which time.
    pub per: Per,
    /// Until when.
    pub valid_until: DateTime<Utc>,
    /// The councils that granted it.
    pub councils: Vec<CouncilId>,
    /// When they did.
    pub granted_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// By whom.
    pub revoked_by: Option<UserId>,
}

/// A mandate, and what is left of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MandateView {
    /// It.
    #[serde(flatten)]
    pub mandate: Mandate,
    /// How many uses count now.
    pub used: i64,
    /// How many are left now: none once it has ended.
    pub left: i64,
}

/// The mandates that a council granted, or had a part in granting, newest first.
pub async fn of_council(connection: &mut AsyncPgConnection, council: &CouncilId) -> Result<Vec<MandateView>> {
    let found: Vec<Mandate> = mandates::table
        .filter(mandates::councils.contains(vec![council.clone()]))
        .order(mandates::granted_at.desc())
        .limit(200)
        .select(Mandate::as_select())
        .load(connection)
        .await?;
    let at = clock::now(connection).await?;
    let mut views = Vec::new();
    for mandate in found {
        let used = counting(connection, &mandate).await?;
        let over = mandate.revoked_at.is_some() || mandate.valid_until <= at;
        let left = if over { 0 } else { (i64::from(mandate.max_uses) - used).max(0) };
        views.push(MandateView { mandate, used, left });
    }
    Ok(views)
}

/// How many uses of a mandate count now.
async fn counting(connection: &mut AsyncPgConnection, mandate: &Mandate) -> Result<i64> {
    let mut query = uses::table.filter(uses::mandate_id.eq(mandate.id)).into_boxed();
    if let Some(days) = mandate.per.days() {
        // A number of ours, never a text from outside.
        let since = diesel::dsl::sql::<diesel::sql_types::Timestamptz>(&format!("now() - interval '{days} days'"));
        query = query.filter(uses::reserved_at.gt(since));
    }
    Ok(query.count().get_result(connection).await?)
}

/// A mandate in force that all these councils granted, whose condition is true of the inputs and which has uses left;
/// locked until the caller's transaction ends.
pub(super) async fn covering(
    connection: &mut AsyncPgConnection,
    workflow_type: &WorkflowTypeId,
    inputs: &Value,
    councils: &[CouncilId],
) -> Result<Option<Mandate>> {
    let in_force: Vec<Mandate> = mandates::table
        .filter(mandates::workflow_type.eq(workflow_type))
        .filter(mandates::revoked_at.is_null())
        .filter(mandates::valid_until.gt(now))
        .filter(mandates::councils.contains(councils.to_vec()))
        .order(mandates::valid_until)
        .select(Mandate::as_select())
        .load(connection)
        .await?;
    for mandate in in_force {
        if !covers(&mandate.condition, inputs) {
            continue;
        }
        let locked = lock_in_force(connection, mandate.id).await?;
        if locked && counting(connection, &mandate).await? < i64::from(mandate.max_uses) {
            return Ok(Some(mandate));
        }
    }
    Ok(None)
}

/// Locks a mandate and tells whether it is in force.
async fn lock_in_force(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<bool> {
    let found: Option<WorkflowId> = mandates::table
        .find(id)
        .filter(mandates::revoked_at.is_null())
        .filter(mandates::valid_until.gt(now))
        .for_update()
        .select(mandates::id)
        .first(connection)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// Reserves a use of a mandate that the caller's transaction has locked.
pub(super) async fn reserve(connection: &mut AsyncPgConnection, mandate: &Mandate, workflow: WorkflowId) -> Result<()> {
    diesel::insert_into(uses::table)
        .values((uses::workflow_id.eq(workflow), uses::mandate_id.eq(mandate.id)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives a use back that was reserved and not used.
pub(super) async fn give_back(connection: &mut AsyncPgConnection, workflow: WorkflowId) -> Result<()> {
    diesel::delete(uses::table.find(workflow).filter(uses::used_at.is_null())).execute(connection).await?;
    Ok(())
}

/// What a mandate says to a claim.
pub(crate) enum Claimed {
    /// The run may begin.
    Goes,
    /// The mandate has ended: the workflow waits for its councils, or was ended.
    SentBack,
}

/// Uses up what the workflow has reserved, in the claim's own transaction. A mandate that has ended meanwhile carries it
/// no longer: then its councils decide after all.
pub(crate) async fn use_up(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    workflow: &Locked,
    inputs: &Value,
) -> Result<Claimed> {
    let reserved: Option<WorkflowId> = uses::table
        .find(workflow.id)
        .filter(uses::used_at.is_null())
        .select(uses::mandate_id)
        .first(connection)
        .await
        .optional()?;
    let Some(mandate) = reserved else { return Ok(Claimed::Goes) };
    if lock_in_force(connection, mandate).await? {
        diesel::update(uses::table.find(workflow.id)).set(uses::used_at.eq(now)).execute(connection).await?;
        let detail = json!({"mandate_id": mandate});
        note(connection, context, Actor::System, workflow, "mandate_used", "workflow.mandate_used", detail).await?;
        return Ok(Claimed::Goes);
    }
    give_back(connection, workflow.id).await?;
    let (version, savings): (i32, Option<bigdecimal::BigDecimal>) = workflows::table
        .find(workflow.id)
        .select((workflows::type_version, workflows::weekly_savings))
        .first(connection)
        .await?;
    let definition = workflow_types::find(connection, &workflow.workflow_type, Some(version)).await?;
    let findings = routing::find(connection, &definition, inputs, savings.map(Into::into).as_ref()).await?;
    let row = workflows::table.find(workflow.id);
    let way = way(connection, &findings, &workflow.workflow_type, inputs).await?;
    let detail = json!({
        "mandate_id": mandate, "basis": way.beginning().1, "by": way.mandate(), "round": workflow.round,
        "reviewed_by": way.reviewed_by(), "findings": findings,
        "policies": routing::policy_digests(connection, routing::asked(&findings)).await?,
    });
    note(connection, context, Actor::System, workflow, "mandate_ended", "workflow.mandate_ended", detail).await?;
    match way {
        Way::Policy => {
            diesel::update(row).set(workflows::basis.eq(Basis::Policy)).execute(connection).await?;
            Ok(Claimed::Goes)
        }
        Way::Mandate(other) => {
            diesel::insert_into(uses::table)
                .values((uses::workflow_id.eq(workflow.id), uses::mandate_id.eq(other.id), uses::used_at.eq(now)))
                .execute(connection)
                .await?;
            Ok(Claimed::Goes)
        }
        Way::Review(reviewers) => {
            send_back(connection, workflow, workflow.round, &reviewers, None).await?;
            Ok(Claimed::SentBack)
        }
        Way::Blocked(council) => {
            let detail =
                json!({"reason": "the mandate has ended, and a policy blocks the type", "council_id": council});
            end(connection, context, Actor::System, workflow, WorkflowStatus::Cancelled, detail).await?;
            Ok(Claimed::SentBack)
        }
    }
}

/// Grants the mandate that a running workflow is: the effect of its step. Granting it again changes nothing.
pub async fn grant(connection: &mut AsyncPgConnection, run: &Run) -> Result<Value> {
    let id = run.id;
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let (inputs, round): (Value, i32) =
                workflows::table.find(id).select((workflows::inputs, workflows::round)).first(connection).await?;
            let terms: Terms = serde_json::from_value(inputs).map_err(Problem::internal)?;
            let councils: Vec<CouncilId> = reviews::table
                .filter(reviews::workflow_id.eq(id))
                .filter(reviews::round.eq(round))
                .filter(reviews::outcome.eq_any([ReviewOutcome::Approved, ReviewOutcome::Escalated]))
                .order(reviews::council_id)
                .select(reviews::council_id)
                .load(connection)
                .await?;
            let granted = diesel::insert_into(mandates::table)
                .values((
                    mandates::id.eq(id),
                    mandates::workflow_type.eq(&terms.workflow_type),
                    mandates::condition.eq(&terms.condition),
                    mandates::max_uses.eq(terms.max_uses),
                    mandates::per.eq(terms.per),
                    mandates::valid_until.eq(terms.valid_until),
                    mandates::councils.eq(&councils),
                ))
                .on_conflict_do_nothing()
                .execute(connection)
                .await?;
            if granted == 1 {
                let act = Act::new(Actor::System, "mandate.granted", "mandate", id);
                audit::record(connection, &run.context, act.with(json!({"terms": terms, "councils": councils})))
                    .await?;
            }
            Ok(json!({"mandate_id": id, "councils": councils}))
        })
        .await
}

/// Revokes a mandate at once: anybody who holds a seat in a council that granted it, or an admin. What has reserved a use
/// and not begun goes back to its councils.
pub async fn revoke(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WorkflowId,
    reason: &Remark,
) -> Result<Mandate> {
    connection
        .transaction(async |connection| {
            let person = authorize(connection, claims, Permission::Vote).await?;
            let found: Option<Mandate> = mandates::table
                .find(id)
                .for_update()
                .select(Mandate::as_select())
                .first(connection)
                .await
                .optional()?;
            let mandate = found.ok_or_else(|| Problem::not_found("mandate"))?;
            let seats: i64 = council_seats::table
                .filter(council_seats::user_id.eq(person.id))
                .filter(council_seats::council_id.eq_any(&mandate.councils))
                .count()
                .get_result(connection)
                .await?;
            if seats == 0 && person.role != Role::Admin {
                return Err(Problem::forbidden("a mandate is revoked by a council that granted it, or an admin").into());
            }
            if mandate.revoked_at.is_some() {
                return Err(Problem::conflict("already_revoked", "the mandate was revoked before").into());
            }
            let revoked = diesel::update(mandates::table.find(id))
                .set((mandates::revoked_at.eq(now), mandates::revoked_by.eq(person.id)))
                .returning(Mandate::as_returning())
                .get_result(connection)
                .await?;
            let act =
                Act::new(Actor::User(person.id), "mandate.revoked", "mandate", id).with(json!({"reason": reason}));
            audit::record(connection, context, act).await?;
            Ok(revoked)
        })
        .await
}
