//! Workflow types and their versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, Domain, UserId, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::problem::{FieldError, Problem};
use common::roles::Permission;
use common::text::{Name, Text};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::{Step, StepKind};
use governance::diff::{Change, changes};
use governance::digest::{Digest, proposal_digest};
use governance::dry_run::{DryStep, dry_run};
use governance::mandate::MANDATE_TYPE;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::councils::CouncilState;
use super::routing;
use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{councils, users, workflow_type_versions as versions, workflow_types as types};
use crate::secrets;

/// A version of a workflow type.
#[derive(Clone, Debug, Serialize, Queryable, ToSchema)]
pub struct WorkflowType {
    /// Names the type.
    pub id: WorkflowTypeId,
    /// Which version.
    pub version: i32,
    /// The domain that its proposals belong to.
    pub domain: Domain,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its inputs.
    #[schema(value_type = Object)]
    pub input_schema: Value,
    /// What it consists of.
    #[schema(value_type = Vec<Step>)]
    pub steps: Value,
    /// Since when the version exists.
    pub created_at: DateTime<Utc>,
}

type Columns = (
    types::id,
    versions::version,
    types::domain,
    versions::name,
    versions::description,
    versions::input_schema,
    versions::steps,
    versions::created_at,
);
const COLUMNS: Columns = (
    types::id,
    versions::version,
    types::domain,
    versions::name,
    versions::description,
    versions::input_schema,
    versions::steps,
    versions::created_at,
);

/// A workflow type to be; its definition has been checked.
pub struct NewWorkflowType<'a> {
    /// Its id.
    pub id: &'a WorkflowTypeId,
    /// Its domain.
    pub domain: &'a Domain,
    /// What its first version says.
    pub content: NewContent<'a>,
}

/// What a version of a workflow type says; it has been checked.
#[derive(Clone, Copy, Serialize)]
pub struct NewContent<'a> {
    /// What it is called.
    pub name: &'a Name,
    /// What it does.
    pub description: &'a Text<0, 2000>,
    /// JSON Schema of its inputs.
    pub input_schema: &'a Value,
    /// What it consists of.
    pub steps: &'a [Step],
}

impl WorkflowType {
    /// What changes whenever anything of the type does: the value of its `ETag`.
    pub fn tag(&self) -> Digest {
        Digest::of_json(&json!(self))
    }

    /// What a version says, to be compared with another.
    fn content(&self) -> Value {
        json!({
            "name": self.name, "description": self.description, "input_schema": self.input_schema, "steps": self.steps,
        })
    }
}

/// The current version of every type, or of those of a domain, by id.
pub async fn list(
    connection: &mut AsyncPgConnection,
    domain: Option<&Domain>,
    limit: Limit,
    after: Option<WorkflowTypeId>,
) -> Result<(Vec<WorkflowType>, Option<Cursor<WorkflowTypeId>>)> {
    let mut query = types::table
        .inner_join(versions::table.on(versions::workflow_type.eq(types::id)))
        .filter(versions::version.eq(types::current_version))
        .filter(types::id.gt(after.map(String::from).unwrap_or_default()))
        .order(types::id)
        .limit(limit.get() + 1)
        .select(COLUMNS)
        .into_boxed();
    if let Some(domain) = domain {
        query = query.filter(types::domain.eq(domain));
    }
    let mut rows: Vec<WorkflowType> = query.load(connection).await?;
    let next = cut(&mut rows, limit, |row| row.id.clone());
    Ok((rows, next))
}

/// A version of a type, the current one when none is named.
pub async fn find(
    connection: &mut AsyncPgConnection,
    id: &WorkflowTypeId,
    version: Option<i32>,
) -> Result<WorkflowType> {
    let mut query = types::table
        .inner_join(versions::table.on(versions::workflow_type.eq(types::id)))
        .filter(types::id.eq(id))
        .select(COLUMNS)
        .into_boxed();
    query = match version {
        Some(version) => query.filter(versions::version.eq(version)),
        None => query.filter(versions::version.eq(types::current_version)),
    };
    let found = query.first(connection).await.optional()?;
    found.ok_or_else(|| Problem::not_found("workflow type or version").into())
}

