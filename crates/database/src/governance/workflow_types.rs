//! Workflow types and their versions.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{Domain, WorkflowTypeId};
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::roles::Permission;
use common::text::{Name, Text};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{workflow_type_versions as versions, workflow_types as types};

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
    /// Its name.
    pub name: &'a Name,
    /// What it does.
    pub description: &'a Text<0, 2000>,
    /// JSON Schema of its inputs.
    pub input_schema: &'a Value,
    /// What it consists of.
    pub steps: &'a [Step],
}

/// The current version of every type, by id.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<String>,
) -> Result<(Vec<WorkflowType>, Option<Cursor<String>>)> {
    let mut rows: Vec<WorkflowType> = types::table
        .inner_join(versions::table.on(versions::workflow_type.eq(types::id)))
        .filter(versions::version.eq(types::current_version))
        .filter(types::id.gt(after.unwrap_or_default()))
        .order(types::id)
        .limit(limit.get() + 1)
        .select(COLUMNS)
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |row| row.id.to_string());
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
            diesel::insert_into(types::table)
                .values((types::id.eq(new.id), types::domain.eq(new.domain)))
                .execute(connection)
                .await?;
            diesel::insert_into(versions::table)
                .values((
                    versions::workflow_type.eq(new.id),
                    versions::version.eq(1),
                    versions::name.eq(new.name.as_str()),
                    versions::description.eq(new.description.as_str()),
                    versions::input_schema.eq(new.input_schema),
                    versions::steps.eq(json!(new.steps)),
                    versions::created_by.eq(admin.id),
                ))
                .execute(connection)
                .await?;
            let act = Act::new(Actor::User(admin.id), "workflow_type.created", "workflow_type", new.id)
                .with(json!({"version": 1, "domain": new.domain}));
            audit::record(connection, context, act).await?;
            find(connection, new.id, None).await
        })
        .await
}
