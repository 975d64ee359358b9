//! Incidents: opened and closed by the health aggregator, noted by people through council-service.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::IncidentId;
use common::moment::Moment;
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::roles::Permission;
use common::text::Text;
use common::text_enum;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Text as SqlText, Timestamptz, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::incidents;

text_enum! {
    /// How bad an incident became.
    pub enum Impact {
        /// The part worked, but not as it should.
        Degraded = "degraded",
        /// The part did not work.
        Unhealthy = "unhealthy",
    }
}

/// A time in which a part was not well.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = incidents)]
pub struct Incident {
    /// Which.
    pub id: IncidentId,
    /// Which part.
    #[diesel(column_name = check_name)]
    pub check: String,
    /// How bad it became.
    pub impact: Impact,
    /// Since when it was not well.
    pub opened_at: DateTime<Utc>,
    /// Since when it is well again; null while it is not.
    pub closed_at: Option<DateTime<Utc>>,
    /// What an operator says about it.
    pub note: Option<String>,
    /// When they said it.
    pub noted_at: Option<DateTime<Utc>>,
}

/// Opens an incident of a part, or makes its open one worse.
pub async fn open(connection: &mut AsyncPgConnection, check: &str, impact: Impact, at: DateTime<Utc>) -> Result<()> {
    // It never becomes less bad than it was.
    diesel::sql_query(
        "INSERT INTO incidents (id, check_name, impact, opened_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (check_name) WHERE closed_at IS NULL DO UPDATE SET impact = 'unhealthy'
         WHERE excluded.impact = 'unhealthy' AND incidents.impact <> 'unhealthy'",
    )
    .bind::<Uuid, _>(IncidentId::new())
    .bind::<SqlText, _>(check)
    .bind::<SqlText, _>(impact)
    .bind::<Timestamptz, _>(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes the open incident of a part, if it has one.
pub async fn close(connection: &mut AsyncPgConnection, check: &str, at: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "UPDATE incidents SET closed_at = greatest($2, opened_at) WHERE check_name = $1 AND closed_at IS NULL",
    )
    .bind::<SqlText, _>(check)
    .bind::<Timestamptz, _>(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Which incidents come next: those before this one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Key(#[schema(value_type = DateTime<Utc>)] Moment, IncidentId);

/// The incidents, the newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    before: Option<Key>,
) -> Result<(Vec<Incident>, Option<Cursor<Key>>)> {
    let mut query = incidents::table.select(Incident::as_select()).into_boxed();
    if let Some(Key(opened_at, id)) = before {
        let opened_at = opened_at.get();
        let older = incidents::opened_at.lt(opened_at);
        query = query.filter(older.or(incidents::opened_at.eq(opened_at).and(incidents::id.lt(id))));
    }
    let mut found: Vec<Incident> = query
        .order((incidents::opened_at.desc(), incidents::id.desc()))
        .limit(limit.get() + 1)
        .load(connection)
        .await?;
    let next = cut(&mut found, limit, |last| Key(Moment::of_row(last.opened_at), last.id));
    Ok((found, next))
}

/// Those that are open, and those that were since a time; the newest first, no more than 100.
pub async fn recent(connection: &mut AsyncPgConnection, since: DateTime<Utc>) -> Result<Vec<Incident>> {
    Ok(incidents::table
        .filter(incidents::closed_at.is_null().or(incidents::opened_at.ge(since)))
        .order((incidents::opened_at.desc(), incidents::id.desc()))
        .limit(100)
        .select(Incident::as_select())
        .load(connection)
        .await?)
}

/// What can be said about an incident.
pub type Note = Text<0, 2000>;

/// An admin says something about an incident, in public, or takes it back. The last word counts; all are on the record.
pub async fn note(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: IncidentId,
    note: &Note,
) -> Result<Incident> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let said = Some(note.as_str().trim()).filter(|text| !text.is_empty());
            let noted: Option<Incident> = diesel::update(incidents::table.find(id))
                .set((incidents::note.eq(said), incidents::noted_by.eq(admin.id), incidents::noted_at.eq(now)))
                .returning(Incident::as_select())
                .get_result(connection)
                .await
                .optional()?;
            let noted = noted.ok_or_else(|| Problem::not_found("incident"))?;
            let act = Act::new(Actor::User(admin.id), "incident.noted", "incident", id).with(json!({"note": said}));
            audit::record(connection, context, act).await?;
            Ok(noted)
        })
        .await
}
