//! The hash chain over the record: its links, their sealing, their export and their check.

use std::collections::BTreeMap;
use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bytea, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Checkpoint, Filter, Personal, PublicKey};
use crate::error::Result;
use crate::schema::{audit_checkpoints, audit_log, audit_seals};

/// A link of the chain: a row's record and what seals it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its place in the chain, from 1; none while unsealed.
    pub position: Option<i64>,
    /// The hash of the link before it.
    #[schema(value_type = Option<String>)]
    pub previous_hash: Option<Digest>,
    /// SHA-256 over the previous hash and the record's RFC 8785 form.
    #[schema(value_type = Option<String>)]
    pub hash: Option<Digest>,
    /// The row.
    #[schema(value_type = Object)]
    pub record: Value,
    /// What the record only commits to, unless it was erased; for admins alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub personal: Option<Personal>,
}

impl Link {
    /// Whether the hash is what the record and the link before it make it. An unsealed row proves nothing yet.
    pub fn holds(&self) -> bool {
        let previous = self.previous_hash.unwrap_or(Digest::ZERO);
        self.hash == Some(Digest::chained(previous, &self.record)) && self.keeps_its_word()
    }

    /// Whether the personal particulars, if they are here, are those that the record commits to.
    fn keeps_its_word(&self) -> bool {
        let commitment = self.record.get("personal").and_then(Value::as_str);
        self.personal.as_ref().is_none_or(|personal| commitment == Some(&personal.commitment().to_string()))
    }

    fn id(&self) -> &Value {
        &self.record["id"]
    }
}

#[derive(QueryableByName)]
struct LinkRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    position: Option<i64>,
    #[diesel(sql_type = Nullable<Bytea>)]
    previous_hash: Option<Digest>,
    #[diesel(sql_type = Nullable<Bytea>)]
    hash: Option<Digest>,
    /// The row that the seal names; of an unsealed row, its own.
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<Jsonb>)]
    record: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    personal: Option<Value>,
    #[diesel(sql_type = Nullable<Bytea>)]
    salt: Option<Vec<u8>>,
}

impl LinkRow {
    fn into_link(self) -> Link {
        let salt = self.salt.and_then(|salt| salt.try_into().ok());
        let personal = self.personal.zip(salt).map(|(fields, salt)| Personal { salt, fields });
        let (position, previous_hash, hash) = (self.position, self.previous_hash, self.hash);
        Link { position, previous_hash, hash, record: self.record.unwrap_or_default(), personal }
    }
}

/// The links of one thing's acts, in the order in which they were done, without what is personal.
pub async fn links_of(connection: &mut AsyncPgConnection, resource_kind: &str, resource_id: &str) -> Result<Vec<Link>> {
    const LINKS: &str = "
        SELECT s.position, p.hash AS previous_hash, s.hash, r.id, r.record,
            NULL::jsonb AS personal, NULL::bytea AS salt
        FROM audit_records r
        LEFT JOIN audit_seals s ON s.audit_id = r.id
        LEFT JOIN audit_seals p ON p.position = s.position - 1
        WHERE r.resource_kind = $1 AND r.resource_id = $2
        ORDER BY (r.record -> 'sequence')::bigint NULLS FIRST, s.position, r.id";
    let rows: Vec<LinkRow> = diesel::sql_query(LINKS)
        .bind::<SqlText, _>(resource_kind)
        .bind::<SqlText, _>(resource_id)
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(LinkRow::into_link).collect())
}

