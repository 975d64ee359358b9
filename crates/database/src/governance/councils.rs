//! Councils, their domains, policies and seats.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::{Claims, Seat};
use common::http::RequestContext;
use common::ids::{CouncilId, Domain, UserId};
use common::problem::{FieldError, Problem};
use common::roles::{Permission, Role};
use common::text::{Name, Text};
use common::text_enum;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::decide::Electorate;
use governance::policy::Policy;
use governance::workflow::ReviewOutcome;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::users::UserState;
use crate::identity::{authorize, revocations};
use crate::schema::{council_domains, council_policies, council_seats, councils, users, workflow_reviews};

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

/// A council to be.
pub struct NewCouncil<'a> {
    /// Its id.
    pub id: &'a CouncilId,
    /// Its name.
    pub name: &'a Name,
    /// What it is for.
    pub purpose: &'a Text<0, 1000>,
    /// The domains that it will be responsible for.
    pub domains: &'a BTreeSet<Domain>,
    /// Who will sit in it.
    pub seats: &'a BTreeMap<UserId, Seat>,
    /// Its first policy.
    pub policy: &'a Policy,
}

/// Every council, by id.
pub async fn list(connection: &mut AsyncPgConnection) -> Result<Vec<Council>> {
    let rows = councils::table.order(councils::id).select(Row::as_select()).load(connection).await?;
    complete(connection, rows).await
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

const NOT_A_VOTER: &str = "is not an active user who may vote: give them the role council_operator first";

/// An admin founds a council, with its seats and its first policy.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewCouncil<'_>,
) -> Result<Council> {
    let faults = new.policy.faults(new.seats.len());
    if !faults.is_empty() {
        let fields = faults.into_iter().map(|(at, detail)| FieldError { pointer: format!("/policy{at}"), detail });
        return Err(Problem::invalid(fields.collect()).into());
    }
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            let people: Vec<_> = new.seats.keys().copied().collect();
            if let Some(user) = unable_to_vote(connection, &people).await? {
                return Err(Problem::invalid_field(format!("/seats/{user}"), NOT_A_VOTER).into());
            }
            diesel::insert_into(councils::table)
                .values((
                    councils::id.eq(new.id),
                    councils::name.eq(new.name.as_str()),
                    councils::purpose.eq(new.purpose.as_str()),
                ))
                .execute(connection)
                .await?;
            diesel::insert_into(council_policies::table)
                .values((
                    council_policies::council_id.eq(new.id),
                    council_policies::version.eq(1),
                    council_policies::policy.eq(json!(new.policy)),
                    council_policies::created_by.eq(admin.id),
                ))
                .execute(connection)
                .await?;
            let domains: Vec<_> = new
                .domains
                .iter()
                .map(|domain| (council_domains::council_id.eq(new.id), council_domains::domain.eq(domain)))
                .collect();
            diesel::insert_into(council_domains::table).values(domains).execute(connection).await?;
            let seats: Vec<_> = new
                .seats
                .iter()
                .map(|(user, seat)| {
                    (
                        council_seats::council_id.eq(new.id),
                        council_seats::user_id.eq(user),
                        council_seats::seat.eq(seat),
                    )
                })
                .collect();
            diesel::insert_into(council_seats::table).values(seats).execute(connection).await?;
            for user in new.seats.keys() {
                revocations::revoke_tokens(connection, *user).await?;
            }
            let act = Act::new(Actor::User(admin.id), "council.created", "council", new.id)
                .with(json!({"domains": new.domains, "seats": new.seats, "policy": new.policy}));
            audit::record(connection, context, act).await?;
            find(connection, new.id).await
        })
        .await
}

/// Somebody among these who could not use a seat, if there is one.
async fn unable_to_vote(connection: &mut AsyncPgConnection, people: &[UserId]) -> Result<Option<UserId>> {
    let able: BTreeSet<UserId> = users::table
        .filter(users::id.eq_any(people))
        .filter(users::state.eq(UserState::Active))
        .filter(users::role.ne(Role::Viewer))
        .select(users::id)
        .load(connection)
        .await?
        .into_iter()
        .collect();
    Ok(people.iter().copied().find(|user| !able.contains(user)))
}

/// An admin gives a person a seat in a council, or another kind of seat.
pub async fn seat(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    council: &CouncilId,
    user: UserId,
    seat: Seat,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            find(connection, council).await?;
            if !diesel::select(exists(users::table.find(user))).get_result(connection).await? {
                return Err(Problem::not_found("user").into());
            }
            if unable_to_vote(connection, &[user]).await?.is_some() {
                return Err(Problem::conflict("not_a_voter", format!("the person {NOT_A_VOTER}")).into());
            }
            diesel::insert_into(council_seats::table)
                .values((
                    council_seats::council_id.eq(council),
                    council_seats::user_id.eq(user),
                    council_seats::seat.eq(seat),
                ))
                .on_conflict((council_seats::council_id, council_seats::user_id))
                .do_update()
                .set(council_seats::seat.eq(seat))
                .execute(connection)
                .await?;
            let act = Act::new(Actor::User(admin.id), "council.seat_given", "council", council)
                .with(json!({"user_id": user, "seat": seat}));
            audit::record(connection, context, act).await?;
            revocations::revoke_tokens(connection, user).await?;
            find(connection, council).await
        })
        .await
}

/// An admin takes a person's seat in a council. Their votes in open reviews count no longer. Refused when the council's
/// policy, or the one that an open review of it is made under, could then never be met.
pub async fn unseat(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    council: &CouncilId,
    user: UserId,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            // The council's lock: two seats are not taken at once.
            let locked = councils::table.find(council).select(councils::policy_version).for_update();
            let current: Option<i32> = locked.first(connection).await.optional()?;
            let current = current.ok_or_else(|| Problem::not_found("council"))?;
            let taken = diesel::delete(council_seats::table.find((council, user))).execute(connection).await?;
            if taken == 0 {
                return Err(Problem::not_found("seat").into());
            }
            let left: i64 = council_seats::table
                .filter(council_seats::council_id.eq(council))
                .count()
                .get_result(connection)
                .await?;
            let open = workflow_reviews::table
                .filter(workflow_reviews::council_id.eq(council))
                .filter(workflow_reviews::outcome.eq(ReviewOutcome::Open))
                .select(workflow_reviews::policy_version);
            let policies: Vec<(i32, Value)> = council_policies::table
                .filter(council_policies::council_id.eq(council))
                .filter(council_policies::version.eq(current).or(council_policies::version.eq_any(open)))
                .order(council_policies::version)
                .select((council_policies::version, council_policies::policy))
                .load(connection)
                .await?;
            for (version, policy) in policies {
                let policy: Policy = serde_json::from_value(policy).map_err(Problem::internal)?;
                if let Some((_, fault)) = policy.faults(usize::try_from(left).unwrap_or(0)).into_iter().next() {
                    let which = if version == current { "the policy" } else { "an open review's policy" };
                    let message = format!("without this seat {which} could not be met: {fault}");
                    return Err(Problem::conflict("seat_needed", message).into());
                }
            }
            let act = Act::new(Actor::User(admin.id), "council.seat_taken", "council", council)
                .with(json!({"user_id": user}));
            audit::record(connection, context, act).await?;
            revocations::revoke_tokens(connection, user).await?;
            find(connection, council).await
        })
        .await
}
