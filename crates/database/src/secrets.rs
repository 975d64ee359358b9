//! Secrets of steps. Admins look after them through council-service; workflow-worker reads them when a step needs them.
//! Nothing here sees a value in clear.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{SecretName, UserId, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::problem::{FieldError, Problem};
use common::roles::Permission;
use common::text::Text;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Text as SqlText};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use governance::secrets::{missing, used};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{secrets, users};

/// There are no more: each type that is saved is checked against all of them.
const MOST: i64 = 500;

/// What is known of a secret. Its value is not: nobody reads it back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Secret {
    /// What definitions call it: `secrets.<name>`.
    pub name: SecretName,
    /// How often it was set.
    pub version: i32,
    /// What it is for.
    pub description: String,
    /// Who set it.
    pub set_by: UserId,
    /// Their name.
    pub set_by_name: String,
    /// When.
    pub set_at: DateTime<Utc>,
    /// The workflow types that use it: in their current version, or in one of a workflow that has not ended.
    pub used_by: BTreeSet<WorkflowTypeId>,
}

type Row = (SecretName, i32, String, UserId, String, DateTime<Utc>);
type Columns = (secrets::name, secrets::version, secrets::description, secrets::set_by, users::name, secrets::set_at);
const COLUMNS: Columns =
    (secrets::name, secrets::version, secrets::description, secrets::set_by, users::name, secrets::set_at);

impl Secret {
    fn new((name, version, description, set_by, set_by_name, set_at): Row, uses: &mut Uses) -> Self {
        let used_by = uses.remove(&name).unwrap_or_default();
        Self { name, version, description, set_by, set_by_name, set_at, used_by }
    }

    /// What changes whenever the secret is set: the value of its `ETag`.
    pub fn tag(&self) -> String {
        // A secret that was deleted and set again begins with version 1 once more.
        format!("{}-{}", self.version, self.set_at.timestamp_micros())
    }
}

/// The secrets, by name.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<SecretName>,
) -> Result<(Vec<Secret>, Option<Cursor<SecretName>>)> {
    let mut rows: Vec<Row> = secrets::table
        .inner_join(users::table)
        .filter(secrets::name.gt(after.map(String::from).unwrap_or_default()))
        .order(secrets::name)
        .limit(limit.get() + 1)
        .select(COLUMNS)
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |(name, ..)| name.clone());
    let mut uses = uses(connection).await?;
    Ok((rows.into_iter().map(|row| Secret::new(row, &mut uses)).collect(), next))
}

/// A secret to be.
pub struct NewSecret<'a> {
    /// What definitions call it.
    pub name: &'a SecretName,
    /// Its value, encrypted for this name.
    pub ciphertext: &'a [u8],
    /// What it is for; that of one that is there stays when not said.
    pub description: Option<&'a Text<0, 200>>,
}

/// An admin sets a secret, or replaces one; every step that begins from now on uses the new value. `seen` is the tag of
/// the one that the admin saw, if they say so.
pub async fn set(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewSecret<'_>,
    seen: Option<&str>,
) -> Result<Secret> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSecrets).await?;
            let before = lock(connection, new.name).await?;
            if seen.is_some_and(|seen| before.as_ref().map(Secret::tag).as_deref() != Some(seen)) {
                return Err(Problem::changed_meanwhile("secret").into());
            }
            let description = new.description.map(Text::as_str);
            if before.is_some() {
                diesel::update(secrets::table.find(new.name))
                    .set((
                        secrets::ciphertext.eq(new.ciphertext),
                        secrets::version.eq(secrets::version + 1),
                        description.map(|description| secrets::description.eq(description)),
                        secrets::set_by.eq(admin.id),
                        secrets::set_at.eq(now),
                    ))
                    .execute(connection)
                    .await?;
            } else {
                refuse_more(connection).await?;
                diesel::insert_into(secrets::table)
                    .values((
                        secrets::name.eq(new.name),
                        secrets::ciphertext.eq(new.ciphertext),
                        secrets::description.eq(description.unwrap_or_default()),
                        secrets::set_by.eq(admin.id),
                    ))
                    .execute(connection)
                    .await?;
            }
            let set =
                lock(connection, new.name).await?.ok_or_else(|| Problem::internal("a secret that was not set"))?;
            let detail = json!({"version": set.version, "description": description});
            note(connection, context, admin.id, "secret.set", new.name, detail).await?;
            Ok(set)
        })
        .await
}

