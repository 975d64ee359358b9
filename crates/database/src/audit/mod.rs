//! The record: who did what, when and from where; and the hash chain that shows any later change of it.
//!
//! Writers add rows in their own transactions and never wait for one another. The sealer links rows afterwards, in
//! the order of (transaction id, id), and only those below the oldest transaction still running: no row can appear
//! before one that is already linked. Verification reports the unsealed tail as such.

mod chain;
mod checkpoint;
mod personal;
mod proof;
mod watch;

pub use chain::{Chain, Fault, Link, Verification, Witness, export, links_of, seal, verify};
pub use checkpoint::{Checkpoint, CheckpointKey, PublicKey, Segment, checkpoints, last_link, sign_next};
pub use personal::Personal;
pub use proof::{Proof, ProvenLink, prove};
pub use watch::{Tail, Watch, tail};

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use common::actor::{Actor, ActorKind};
use common::claims::Claims;
use common::http::RequestContext;
use common::page::{Cursor, Limit, cut};
use common::roles::Permission;
use common::text::Text;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Result;
use crate::identity::authorize;
use crate::schema::audit_log;

/// One act, as the record keeps it.
pub struct Act<'a> {
    actor: Actor,
    action: &'a str,
    resource_kind: &'a str,
    resource_id: String,
    detail: Value,
    personal: Option<Value>,
}

impl<'a> Act<'a> {
    /// Somebody did `thing.verb_in_the_past` to a thing of a kind.
    pub fn new(actor: Actor, action: &'a str, resource_kind: &'a str, resource_id: impl ToString) -> Self {
        let resource_id = resource_id.to_string();
        Self { actor, action, resource_kind, resource_id, detail: json!({}), personal: None }
    }

    /// The particulars; never a secret.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }

    /// Particulars that must be erasable: the record holds only a salted commitment to them.
    #[must_use]
    pub fn about(self, personal: Value) -> Self {
        Self { personal: Some(personal), ..self }
    }
}

/// Adds an act to the record, in the transaction of the act itself.
pub async fn record(connection: &mut AsyncPgConnection, context: &RequestContext, act: Act<'_>) -> Result<()> {
    // One row by itself: a statement for a list of rows is prepared anew each time.
    diesel::insert_into(audit_log::table).values(NewRow::new(context, act)).execute(connection).await?;
    Ok(())
}

/// Adds several acts of one origin to the record.
pub async fn record_all(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    acts: Vec<Act<'_>>,
) -> Result<()> {
    let rows: Vec<_> = acts.into_iter().map(|act| NewRow::new(context, act)).collect();
    diesel::insert_into(audit_log::table).values(rows).execute(connection).await?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
struct NewRow<'a> {
    actor_kind: ActorKind,
    actor_id: Option<Uuid>,
    action: &'a str,
    resource_kind: &'a str,
    resource_id: String,
    detail: Value,
    address: Option<IpNet>,
    request_id: Option<String>,
    commitment: Option<Digest>,
    salt: Option<Vec<u8>>,
    personal: Option<Value>,
}

impl<'a> NewRow<'a> {
    fn new(context: &RequestContext, act: Act<'a>) -> Self {
        let personal = act.personal.map(Personal::new);
        Self {
            actor_kind: act.actor.kind(),
            actor_id: act.actor.id(),
            action: act.action,
            resource_kind: act.resource_kind,
            resource_id: act.resource_id,
            detail: act.detail,
            address: context.address.map(network),
            request_id: context.request_id.clone(),
            commitment: personal.as_ref().map(Personal::commitment),
            salt: personal.as_ref().map(|personal| personal.salt.to_vec()),
            personal: personal.map(|personal| personal.fields),
        }
    }
}

/// An address as the `inet` type holds it.
pub(crate) fn network(address: IpAddr) -> IpNet {
    IpNet::from(address)
}

/// A row of the record.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = audit_log)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// What they did.
    pub action: String,
    /// To what kind of thing.
    pub resource_kind: String,
    /// To which one.
    pub resource_id: String,
    /// The particulars.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// From where.
    #[serde(serialize_with = "address_only")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpNet>,
    /// In which request.
    pub request_id: Option<String>,
    /// Particulars that can be erased, unless they were.
    #[schema(value_type = Option<Object>)]
    pub personal: Option<Value>,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
pub(crate) fn address_only<S: serde::Serializer>(
    network: &Option<IpNet>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    network.map(|network| network.addr()).serialize(serializer)
}

/// Which rows of the record are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this person or agent.
    pub actor_id: Option<Uuid>,
    /// Of this action, such as `session.refused`.
    pub action: Option<Text<1, 100>>,
    /// About things of this kind, such as `user`.
    pub resource_kind: Option<Text<1, 100>>,
    /// About this thing.
    pub resource_id: Option<Text<1, 200>>,
    /// From this time on (RFC 3339).
    pub from: Option<DateTime<Utc>>,
    /// Before this time (RFC 3339).
    pub to: Option<DateTime<Utc>>,
}

