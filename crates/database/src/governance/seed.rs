//! What a fresh installation begins with, put in place by its first administrator. What is there is never changed.

use std::collections::{BTreeMap, BTreeSet};

use common::claims::Seat;
use common::http::RequestContext;
use common::ids::{CouncilId, Domain, UserId};
use common::problem::Problem;
use common::roles::Role;
use common::text::{Name, Text};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::policy::Policy;

use super::councils::CouncilState;
use super::councils::found::{self, NewCouncil};
use super::workflow_types::{self, NewWorkflowType};
use crate::error::Result;
use crate::identity::users::UserState;
use crate::schema::{council_domains, councils, users, workflow_types as types};

/// What became of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sown {
    /// It was not there and is now.
    Added,
    /// Something of that id was there, as it came or as somebody made it.
    ThereAlready,
    /// Another council answers for the domain: two would both have to approve.
    AnsweredFor(Domain, CouncilId),
}

/// Founds a council with the first administrator in its chair, unless it is there or another answers for one of its
/// domains.
pub async fn sow_council(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    id: &CouncilId,
    (name, purpose): (&Name, &Text<0, 1000>),
    domains: &BTreeSet<Domain>,
    policy: &Policy,
) -> Result<Sown> {
    connection
        .transaction(async |connection| {
            let founder = first_admin(connection).await?;
            let there: i64 = councils::table.find(id).count().get_result(connection).await?;
            if there > 0 {
                return Ok(Sown::ThereAlready);
            }
            let other: Option<(Domain, CouncilId)> = council_domains::table
                .inner_join(councils::table.on(councils::id.eq(council_domains::council_id)))
                .filter(councils::state.eq(CouncilState::Active))
                .filter(council_domains::domain.eq_any(domains))
                .order((council_domains::domain, councils::id))
                .select((council_domains::domain, councils::id))
                .first(connection)
                .await
                .optional()?;
            if let Some((domain, council)) = other {
                return Ok(Sown::AnsweredFor(domain, council));
            }
            let seats = BTreeMap::from([(founder, Seat::Chair)]);
            let new = NewCouncil { id, name, purpose, domains, seats: &seats, policy };
            found::insert(connection, context, founder, &new).await?;
            Ok(Sown::Added)
        })
        .await
}

/// Adds a workflow type in the name of the first administrator, unless it is there. Its definition has been checked.
pub async fn sow_workflow_type(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    new: NewWorkflowType<'_>,
) -> Result<Sown> {
    connection
        .transaction(async |connection| {
            let author = first_admin(connection).await?;
            let there: i64 = types::table.find(new.id).count().get_result(connection).await?;
            if there > 0 {
                return Ok(Sown::ThereAlready);
            }
            workflow_types::insert(connection, context, author, &new).await?;
            Ok(Sown::Added)
        })
        .await
}

/// The administrator who has been here longest.
async fn first_admin(connection: &mut AsyncPgConnection) -> Result<UserId> {
    let found: Option<UserId> = users::table
        .filter(users::role.eq(Role::Admin))
        .filter(users::state.eq(UserState::Active))
        .order((users::created_at, users::id))
        .select(users::id)
        .first(connection)
        .await
        .optional()?;
    let nobody =
        || Problem::conflict("no_admin", "there is no administrator: create one first, with auth-service create-admin");
    found.ok_or_else(|| nobody().into())
}