/// An admin deletes a secret that nothing uses.
pub async fn delete(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    name: &SecretName,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditSecrets).await?;
            let secret = lock(connection, name).await?.ok_or_else(|| Problem::not_found("secret"))?;
            if !secret.used_by.is_empty() {
                let types: Vec<_> = secret.used_by.iter().map(WorkflowTypeId::as_str).collect();
                let message = format!("{} needs it: give that type a version without it first", types.join(", "));
                return Err(Problem::conflict("secret_in_use", message).into());
            }
            diesel::delete(secrets::table.find(name)).execute(connection).await?;
            note(connection, context, admin.id, "secret.deleted", name, json!({"version": secret.version})).await
        })
        .await
}

async fn lock(connection: &mut AsyncPgConnection, name: &SecretName) -> Result<Option<Secret>> {
    secrets::table.find(name).for_update().select(secrets::version).first::<i32>(connection).await.optional()?;
    let row: Option<Row> = secrets::table
        .inner_join(users::table)
        .filter(secrets::name.eq(name))
        .select(COLUMNS)
        .first(connection)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Secret::new(row, &mut uses(connection).await?)))
}

async fn refuse_more(connection: &mut AsyncPgConnection) -> Result<()> {
    let there: i64 = secrets::table.count().get_result(connection).await?;
    if there < MOST {
        return Ok(());
    }
    let message = format!("there are {there} secrets, as many as there may be: delete one first");
    Err(Problem::conflict("too_many_secrets", message).into())
}

async fn note(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    admin: UserId,
    action: &str,
    name: &SecretName,
    detail: Value,
) -> Result<()> {
    audit::record(connection, context, Act::new(Actor::User(admin), action, "secret", name).with(detail)).await
}

type Uses = BTreeMap<SecretName, BTreeSet<WorkflowTypeId>>;

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = SqlText)]
    workflow_type: WorkflowTypeId,
    #[diesel(sql_type = Jsonb)]
    steps: Value,
}

/// Which types need which secrets.
async fn uses(connection: &mut AsyncPgConnection) -> Result<Uses> {
    // A definition without the word has no secret, and most have none: only the others are read.
    const DEFINITIONS: &str = "
        SELECT v.workflow_type, v.steps
        FROM workflow_type_versions v JOIN workflow_types t ON t.id = v.workflow_type
        WHERE v.steps::text LIKE '%secrets%' AND (v.version = t.current_version OR EXISTS (
            SELECT FROM workflows w
            WHERE w.status IN ('pending_review', 'approved', 'queued', 'running')
                AND w.workflow_type = v.workflow_type AND w.type_version = v.version))";
    let definitions: Vec<Definition> = diesel::sql_query(DEFINITIONS).load(connection).await?;
    let mut uses = Uses::new();
    for Definition { workflow_type, steps } in definitions {
        let steps: Vec<Step> = serde_json::from_value(steps).map_err(Problem::internal)?;
        for name in used(&steps) {
            uses.entry(name).or_default().insert(workflow_type.clone());
        }
    }
    Ok(uses)
}

/// Refuses steps that name a secret which is not set, and keeps those that they name from being deleted until the
/// caller's transaction ends.
pub(crate) async fn hold_for(connection: &mut AsyncPgConnection, steps: &[Step]) -> Result<()> {
    let names = used(steps);
    if names.is_empty() {
        return Ok(());
    }
    let known: Vec<SecretName> =
        secrets::table.filter(secrets::name.eq_any(&names)).for_share().select(secrets::name).load(connection).await?;
    let field = |(pointer, detail)| FieldError { pointer, detail };
    let faults: Vec<_> = missing(steps, &known.into_iter().collect()).into_iter().map(field).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults).into()) }
}

/// The encrypted values of those of these secrets that there are.
pub async fn sealed(
    connection: &mut AsyncPgConnection,
    names: &BTreeSet<SecretName>,
) -> Result<Vec<(SecretName, Vec<u8>)>> {
    let found = secrets::table.filter(secrets::name.eq_any(names)).select((secrets::name, secrets::ciphertext));
    Ok(found.load(connection).await?)
}