/// A part of the record for who takes it away: sealed rows after `position`, oldest first.
pub async fn export(
    connection: &mut AsyncPgConnection,
    filter: &Filter,
    position: i64,
    limit: i64,
) -> Result<Vec<Link>> {
    const LINKS: &str = "
        SELECT s.position, p.hash AS previous_hash, s.hash, l.id, r.record, l.personal, l.salt
        FROM audit_seals s
        JOIN audit_log l ON l.id = s.audit_id
        JOIN audit_records r ON r.id = s.audit_id
        LEFT JOIN audit_seals p ON p.position = s.position - 1
        WHERE s.position > $1
          AND ($3 IS NULL OR l.actor_id = $3) AND ($4 IS NULL OR l.action = $4)
          AND ($5 IS NULL OR l.resource_kind = $5) AND ($6 IS NULL OR l.resource_id = $6)
          AND ($7 IS NULL OR l.at >= $7) AND ($8 IS NULL OR l.at < $8)
        ORDER BY s.position LIMIT $2";
    let Some(position) = before_the_first(connection, filter, position).await? else { return Ok(Vec::new()) };
    let rows: Vec<LinkRow> = diesel::sql_query(LINKS)
        .bind::<BigInt, _>(position)
        .bind::<BigInt, _>(limit)
        .bind::<Nullable<SqlUuid>, _>(filter.actor_id)
        .bind::<Nullable<SqlText>, _>(filter.action.as_ref().map(common::text::Text::as_str))
        .bind::<Nullable<SqlText>, _>(filter.resource_kind.as_ref().map(common::text::Text::as_str))
        .bind::<Nullable<SqlText>, _>(filter.resource_id.as_ref().map(common::text::Text::as_str))
        .bind::<Nullable<Timestamptz>, _>(filter.from)
        .bind::<Nullable<Timestamptz>, _>(filter.to)
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(LinkRow::into_link).collect())
}

/// How many links are passed in search of one of the filter's time, before it is looked up by time.
const PASSED: i64 = 2000;

/// From where on, after `position`, there are links of the time that the filter begins with; none when there are none. Without
/// this, an export of last week would begin with passing all the years before.
async fn before_the_first(connection: &mut AsyncPgConnection, filter: &Filter, position: i64) -> Result<Option<i64>> {
    // The clock of the server may have been set, so the first by time need not be the first of the chain. OFFSET 0 has PostgreSQL read
    // the rows of that time: for the smallest position alone it would go along the chain until it meets one.
    const FIRST: &str = "
        SELECT min(position) AS position
        FROM (
            SELECT s.position FROM audit_log l JOIN audit_seals s ON s.audit_id = l.id
            WHERE l.at >= $2 AND ($3 IS NULL OR l.at < $3) AND s.position > $1
            OFFSET 0) sealed";
    let Some(from) = filter.from else { return Ok(Some(position)) };
    let sealed = audit_seals::table.inner_join(audit_log::table.on(audit_log::id.eq(audit_seals::audit_id)));
    let near: Option<i64> = sealed
        .filter(audit_seals::position.gt(position))
        .filter(audit_seals::position.le(position + PASSED))
        .filter(audit_log::at.ge(from))
        .select(audit_seals::position)
        .first(connection)
        .await
        .optional()?;
    if near.is_some() {
        return Ok(Some(position));
    }
    let First { position } = diesel::sql_query(FIRST)
        .bind::<BigInt, _>(position)
        .bind::<Timestamptz, _>(from)
        .bind::<Nullable<Timestamptz>, _>(filter.to)
        .get_result(connection)
        .await?;
    Ok(position.map(|first| first - 1))
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = Nullable<BigInt>)]
    position: Option<i64>,
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
    // Three arrays: a statement with a thousand rows of values takes PostgreSQL longer to read than to do.
    const SEALS: &str = "
        INSERT INTO audit_seals (position, audit_id, hash) SELECT * FROM unnest($1, $2, $3)";
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
            let (mut position, mut hash) = super::last_link(connection).await?.unwrap_or((0, Digest::ZERO));
            let (mut positions, mut ids, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
            for row in &rows {
                position += 1;
                hash = Digest::chained(hash, &row.record);
                positions.push(position);
                ids.push(row.id);
                hashes.push(hash);
            }
            diesel::sql_query(SEALS)
                .bind::<Array<BigInt>, _>(positions)
                .bind::<Array<BigInt>, _>(ids)
                .bind::<Array<Bytea>, _>(hashes)
                .execute(connection)
                .await?;
            Ok(rows.len())
        })
        .await
}

