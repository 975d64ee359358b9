//! The record: who did what, when and from where; and the hash chain that shows any later change of it.
//!
//! Writers add rows in their own transactions and never wait for one another. The sealer links rows afterwards, in
//! the order of (transaction id, id), and only those below the oldest transaction still running: no row can appear
//! before one that is already linked. Verification reports the unsealed tail as such.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use common::actor::{Actor, ActorKind};
use common::http::RequestContext;
use common::page::{Cursor, Limit, cut};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bytea, Jsonb, Nullable};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::{audit_log, audit_seals};

/// One act, as the record keeps it.
pub struct Act<'a> {
    /// Who.
    pub actor: Actor,
    /// What: `thing.verb_in_the_past`.
    pub action: &'a str,
    /// To what kind of thing.
    pub resource_kind: &'a str,
    /// To which one.
    pub resource_id: String,
    /// The particulars; never a secret.
    pub detail: Value,
}

/// Adds an act to the record, in the transaction of the act itself.
pub async fn record(connection: &mut AsyncPgConnection, context: &RequestContext, act: Act<'_>) -> Result<()> {
    record_all(connection, context, vec![act]).await
}

/// Adds several acts of one origin to the record.
pub async fn record_all(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    acts: Vec<Act<'_>>,
) -> Result<()> {
    let rows: Vec<_> = acts
        .into_iter()
        .map(|act| {
            (
                audit_log::actor_kind.eq(act.actor.kind()),
                audit_log::actor_id.eq(act.actor.id()),
                audit_log::action.eq(act.action.to_owned()),
                audit_log::resource_kind.eq(act.resource_kind.to_owned()),
                audit_log::resource_id.eq(act.resource_id),
                audit_log::detail.eq(act.detail),
                audit_log::address.eq(context.address.map(network)),
                audit_log::request_id.eq(context.request_id.clone()),
            )
        })
        .collect();
    diesel::insert_into(audit_log::table).values(rows).execute(connection).await?;
    Ok(())
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
    #[serde(serialize_with = "as_address")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpNet>,
    /// In which request.
    pub request_id: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn as_address<S: serde::Serializer>(network: &Option<IpNet>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    network.map(|network| network.addr()).serialize(serializer)
}

/// Rows of the record, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<i64>,
) -> Result<(Vec<Row>, Option<Cursor<i64>>)> {
    let mut rows = audit_log::table
        .filter(audit_log::id.lt(after.unwrap_or(i64::MAX)))
        .order(audit_log::id.desc())
        .limit(limit.get() + 1)
        .select(Row::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |row| row.id);
    Ok((rows, next))
}

/// A link of the chain: a row's record and what seals it.
#[derive(Clone, Debug, Serialize, QueryableByName, ToSchema)]
pub struct Link {
    /// Its place in the chain, from 1; none while unsealed.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub position: Option<i64>,
    /// The hash of the link before it.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub previous_hash: Option<Digest>,
    /// SHA-256 over the previous hash and the record's RFC 8785 form.
    #[diesel(sql_type = Nullable<Bytea>)]
    pub hash: Option<Digest>,
    /// The row.
    #[diesel(sql_type = Jsonb)]
    #[schema(value_type = Object)]
    pub record: Value,
}

impl Link {
    /// Whether the hash is what the record and the link before it make it. An unsealed row proves nothing yet.
    pub fn holds(&self) -> bool {
        let previous = self.previous_hash.unwrap_or(Digest::ZERO);
        self.hash == Some(Digest::chained(previous, &self.record))
    }
}

/// The links of one thing's acts, in the order of the record.
pub async fn links_of(connection: &mut AsyncPgConnection, resource_kind: &str, resource_id: &str) -> Result<Vec<Link>> {
    const LINKS: &str = "
        SELECT s.position, p.hash AS previous_hash, s.hash, r.record
        FROM audit_records r
        LEFT JOIN audit_seals s ON s.audit_id = r.id
        LEFT JOIN audit_seals p ON p.position = s.position - 1
        WHERE r.resource_kind = $1 AND r.resource_id = $2
        ORDER BY s.position, r.id";
    Ok(diesel::sql_query(LINKS)
        .bind::<diesel::sql_types::Text, _>(resource_kind)
        .bind::<diesel::sql_types::Text, _>(resource_id)
        .load(connection)
        .await?)
}