/// An admin adds a workflow type.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewWorkflowType<'_>,
) -> Result<WorkflowType> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWorkflowTypes).await?;
            insert(connection, context, admin.id, &new).await
        })
        .await
}

/// Adds a workflow type in the name of this admin, in the caller's transaction.
pub(super) async fn insert(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    author: UserId,
    new: &NewWorkflowType<'_>,
) -> Result<WorkflowType> {
    diesel::insert_into(types::table)
        .values((types::id.eq(new.id), types::domain.eq(new.domain)))
        .execute(connection)
        .await?;
    add_version(connection, new.id, 1, author, &new.content).await?;
    let act = Act::new(Actor::User(author), "workflow_type.created", "workflow_type", new.id)
        .with(json!({"version": 1, "domain": new.domain}));
    audit::record(connection, context, act).await?;
    find(connection, new.id, None).await
}

/// An admin gives a type another version: proposals that were made keep the one that they were made by. `seen` is the
/// type as the admin saw it; content that is the same makes no version.
pub async fn replace(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: &WorkflowTypeId,
    seen: &str,
    new: NewContent<'_>,
) -> Result<WorkflowType> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditWorkflowTypes).await?;
            let locked: Option<i32> =
                types::table.find(id).for_update().select(types::current_version).first(connection).await.optional()?;
            let version = locked.ok_or_else(|| Problem::not_found("workflow type"))?;
            if id.as_str() == MANDATE_TYPE {
                let message = "this type comes with the product: it can't be changed";
                return Err(Problem::conflict("built_in", message).into());
            }
            let before = find(connection, id, Some(version)).await?;
            if before.tag().to_string() != seen {
                return Err(Problem::changed_meanwhile("workflow type").into());
            }
            let changes = changes(&before.content(), &json!(new));
            if changes.is_empty() {
                return Ok(before);
            }
            let version = version + 1;
            add_version(connection, id, version, admin.id, &new).await?;
            diesel::update(types::table.find(id)).set(types::current_version.eq(version)).execute(connection).await?;
            let act = Act::new(Actor::User(admin.id), "workflow_type.changed", "workflow_type", id);
            audit::record(connection, context, act.with(json!({"version": version, "changes": changes}))).await?;
            find(connection, id, None).await
        })
        .await
}