/// The first thing that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A row says something else now.
    #[error("row {id} at position {position} was altered after it was sealed")]
    Altered {
        /// The row.
        id: Value,
        /// Its place.
        position: i64,
    },
    /// A row's personal particulars are not those that it commits to.
    #[error("the personal particulars of row {id} at position {position} were altered")]
    PersonalAltered {
        /// The row.
        id: Value,
        /// Its place.
        position: i64,
    },
    /// A row is gone.
    #[error("{} at position {position} was removed", .id.map_or_else(|| "the row".to_owned(), |id| format!("row {id}")))]
    Removed {
        /// The row, where its seal tells.
        id: Option<i64>,
        /// Its place.
        position: i64,
    },
    /// A row was put where the chain had passed.
    #[error("row {id} was inserted into what was sealed already")]
    Inserted {
        /// The row.
        id: Value,
    },
    /// The newest rows are gone.
    #[error("the record was cut off: a checkpoint was signed at position {signed}, but the chain ends at {end}")]
    CutOff {
        /// Where a checkpoint was signed.
        signed: i64,
        /// Where the chain ends.
        end: i64,
    },
    /// The whole chain is another one.
    #[error("the chain was rewritten: at position {position} it is not what the checkpoint says")]
    Rewritten {
        /// Where a checkpoint was signed.
        position: i64,
    },
    /// A checkpoint was not signed by the key that should have.
    #[error("the checkpoint at position {position} is not signed by the expected key")]
    Forged {
        /// Where it says to be.
        position: i64,
    },
}

/// What a check may lean on that is not in what is checked.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// The key that checkpoints must be signed by; without it their signatures are not looked at.
    pub public_key: Option<PublicKey>,
    /// A checkpoint that was kept elsewhere.
    pub kept: Option<Checkpoint>,
}

/// Goes along a chain from its first link on and stops at the first fault.
#[derive(Clone, Default)]
pub struct Chain {
    /// How many links hold, from the first on.
    pub sealed: i64,
    hash: Digest,
    /// What is still ahead: positions, and the hashes that the links there must have.
    expected: BTreeMap<i64, Digest>,
}

impl Chain {
    /// Begins, with all checkpoints that the chain must agree with.
    pub fn new(
        witness: &Witness,
        checkpoints: impl IntoIterator<Item = Checkpoint>,
    ) -> std::result::Result<Self, Fault> {
        let mut chain = Self::default();
        for checkpoint in checkpoints.into_iter().chain(witness.kept.clone()) {
            if witness.public_key.as_ref().is_some_and(|key| !checkpoint.is_signed_by(key)) {
                return Err(Fault::Forged { position: checkpoint.position });
            }
            chain.expect(checkpoint.position, checkpoint.hash)?;
        }
        Ok(chain)
    }

    /// The link at a position ahead must have this hash.
    pub(super) fn expect(&mut self, position: i64, hash: Digest) -> std::result::Result<(), Fault> {
        match self.expected.insert(position, hash) {
            Some(other) if other != hash => Err(Fault::Rewritten { position }),
            _ => Ok(()),
        }
    }

    /// The hash of the last link that holds.
    pub(super) const fn hash(&self) -> Digest {
        self.hash
    }

    /// Takes the next sealed link.
    pub fn next(&mut self, link: &Link) -> std::result::Result<(), Fault> {
        let expected = self.sealed + 1;
        let position = link.position.unwrap_or(expected);
        if position > expected {
            return Err(Fault::Removed { id: None, position: expected });
        }
        if position < expected {
            return Err(Fault::Inserted { id: link.id().clone() });
        }
        let hash = Digest::chained(self.hash, &link.record);
        if link.hash != Some(hash) || link.previous_hash.is_some_and(|previous| previous != self.hash) {
            return Err(Fault::Altered { id: link.id().clone(), position });
        }
        if !link.keeps_its_word() {
            return Err(Fault::PersonalAltered { id: link.id().clone(), position });
        }
        if self.expected.remove(&position).is_some_and(|expected| expected != hash) {
            return Err(Fault::Rewritten { position });
        }
        (self.sealed, self.hash) = (position, hash);
        Ok(())
    }