/// Rows of the record, newest first: by number, or by time where the filter asks for a time, which differs where the clock of
/// the server was set.
pub async fn list(
    connection: &mut AsyncPgConnection,
    filter: &Filter,
    limit: Limit,
    after: Option<i64>,
) -> Result<(Vec<Row>, Option<Cursor<i64>>)> {
    let mut query = audit_log::table.limit(limit.get() + 1).select(Row::as_select()).into_boxed();
    // By number alone, all that is newer than the filter's time would be passed.
    let by_time = filter.from.is_some() || filter.to.is_some();
    if by_time {
        query = query.order(audit_log::at.desc());
    }
    query = query.then_order_by(audit_log::id.desc());
    if let Some(after) = after {
        let last: Option<DateTime<Utc>> = if by_time {
            audit_log::table.find(after).select(audit_log::at).first(connection).await.optional()?
        } else {
            None
        };
        query = match last {
            Some(at) => query.filter(audit_log::at.le(at)).filter(audit_log::at.lt(at).or(audit_log::id.lt(after))),
            None => query.filter(audit_log::id.lt(after)),
        };
    }
    if let Some(actor) = filter.actor_id {
        query = query.filter(audit_log::actor_id.eq(actor));
    }
    if let Some(action) = &filter.action {
        query = query.filter(audit_log::action.eq(action.as_str()));
    }
    match (&filter.resource_kind, &filter.resource_id) {
        (Some(kind), _) => {
            query = query.filter(audit_log::resource_kind.eq(kind.as_str()));
            if kind.as_str() != MOST {
                // Said as the index of all the others says it.
                query = query.filter(sql::<Bool>("resource_kind <> 'workflow'"));
            }
        }
        // The index begins with the kind, and there are few of them.
        (None, Some(_)) => query = query.filter(audit_log::resource_kind.eq_any(kinds(connection).await?)),
        (None, None) => {}
    }
    if let Some(id) = &filter.resource_id {
        query = query.filter(audit_log::resource_id.eq(id.as_str()));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_log::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit_log::at.lt(to));
    }
    let mut rows = query.load(connection).await?;
    let next = cut(&mut rows, limit, |row: &Row| row.id);
    Ok((rows, next))
}

/// What nearly all rows are about.
const MOST: &str = "workflow";

/// The kinds of things that there are rows about: a step in the index for each.
async fn kinds(connection: &mut AsyncPgConnection) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Kind {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kind: String,
    }
    const KINDS: &str = "
        WITH RECURSIVE kinds AS (
            (SELECT resource_kind AS kind FROM audit_log ORDER BY resource_kind LIMIT 1)
            UNION ALL
            SELECT next.resource_kind FROM kinds CROSS JOIN LATERAL (
                SELECT resource_kind FROM audit_log WHERE resource_kind > kinds.kind ORDER BY resource_kind LIMIT 1) next)
        SELECT kind FROM kinds";
    let kinds: Vec<Kind> = diesel::sql_query(KINDS).load(connection).await?;
    Ok(kinds.into_iter().map(|row| row.kind).collect())
}

/// Erases the personal particulars of every row about a thing, in the caller's transaction. The chain holds without
/// them. Returns how many rows had some.
pub(crate) async fn erase_personal(
    connection: &mut AsyncPgConnection,
    resource_kind: &str,
    resource_id: &str,
) -> Result<usize> {
    let theirs = audit_log::table
        .filter(audit_log::resource_kind.eq(resource_kind))
        .filter(audit_log::resource_id.eq(resource_id))
        .filter(audit_log::personal.is_not_null());
    Ok(diesel::update(theirs)
        .set((audit_log::personal.eq(None::<Value>), audit_log::salt.eq(None::<Vec<u8>>)))
        .execute(connection)
        .await?)
}

/// Gives a mail up: its outbox row goes, and that it was never sent is on the record.
pub async fn record_lost_mail(connection: &mut AsyncPgConnection, id: i64, detail: Value) -> Result<()> {
    connection
        .transaction(async |connection| {
            crate::outbox::delete(connection, &[id]).await?;
            let act = Act::new(Actor::System, "mail.given_up", "mail", id).with(detail);
            record(connection, &RequestContext::default(), act).await
        })
        .await
}

/// An admin takes the record away as a file.
pub async fn record_export(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    format: &str,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::ReadAuditLog).await?;
            let act = Act::new(Actor::User(admin.id), "audit_log.exported", "audit_log", "all");
            record(connection, context, act.with(json!({"format": format}))).await
        })
        .await
}
