//! What waits for a person's vote.

use common::claims::Claims;
use common::ids::{CouncilId, UserId, WorkflowId};
use common::roles::Role;
use diesel::dsl::{exists, not, now};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::{ReviewKind, ReviewOutcome};

use crate::error::Result;
use crate::schema::{
    agents, council_seats, seat_delegations as delegations, votes, workflow_reviews as reviews, workflows,
};

/// The newest workflows before `after` that wait for a person's vote: up to `limit`, newest first. Open reviews are few
/// and have an index of their own, so that the query begins with them, however many workflows there are.
pub(super) async fn awaiting(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    after: WorkflowId,
    limit: i64,
) -> Result<Vec<WorkflowId>> {
    let me = claims.user.id;
    let mut query = reviews::table
        .inner_join(workflows::table.on(workflows::id.eq(reviews::workflow_id)))
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .filter(reviews::deadline.gt(now).or(reviews::kind.eq(ReviewKind::Ratification)))
        .filter(reviews::workflow_id.lt(after))
        .filter(not(exists(
            votes::table
                .filter(votes::workflow_id.eq(reviews::workflow_id))
                .filter(votes::council_id.eq(reviews::council_id))
                .filter(votes::round.eq(reviews::round))
                .filter(votes::user_id.eq(me)),
        )))
        .filter(workflows::proposer_user_id.is_distinct_from(me))
        .distinct()
        .order(reviews::workflow_id.desc())
        .limit(limit)
        .select(reviews::workflow_id)
        .into_boxed();
    // Admins may vote anywhere.
    if claims.user.role != Role::Admin {
        query = query.filter(reviews::council_id.eq_any(seats_of(connection, me).await?));
    }
    let my_agents: Vec<_> =
        agents::table.filter(agents::owner_id.eq(me)).select(agents::id.nullable()).load(connection).await?;
    if !my_agents.is_empty() {
        let not_theirs = not(workflows::proposer_agent_id.eq_any(my_agents));
        query = query.filter(workflows::proposer_agent_id.is_null().or(not_theirs));
    }
    Ok(query.load(connection).await?)
}

/// The councils in which a person may vote now: where they hold a seat and nobody stands in for them, or stand in.
async fn seats_of(connection: &mut AsyncPgConnection, person: UserId) -> Result<Vec<CouncilId>> {
    let in_force = delegations::table.filter(delegations::starts_at.le(now)).filter(delegations::ends_at.gt(now));
    let delegated = in_force.filter(delegations::holder_id.eq(person)).select(delegations::council_id);
    let held = council_seats::table
        .filter(council_seats::user_id.eq(person))
        .filter(not(council_seats::council_id.eq_any(delegated)))
        .select(council_seats::council_id);
    let standing_in = in_force.filter(delegations::delegate_id.eq(person)).select(delegations::council_id);
    Ok(held.union(standing_in).load(connection).await?)
}