    /// Ends: every checkpoint must have been passed.
    pub fn end(&self) -> std::result::Result<(), Fault> {
        match self.expected.last_key_value() {
            Some((&signed, _)) if signed > self.sealed => Err(Fault::CutOff { signed, end: self.sealed }),
            _ => Ok(()),
        }
    }
}

/// What checking the whole chain has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Links that hold, from the first on.
    pub sealed: i64,
    /// Rows that are not linked yet.
    pub unsealed: i64,
    /// The first thing that is not as it was sealed.
    pub fault: Option<Fault>,
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            None => write!(f, "{} rows are sealed and unaltered, {} wait for the sealer", self.sealed, self.unsealed),
            Some(fault) => write!(f, "the chain holds for {} rows, then: {fault}", self.sealed),
        }
    }
}

/// Recomputes the chain from its first link to its last, on one view of the database.
pub async fn verify(connection: &mut AsyncPgConnection, witness: &Witness) -> Result<Verification> {
    connection
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run(async |connection| {
            let signed: Vec<Checkpoint> =
                audit_checkpoints::table.select(Checkpoint::as_select()).load(connection).await?;
            let (mut chain, mut fault) = match Chain::new(witness, signed) {
                Ok(chain) => (chain, None),
                Err(fault) => (Chain::default(), Some(fault)),
            };
            if fault.is_none() {
                fault = walk(connection, &mut chain).await?;
            }
            let unsealed = unsealed(connection).await?;
            fault = fault.or_else(|| unsealed.inserted.map(|id| Fault::Inserted { id: id.into() }));
            Ok(Verification { sealed: chain.sealed, unsealed: unsealed.count, fault })
        })
        .await
}

async fn walk(connection: &mut AsyncPgConnection, chain: &mut Chain) -> Result<Option<Fault>> {
    loop {
        match take(connection, chain, 5000).await? {
            Ok(0) => return Ok(chain.end().err()),
            Ok(_) => {}
            Err(fault) => return Ok(Some(fault)),
        }
    }
}

/// Goes along the next links, at most so many, and says how many there were.
pub(super) async fn take(
    connection: &mut AsyncPgConnection,
    chain: &mut Chain,
    limit: i64,
) -> Result<std::result::Result<usize, Fault>> {
    const LINKS: &str = "
        SELECT s.position, NULL::bytea AS previous_hash, s.hash, s.audit_id AS id, r.record, l.personal, l.salt
        FROM audit_seals s
        LEFT JOIN audit_log l ON l.id = s.audit_id
        LEFT JOIN audit_records r ON r.id = s.audit_id
        WHERE s.position > $1 ORDER BY s.position LIMIT $2";
    let rows: Vec<LinkRow> =
        diesel::sql_query(LINKS).bind::<BigInt, _>(chain.sealed).bind::<BigInt, _>(limit).load(connection).await?;
    let taken = rows.len();
    for row in rows {
        let (id, position) = (row.id, chain.sealed + 1);
        if row.record.is_none() && row.position == Some(position) {
            return Ok(Err(Fault::Removed { id: Some(id), position }));
        }
        if let Err(fault) = chain.next(&row.into_link()) {
            return Ok(Err(fault));
        }
    }
    Ok(Ok(taken))
}

#[derive(QueryableByName)]
struct UnsealedRows {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    inserted: Option<i64>,
}

/// The rows without a seal, and the first of them that the sealer has passed: it can only have come later.
async fn unsealed(connection: &mut AsyncPgConnection) -> Result<UnsealedRows> {
    const UNSEALED: &str = "
        SELECT count(*) AS count, min(l.id) FILTER (WHERE (l.transaction_id, l.id) < (last.transaction_id, last.id)) AS inserted
        FROM audit_log l
        LEFT JOIN (
            SELECT transaction_id, id FROM audit_log
            WHERE id = (SELECT audit_id FROM audit_seals ORDER BY position DESC LIMIT 1)) last ON true
        WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = l.id)";
    Ok(diesel::sql_query(UNSEALED).get_result(connection).await?)
}