async fn add_version(
    connection: &mut AsyncPgConnection,
    id: &WorkflowTypeId,
    version: i32,
    admin: UserId,
    content: &NewContent<'_>,
) -> Result<()> {
    secrets::hold_for(connection, content.steps).await?;
    require_councils(connection, content.steps).await?;
    diesel::insert_into(versions::table)
        .values((
            versions::workflow_type.eq(id),
            versions::version.eq(version),
            versions::name.eq(content.name.as_str()),
            versions::description.eq(content.description.as_str()),
            versions::input_schema.eq(content.input_schema),
            versions::steps.eq(json!(content.steps)),
            versions::created_by.eq(admin),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Refuses steps that ask councils which are not there, or are retired.
async fn require_councils(connection: &mut AsyncPgConnection, steps: &[Step]) -> Result<()> {
    let named = steps.iter().enumerate().filter(|(_, step)| step.kind == StepKind::Approval);
    let named: Vec<(usize, CouncilId)> =
        named.filter_map(|(index, step)| Some((index, step.with["council"].as_str()?.parse().ok()?))).collect();
    if named.is_empty() {
        return Ok(());
    }
    let active: Vec<CouncilId> = councils::table
        .filter(councils::id.eq_any(named.iter().map(|(_, council)| council)))
        .filter(councils::state.eq(CouncilState::Active))
        .select(councils::id)
        .load(connection)
        .await?;
    let missing = named.into_iter().filter(|(_, council)| !active.contains(council));
    let faults: Vec<_> = missing
        .map(|(index, council)| FieldError {
            pointer: format!("/steps/{index}/with/council"),
            detail: format!("there is no active council {council}"),
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults).into()) }
}

/// How a version of a type came to be; `GET /api/workflow-types/{id}?version=` shows what it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Edition {
    /// Which version.
    pub version: i32,
    /// What the type was called in it.
    pub name: String,
    /// Who saved it; none of what came with the product.
    pub created_by: Option<UserId>,
    /// Their name.
    pub created_by_name: Option<String>,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// How it differs from the version before it.
    pub changes: Vec<Change>,
}

/// The versions of a type, newest first, each with how it differs from the one before it.
pub async fn editions(
    connection: &mut AsyncPgConnection,
    id: &WorkflowTypeId,
    limit: Limit,
    before: Option<i32>,
) -> Result<(Vec<Edition>, Option<Cursor<i32>>)> {
    find(connection, id, None).await?;
    // One more than are shown: what the last of them differs from, which also tells whether there are more.
    let rows: Vec<(WorkflowType, Option<UserId>, Option<String>)> = types::table
        .inner_join(versions::table.on(versions::workflow_type.eq(types::id)))
        .left_join(users::table.on(users::id.nullable().eq(versions::created_by)))
        .filter(types::id.eq(id))
        .filter(versions::version.lt(before.unwrap_or(i32::MAX)))
        .order(versions::version.desc())
        .limit(limit.get() + 1)
        .select((COLUMNS, versions::created_by, users::name.nullable()))
        .load(connection)
        .await?;
    let contents: Vec<_> = rows.iter().map(|(version, ..)| version.content()).collect();
    let mut editions: Vec<_> = rows
        .into_iter()
        .zip(&contents)
        .enumerate()
        .map(|(index, ((version, created_by, created_by_name), content))| Edition {
            version: version.version,
            name: version.name,
            created_by,
            created_by_name,
            created_at: version.created_at,
            changes: contents.get(index + 1).map_or_else(Vec::new, |before| changes(before, content)),
        })
        .collect();
    let next = cut(&mut editions, limit, |edition| edition.version);
    Ok((editions, next))
}

/// What a proposal of a type would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rehearsal {
    /// Which type.
    pub workflow_type: WorkflowTypeId,
    /// Which version of it.
    pub version: i32,
    /// The digest that a proposal with these inputs would have.
    pub digest: Digest,
    /// Whether every step could be rendered as far as it is known.
    pub is_sound: bool,
    /// What each step would do.
    pub steps: Vec<DryStep>,
}

/// A version of a type, the current one when none is named, and inputs that fit its schema.
pub async fn find_for(
    connection: &mut AsyncPgConnection,
    id: &WorkflowTypeId,
    version: Option<i32>,
    inputs: &Value,
) -> Result<WorkflowType> {
    let definition = routing::definition(connection, id, version, inputs).await?;
    if id.as_str() == MANDATE_TYPE {
        routing::terms_of_mandate(connection, inputs).await?;
    }
    Ok(definition)
}

impl WorkflowType {
    /// Renders every step with inputs that fit, and with examples of what its calls answer. Nothing is called.
    pub fn rehearse(&self, inputs: &Value, outputs: &BTreeMap<String, Value>) -> Result<Rehearsal> {
        let steps: Vec<Step> = serde_json::from_value(self.steps.clone()).map_err(Problem::internal)?;
        let field = |(pointer, detail)| FieldError { pointer, detail };
        let steps = dry_run(&steps, inputs, outputs)
            .map_err(|faults| Problem::invalid(faults.into_iter().map(field).collect()))?;
        Ok(Rehearsal {
            workflow_type: self.id.clone(),
            version: self.version,
            digest: proposal_digest(&self.id, self.version, &self.input_schema, &self.steps, inputs),
            is_sound: steps.iter().all(|step| step.errors.is_empty()),
            steps,
        })
    }
}
