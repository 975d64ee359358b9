//! Who stands in for the holder of a seat while they are away.
//!
//! A stand-in has no seat of their own in the council: however seats are filled, one person never has two votes.

use chrono::{DateTime, TimeDelta, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, DelegationId, UserId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use diesel::dsl::{now, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::lock_unchanged;
use super::seats::unable_to_vote;
use crate::audit::{self, Act};
use crate::clock;
use crate::error::Result;
use crate::identity::{authorize, revocations};
use crate::schema::{council_seats, seat_delegations as delegations, users};

/// The longest that somebody stands in, in days.
const MAX_DAYS: i64 = 90;

/// Somebody who stands in.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = delegations)]
pub struct Delegation {
    /// Names it.
    pub id: DelegationId,
    /// In which council.
    pub council_id: CouncilId,
    /// For the holder of which seat.
    pub holder_id: UserId,
    /// Who stands in.
    pub delegate_id: UserId,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Who has arranged it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A delegation to be.
pub struct NewDelegation {
    /// For the holder of which seat.
    pub holder: UserId,
    /// Who stands in.
    pub delegate: UserId,
    /// From when; at once when not said.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
}

/// Whose seat a person may vote for in a council now, their own or that of whom they stand in for; none when none.
pub(crate) async fn seat_for(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    person: UserId,
) -> Result<Option<UserId>> {
    let in_force = delegations::council_id
        .eq(council_seats::council_id)
        .and(delegations::holder_id.eq(council_seats::user_id))
        .and(delegations::starts_at.le(now))
        .and(delegations::ends_at.gt(now));
    let found: Option<(UserId, Option<UserId>)> = council_seats::table
        .left_join(delegations::table.on(in_force))
        .filter(council_seats::council_id.eq(council))
        .filter(council_seats::user_id.eq(person).or(delegations::delegate_id.eq(person)))
        .select((council_seats::user_id, delegations::delegate_id.nullable()))
        .first(connection)
        .await
        .optional()?;
    match found {
        Some((holder, Some(delegate))) if holder == person && delegate != person => {
            let message = "somebody stands in for you: end that before you vote yourself";
            Err(Problem::conflict("seat_delegated", message).into())
        }
        Some((holder, _)) => Ok(Some(holder)),
        None => Ok(None),
    }
}

/// Has somebody stand in for the holder of a seat: the holder arranges it, or an admin.
pub async fn delegate(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    council: &CouncilId,
    new: NewDelegation,
) -> Result<Delegation> {
    connection
        .transaction(async |connection| {
            let person = authorize(connection, claims, Permission::Vote).await?;
            if person.id != new.holder && person.role != Role::Admin {
                return Err(Problem::forbidden("a seat is delegated by its holder, or by an admin").into());
            }
            let seats = lock_unchanged(connection, council, None).await?.seats;
            let seated = |user: UserId| seats.iter().any(|seat| seat.user_id == user);
            if !seated(new.holder) {
                return Err(Problem::invalid_field("/holder_id", "has no seat in this council").into());
            }
            if seated(new.delegate) {
                let message = "has a seat of their own: nobody votes twice";
                return Err(Problem::invalid_field("/delegate_id", message).into());
            }
            let known: i64 = users::table.find(new.delegate).count().get_result(connection).await?;
            if known == 0 || unable_to_vote(connection, &[new.delegate]).await?.is_some() {
                let message = "must be an active user who may vote (role council_operator or admin)";
                return Err(Problem::invalid_field("/delegate_id", message).into());
            }
            let at = clock::now(connection).await?;
            let starts_at = new.starts_at.map_or(at, |start| start.max(at));
            if new.ends_at <= starts_at || new.ends_at > starts_at + TimeDelta::days(MAX_DAYS) {
                let message = format!("must be later than now and than starts_at, by at most {MAX_DAYS} days");
                return Err(Problem::invalid_field("/ends_at", message).into());
            }
            let overlapping: i64 = delegations::table
                .filter(delegations::council_id.eq(council))
                .filter(delegations::holder_id.eq(new.holder).or(delegations::delegate_id.eq(new.delegate)))
                .filter(delegations::starts_at.lt(new.ends_at))
                .filter(delegations::ends_at.gt(starts_at))
                .count()
                .get_result(connection)
                .await?;
            if overlapping > 0 {
                let message = "somebody stands in for that seat then, or that person for another: end that first";
                return Err(Problem::conflict("already_delegated", message).into());
            }
            let delegation = diesel::insert_into(delegations::table)
                .values((
                    delegations::id.eq(DelegationId::new()),
                    delegations::council_id.eq(council),
                    delegations::holder_id.eq(new.holder),
                    delegations::delegate_id.eq(new.delegate),
                    delegations::starts_at.eq(starts_at),
                    delegations::ends_at.eq(new.ends_at),
                    delegations::created_by.eq(person.id),
                ))
                .returning(Delegation::as_returning())
                .get_result(connection)
                .await?;
            let act = Act::new(Actor::User(person.id), "council.seat_delegated", "council", council);
            audit::record(connection, context, act.with(json!(delegation))).await?;
            revocations::revoke_tokens(connection, new.delegate).await?;
            Ok(delegation)
        })
        .await
}

/// Ends a delegation at once: the holder of the seat does, who stands in, or an admin.
pub async fn end(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    council: &CouncilId,
    id: DelegationId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let person = authorize(connection, claims, Permission::Vote).await?;
            let found: Option<Delegation> = delegations::table
                .find(id)
                .filter(delegations::council_id.eq(council))
                .filter(delegations::ends_at.gt(now))
                .for_update()
                .select(Delegation::as_select())
                .first(connection)
                .await
                .optional()?;
            let delegation = found.ok_or_else(|| Problem::not_found("delegation that has not ended"))?;
            if ![delegation.holder_id, delegation.delegate_id].contains(&person.id) && person.role != Role::Admin {
                let message = "a delegation is ended by the seat's holder, by who stands in, or by an admin";
                return Err(Problem::forbidden(message).into());
            }
            diesel::update(delegations::table.find(id))
                .set(delegations::ends_at.eq(earliest_end()))
                .execute(connection)
                .await?;
            let act = Act::new(Actor::User(person.id), "council.delegation_ended", "council", council);
            audit::record(connection, context, act.with(json!({"delegation_id": id}))).await
        })
        .await
}

/// The delegations of a council that have not ended, the next to end first.
pub async fn list(connection: &mut AsyncPgConnection, council: &CouncilId) -> Result<Vec<Delegation>> {
    super::find(connection, council).await?;
    Ok(delegations::table
        .filter(delegations::council_id.eq(council))
        .filter(delegations::ends_at.gt(now))
        .order((delegations::ends_at, delegations::id))
        .select(Delegation::as_select())
        .load(connection)
        .await?)
}

/// Refuses a seat to who stands in for another: they would have two votes.
pub(super) async fn refuse_if_delegate(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    person: UserId,
) -> Result<()> {
    let standing_in: i64 = delegations::table
        .filter(delegations::council_id.eq(council))
        .filter(delegations::delegate_id.eq(person))
        .filter(delegations::ends_at.gt(now))
        .count()
        .get_result(connection)
        .await?;
    if standing_in > 0 {
        let message = "the person stands in for another seat of this council: end that first";
        return Err(Problem::conflict("already_delegated", message).into());
    }
    Ok(())
}

/// Ends what the holder of a seat that is taken had arranged.
pub(super) async fn end_of_holder(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    holder: UserId,
) -> Result<()> {
    let theirs = delegations::table
        .filter(delegations::council_id.eq(council))
        .filter(delegations::holder_id.eq(holder))
        .filter(delegations::ends_at.gt(now));
    diesel::update(theirs).set(delegations::ends_at.eq(earliest_end())).execute(connection).await?;
    Ok(())
}

/// Ends all delegations of a council.
pub(super) async fn end_all(connection: &mut AsyncPgConnection, council: &CouncilId) -> Result<()> {
    let of_council =
        delegations::table.filter(delegations::council_id.eq(council)).filter(delegations::ends_at.gt(now));
    diesel::update(of_council).set(delegations::ends_at.eq(earliest_end())).execute(connection).await?;
    Ok(())
}

/// The soonest that a delegation can end: now, and one that has not begun before it does.
fn earliest_end() -> SqlLiteral<Timestamptz> {
    sql("GREATEST(now(), starts_at)")
}