#[derive(QueryableByName)]
struct Unsealed {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Jsonb)]
    record: Value,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    locked: bool,
}

/// The sealer's advisory lock; any number that no other lock has.
const SEALER_LOCK: i64 = 0x636f_6465_7801;

/// Links up to `limit` rows to the chain and returns how many. One sealer works at a time; another returns 0.
pub async fn seal(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    const UNSEALED: &str = "
        SELECT r.id, r.record
        FROM audit_records r
        WHERE (r.transaction_id, r.id) > (
            SELECT transaction_id, id FROM audit_log
            WHERE id = (SELECT audit_id FROM audit_seals ORDER BY position DESC LIMIT 1)
            UNION ALL
            SELECT '0'::xid8, 0 WHERE NOT EXISTS (SELECT FROM audit_seals))
          AND r.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY r.transaction_id, r.id
        LIMIT $1";
    connection
        .transaction(async |connection| {
            let lock: Locked = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS locked")
                .bind::<BigInt, _>(SEALER_LOCK)
                .get_result(connection)
                .await?;
            if !lock.locked {
                return Ok(0);
            }
            let rows: Vec<Unsealed> =
                diesel::sql_query(UNSEALED).bind::<BigInt, _>(i64::from(limit)).load(connection).await?;
            let last: Option<(i64, Digest)> = audit_seals::table
                .order(audit_seals::position.desc())
                .select((audit_seals::position, audit_seals::hash))
                .first(connection)
                .await
                .optional()?;
            let (mut position, mut hash) = last.unwrap_or((0, Digest::ZERO));
            let seals: Vec<_> = rows
                .iter()
                .map(|row| {
                    position += 1;
                    hash = Digest::chained(hash, &row.record);
                    (audit_seals::position.eq(position), audit_seals::audit_id.eq(row.id), audit_seals::hash.eq(hash))
                })
                .collect();
            diesel::insert_into(audit_seals::table).values(seals).execute(connection).await?;
            Ok(rows.len())
        })
        .await
}

/// What checking the whole chain has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Links that hold, from the first on.
    pub sealed: i64,
    /// Rows that are not linked yet.
    pub unsealed: i64,
    /// The first thing that is not as it was sealed.
    pub fault: Option<String>,
}

/// Recomputes the chain from its first link to its last.
pub async fn verify(connection: &mut AsyncPgConnection) -> Result<Verification> {
    const BATCH: i64 = 5000;
    const LINKS: &str = "
        SELECT s.position, NULL::bytea AS previous_hash, s.hash, r.record
        FROM audit_seals s JOIN audit_records r ON r.id = s.audit_id
        WHERE s.position > $1 ORDER BY s.position LIMIT $2";
    let (mut sealed, mut previous) = (0, Digest::ZERO);
    let fault = 'chain: loop {
        let links: Vec<Link> =
            diesel::sql_query(LINKS).bind::<BigInt, _>(sealed).bind::<BigInt, _>(BATCH).load(connection).await?;
        if links.is_empty() {
            break None;
        }
        for link in links {
            if link.position != Some(sealed + 1) {
                break 'chain Some(format!("the link at position {} is missing", sealed + 1));
            }
            let hash = Digest::chained(previous, &link.record);
            if link.hash != Some(hash) {
                break 'chain Some(format!(
                    "row {} at position {} was altered after it was sealed",
                    link.record["id"],
                    sealed + 1
                ));
            }
            (sealed, previous) = (sealed + 1, hash);
        }
    };
    let all: i64 = audit_log::table.count().get_result(connection).await?;
    let links: i64 = audit_seals::table.count().get_result(connection).await?;
    Ok(Verification { sealed, unsealed: all - links, fault })
}
