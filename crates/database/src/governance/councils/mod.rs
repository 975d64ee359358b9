//! Councils, their domains, policies and seats.

pub mod delegations;
pub mod edit;
pub mod found;
pub mod policies;
pub mod retire;
pub mod seats;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::claims::Seat;
use common::ids::{CouncilId, Domain, UserId};
use common::problem::Problem;
use common::roles::Role;
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::decide::Electorate;
use governance::digest::Digest;
use governance::policy::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::Result;
use crate::identity::users::UserState;
use crate::schema::{council_domains, council_policies, council_seats, councils, users};

text_enum! {
    /// Whether a council takes proposals.
    pub enum CouncilState {
        /// Yes.
        Active = "active",
        /// No longer.
        Retired = "retired",
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = councils)]
struct Row {
    id: CouncilId,
    name: String,
    purpose: String,
    state: CouncilState,
    is_default: bool,
    policy_version: i32,
    created_at: DateTime<Utc>,
}

/// A council as everybody may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Council {
    /// Names it.
    pub id: CouncilId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The domains that it is responsible for.
    pub domains: Vec<Domain>,
    /// Whether it takes proposals.
    pub state: CouncilState,
    /// Whether it reviews what no other council is responsible for.
    pub is_default: bool,
    /// The version of its policy in force.
    pub policy_version: i32,
    /// Its policy in force.
    pub policy: Policy,
    /// Who sits in it.
    pub seats: Vec<SeatHolder>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
}

impl Council {
    /// What changes whenever anything of the council does: the value of its `ETag`.
    pub fn version(&self) -> Digest {
        Digest::of_json(&json!(self))
    }
}

/// A person in a seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeatHolder {
    /// The person.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// What they are in the council.
    pub seat: Seat,
}

/// Which councils are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this state.
    pub state: Option<CouncilState>,
    /// Only those responsible for this domain.
    pub domain: Option<Domain>,
}

/// Councils, by id.
pub async fn list(connection: &mut AsyncPgConnection, filter: &Filter) -> Result<Vec<Council>> {
    let mut query = councils::table.order(councils::id).select(Row::as_select()).into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(councils::state.eq(state));
    }
    if let Some(domain) = &filter.domain {
        let responsible = council_domains::table.filter(council_domains::domain.eq(domain));
        query = query.filter(councils::id.eq_any(responsible.select(council_domains::council_id)));
    }
    let rows = query.load(connection).await?;
    complete(connection, rows).await
}

/// Locks a council until the caller's transaction ends: what changes it, or counts on how it is, comes one after the
/// other. Tells how it is.
async fn lock(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<Council> {
    let locked = councils::table.find(id).for_update().select(Row::as_select()).first(connection).await.optional()?;
    let row = locked.ok_or_else(|| Problem::not_found("council"))?;
    complete(connection, vec![row]).await?.pop().ok_or_else(|| Problem::not_found("council").into())
}

/// The same, of a council that takes proposals and is as whoever changes it saw it.
async fn lock_unchanged(connection: &mut AsyncPgConnection, id: &CouncilId, seen: Option<Digest>) -> Result<Council> {
    let council = lock(connection, id).await?;
    if council.state == CouncilState::Retired {
        return Err(Problem::conflict("retired", "the council is retired: it can't be changed").into());
    }
    if seen.is_some_and(|seen| seen != council.version()) {
        return Err(Problem::changed_meanwhile("council").into());
    }
    Ok(council)
}

/// One council.
pub async fn find(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<Council> {
    let row = councils::table.find(id).select(Row::as_select()).first(connection).await.optional()?;
    let row = row.ok_or_else(|| Problem::not_found("council"))?;
    complete(connection, vec![row]).await?.pop().ok_or_else(|| Problem::not_found("council").into())
}

/// Adds the domains, seats and policies, in one query each.
async fn complete(connection: &mut AsyncPgConnection, rows: Vec<Row>) -> Result<Vec<Council>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
    let mut domains: BTreeMap<CouncilId, Vec<Domain>> = BTreeMap::new();
    let pairs = council_domains::table
        .filter(council_domains::council_id.eq_any(&ids))
        .order((council_domains::council_id, council_domains::domain))
        .load::<(CouncilId, Domain)>(connection)
        .await?;
    for (council, domain) in pairs {
        domains.entry(council).or_default().push(domain);
    }
    let mut seats: BTreeMap<CouncilId, Vec<SeatHolder>> = BTreeMap::new();
    let holders = council_seats::table
        .inner_join(users::table)
        .filter(council_seats::council_id.eq_any(&ids))
        .order((council_seats::seat, users::name))
        .select((council_seats::council_id, users::id, users::name, council_seats::seat))
        .load::<(CouncilId, UserId, String, Seat)>(connection)
        .await?;
    for (council, user_id, name, seat) in holders {
        seats.entry(council).or_default().push(SeatHolder { user_id, name, seat });
    }
    let mut policies = policies_in_force(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let policy = policies.remove(&row.id).ok_or_else(|| Problem::internal("a council without a policy"))?;
            Ok(Council {
                domains: domains.remove(&row.id).unwrap_or_default(),
                seats: seats.remove(&row.id).unwrap_or_default(),
                id: row.id,
                name: row.name,
                purpose: row.purpose,
                state: row.state,
                is_default: row.is_default,
                policy_version: row.policy_version,
                policy: policy.1,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// The policies in force of these councils, with their versions.
pub(crate) async fn policies_in_force(
    connection: &mut AsyncPgConnection,
    councils: &[CouncilId],
) -> Result<BTreeMap<CouncilId, (i32, Policy)>> {
    let rows = councils::table
        .inner_join(council_policies::table.on(
            council_policies::council_id.eq(councils::id).and(council_policies::version.eq(councils::policy_version)),
        ))
        .filter(councils::id.eq_any(councils))
        .select((councils::id, council_policies::version, council_policies::policy))
        .load::<(CouncilId, i32, Value)>(connection)
        .await?;
    rows.into_iter().map(|(council, version, policy)| Ok((council, (version, read_policy(policy)?)))).collect()
}

/// A stored policy. One that can't be read is a fault of ours: it was checked when it was saved.
pub(crate) fn read_policy(policy: Value) -> Result<Policy> {
    serde_json::from_value(policy).map_err(|error| Problem::internal(error).into())
}

/// Everybody who may vote in a council now, but for those who have a part in the proposal.
pub(crate) async fn electorate(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    excluded: BTreeSet<UserId>,
) -> Result<Electorate> {
    let seats = council_seats::table
        .inner_join(users::table)
        .filter(council_seats::council_id.eq(council))
        .filter(users::state.eq(UserState::Active))
        .filter(users::role.ne(Role::Viewer))
        .select((users::id, council_seats::seat))
        .load::<(UserId, Seat)>(connection)
        .await?;
    let admins = users::table
        .filter(users::role.eq(Role::Admin))
        .filter(users::state.eq(UserState::Active))
        .select(users::id)
        .load::<UserId>(connection)
        .await?;
    Ok(Electorate { seats: seats.into_iter().collect(), admins: admins.into_iter().collect(), excluded })
}
