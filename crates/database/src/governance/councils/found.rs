//! Founding a council.

use std::collections::{BTreeMap, BTreeSet};

use common::actor::Actor;
use common::claims::{Claims, Seat};
use common::http::RequestContext;
use common::ids::{CouncilId, Domain, UserId};
use common::problem::Problem;
use common::roles::Permission;
use common::text::{Name, Text};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::policy::Policy;
use serde_json::json;

use super::seats::{NOT_A_VOTER, unable_to_vote};
use super::{Council, find, policies};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::{authorize, revocations};
use crate::schema::{council_domains, council_policies, council_seats, councils};

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

/// An admin founds a council, with its seats and its first policy.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewCouncil<'_>,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            insert(connection, context, admin.id, &new).await
        })
        .await
}

/// Founds a council in the name of this admin, in the caller's transaction.
pub(in crate::governance) async fn insert(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    founder: UserId,
    new: &NewCouncil<'_>,
) -> Result<Council> {
    policies::check(new.policy, new.seats.len())?;
    policies::check_escalation(connection, new.id, new.policy).await?;
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
            council_policies::created_by.eq(founder),
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
            (council_seats::council_id.eq(new.id), council_seats::user_id.eq(user), council_seats::seat.eq(seat))
        })
        .collect();
    diesel::insert_into(council_seats::table).values(seats).execute(connection).await?;
    for user in new.seats.keys() {
        revocations::revoke_tokens(connection, *user).await?;
    }
    let act = Act::new(Actor::User(founder), "council.created", "council", new.id)
        .with(json!({"domains": new.domains, "seats": new.seats, "policy": new.policy}));
    audit::record(connection, context, act).await?;
    find(connection, new.id).await
}
