//! The versions of a council's policy.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, UserId};
use common::problem::{FieldError, Problem};
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::diff::{Change, changes};
use governance::digest::Digest;
use governance::policy::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Council, CouncilState, find, lock_unchanged, read_policy};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{council_policies, councils, users};

/// A version of a council's policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyVersion {
    /// Which, from 1.
    pub version: i32,
    /// What it says.
    pub policy: Policy,
    /// Who saved it; none of what came with the product.
    pub created_by: Option<UserId>,
    /// Their name.
    pub created_by_name: Option<String>,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// How it differs from the version before it.
    pub changes: Vec<Change>,
}

/// Refuses a policy that can't work in a council of so many seats.
pub(in crate::governance) fn check(policy: &Policy, seats: usize) -> Result<()> {
    let faults = policy.faults(seats);
    if faults.is_empty() {
        return Ok(());
    }
    let fields = faults.into_iter().map(|(at, detail)| FieldError { pointer: format!("/policy{at}"), detail });
    Err(Problem::invalid(fields.collect()).into())
}

/// Refuses a policy that escalates to nobody, or to its own council.
pub(in crate::governance) async fn check_escalation(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    policy: &Policy,
) -> Result<()> {
    let Some(to) = &policy.escalate_to else { return Ok(()) };
    let active = councils::table.find(to).filter(councils::state.eq(CouncilState::Active)).count();
    let found: i64 = active.get_result(connection).await?;
    if found == 0 || to == council {
        return Err(Problem::invalid_field("/policy/escalate_to", "must be another council that is active").into());
    }
    Ok(())
}

/// An admin gives a council another policy, from its next proposal on: open reviews keep the version that they were
/// opened under. `seen` is the council as the admin saw it.
pub async fn replace(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: &CouncilId,
    seen: Digest,
    policy: &Policy,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            let council = lock_unchanged(connection, id, Some(seen)).await?;
            check(policy, council.seats.len())?;
            check_escalation(connection, id, policy).await?;
            let changes = changes(&json!(council.policy), &json!(policy));
            if changes.is_empty() {
                return Ok(council);
            }
            let version = council.policy_version + 1;
            diesel::insert_into(council_policies::table)
                .values((
                    council_policies::council_id.eq(id),
                    council_policies::version.eq(version),
                    council_policies::policy.eq(json!(policy)),
                    council_policies::created_by.eq(admin.id),
                ))
                .execute(connection)
                .await?;
            diesel::update(councils::table.find(id))
                .set((councils::policy_version.eq(version), councils::updated_at.eq(diesel::dsl::now)))
                .execute(connection)
                .await?;
            let act = Act::new(Actor::User(admin.id), "council.policy_changed", "council", id);
            audit::record(connection, context, act.with(json!({"version": version, "changes": changes}))).await?;
            find(connection, id).await
        })
        .await
}

/// Every version of a council's policy, newest first, each with how it differs from the one before it.
pub async fn versions(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<Vec<PolicyVersion>> {
    find(connection, id).await?;
    let rows = council_policies::table
        .left_join(users::table.on(users::id.nullable().eq(council_policies::created_by)))
        .filter(council_policies::council_id.eq(id))
        .order(council_policies::version)
        .select((
            council_policies::version,
            council_policies::policy,
            council_policies::created_by,
            users::name.nullable(),
            council_policies::created_at,
        ))
        .load::<(i32, Value, Option<UserId>, Option<String>, DateTime<Utc>)>(connection)
        .await?;
    let mut versions = Vec::with_capacity(rows.len());
    let mut before: Option<Value> = None;
    for (version, stored, created_by, created_by_name, created_at) in rows {
        let policy = read_policy(stored)?;
        // As they are read now: a setting that an older version does not name has its default.
        let whole = json!(policy);
        let changes = before.map_or_else(Vec::new, |before| changes(&before, &whole));
        before = Some(whole);
        versions.push(PolicyVersion { version, policy, created_by, created_by_name, created_at, changes });
    }
    versions.reverse();
    Ok(versions)
}

/// How one version of a council's policy differs from another.
pub async fn diff(connection: &mut AsyncPgConnection, id: &CouncilId, from: i32, to: i32) -> Result<Vec<Change>> {
    let mut read = async |version: i32| -> Result<Value> {
        let stored: Option<Value> = council_policies::table
            .find((id, version))
            .select(council_policies::policy)
            .first(connection)
            .await
            .optional()?;
        let missing = || Problem::not_found("version of the policy");
        Ok(json!(read_policy(stored.ok_or_else(missing)?)?))
    };
    let (from, to) = (read(from).await?, read(to).await?);
    Ok(changes(&from, &to))
}
