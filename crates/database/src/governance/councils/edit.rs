//! Changing what a council is called, what it is for, and what it answers for.

use std::collections::BTreeSet;

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, Domain};
use common::roles::Permission;
use common::text::{Name, Text};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::diff::changes;
use governance::digest::Digest;
use serde_json::json;

use super::{Council, find, lock_unchanged};
use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{council_domains, councils};

/// What changes of a council; what is not named stays.
#[derive(Default)]
pub struct Changes<'a> {
    /// What it is called.
    pub name: Option<&'a Name>,
    /// What it is for.
    pub purpose: Option<&'a Text<0, 1000>>,
    /// The domains that it is responsible for: from the next proposal on.
    pub domains: Option<&'a BTreeSet<Domain>>,
}

/// An admin changes a council; `seen` is the council as they saw it.
pub async fn edit(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: &CouncilId,
    seen: Digest,
    new: Changes<'_>,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            let before = lock_unchanged(connection, id, Some(seen)).await?;
            diesel::update(councils::table.find(id))
                .set((
                    new.name.map(|name| councils::name.eq(name.as_str())),
                    new.purpose.map(|purpose| councils::purpose.eq(purpose.as_str())),
                    councils::updated_at.eq(diesel::dsl::now),
                ))
                .execute(connection)
                .await?;
            if let Some(domains) = new.domains {
                diesel::delete(council_domains::table.filter(council_domains::council_id.eq(id)))
                    .execute(connection)
                    .await?;
                let rows: Vec<_> = domains
                    .iter()
                    .map(|domain| (council_domains::council_id.eq(id), council_domains::domain.eq(domain)))
                    .collect();
                diesel::insert_into(council_domains::table).values(rows).execute(connection).await?;
            }
            let after = find(connection, id).await?;
            let changes = changes(&json!(before), &json!(after));
            if !changes.is_empty() {
                let act = Act::new(Actor::User(admin.id), "council.changed", "council", id);
                audit::record(connection, context, act.with(json!({"changes": changes}))).await?;
            }
            Ok(after)
        })
        .await
}
