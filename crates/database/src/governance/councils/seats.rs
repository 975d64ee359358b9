//! Who sits in a council.

use std::collections::BTreeSet;

use common::actor::Actor;
use common::claims::{Claims, Seat};
use common::http::RequestContext;
use common::ids::{CouncilId, UserId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::policy::Policy;
use governance::workflow::ReviewOutcome;
use serde_json::{Value, json};

use super::{Council, delegations, find, lock, lock_unchanged};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::governance::close_reviews::recount;
use crate::identity::users::UserState;
use crate::identity::{authorize, revocations};
use crate::schema::{council_policies, council_seats, users, workflow_reviews};

pub(super) const NOT_A_VOTER: &str = "is not an active user who may vote: give them the role council_operator first";

/// Somebody among these who could not use a seat, if there is one.
pub(super) async fn unable_to_vote(connection: &mut AsyncPgConnection, people: &[UserId]) -> Result<Option<UserId>> {
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
            lock_unchanged(connection, council, None).await?;
            if !diesel::select(exists(users::table.find(user))).get_result(connection).await? {
                return Err(Problem::not_found("user").into());
            }
            if unable_to_vote(connection, &[user]).await?.is_some() {
                return Err(Problem::conflict("not_a_voter", format!("the person {NOT_A_VOTER}")).into());
            }
            delegations::refuse_if_delegate(connection, council, user).await?;
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
            recount(connection, context, Actor::User(admin.id), council).await?;
            find(connection, council).await
        })
        .await
}

/// An admin takes a person's seat in a council. Their votes in open reviews count no longer, and what the others have said
/// may be enough now. Refused when the council's
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
            let current = lock(connection, council).await?.policy_version;
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
            delegations::end_of_holder(connection, council, user).await?;
            let act = Act::new(Actor::User(admin.id), "council.seat_taken", "council", council)
                .with(json!({"user_id": user}));
            audit::record(connection, context, act).await?;
            revocations::revoke_tokens(connection, user).await?;
            recount(connection, context, Actor::User(admin.id), council).await?;
            find(connection, council).await
        })
        .await
}
