//! The check of the chain that never ends: a slice at a time, and on from where it stopped.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;

use super::chain::take;
use super::{Chain, Checkpoint, Fault, PublicKey};
use crate::error::Result;
use crate::schema::{audit_checkpoints, audit_seals};

/// Goes along the chain in slices, each one short read, and keeps in memory how far it has come: what is changed, cut off
/// or rewritten behind it no longer agrees with that.
#[derive(Default)]
pub struct Watch {
    chain: Chain,
    key: Option<PublicKey>,
}

impl Watch {
    /// Begins with the first link. Checkpoints of this key must be signed by it; those of an earlier key can't be checked.
    pub fn new(key: Option<PublicKey>) -> Self {
        Self { key, ..Self::default() }
    }

    /// Begins with the first link again, and expects to come by where this one is.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut again = Self::new(self.key.clone());
        if self.chain.sealed > 0 {
            // Nothing else is expected there yet.
            let _ = again.chain.expect(self.chain.sealed, self.chain.hash());
        }
        again
    }

    /// How many links hold, from the first on.
    pub const fn position(&self) -> i64 {
        self.chain.sealed
    }

    /// Checks at most so many links more, and says whether the chain ended with them.
    pub async fn advance(
        &mut self,
        connection: &mut AsyncPgConnection,
        limit: u16,
    ) -> Result<std::result::Result<bool, Fault>> {
        connection
            .build_transaction()
            .repeatable_read()
            .read_only()
            .run(async |connection| self.slice(connection, limit).await)
            .await
    }

    /// Takes a slice of one view of the database; a slice that could not be read to its end is read again.
    async fn slice(
        &mut self,
        connection: &mut AsyncPgConnection,
        limit: u16,
    ) -> Result<std::result::Result<bool, Fault>> {
        if let Some(fault) = self.look_back(connection).await? {
            return Ok(Err(fault));
        }
        if let Err(fault) = self.expect_checkpoints(connection, limit).await? {
            return Ok(Err(fault));
        }
        let mut chain = self.chain.clone();
        let taken = match take(connection, &mut chain, i64::from(limit)).await? {
            Ok(taken) => taken,
            Err(fault) => return Ok(Err(fault)),
        };
        if let Some(id) = inserted(connection, self.chain.sealed, chain.sealed).await? {
            return Ok(Err(Fault::Inserted { id: id.into() }));
        }
        self.chain = chain;
        if taken == usize::from(limit) {
            return Ok(Ok(false));
        }
        Ok(self.chain.end().map(|()| true))
    }

    /// The link that it stopped at is still there, and the same.
    async fn look_back(&self, connection: &mut AsyncPgConnection) -> Result<Option<Fault>> {
        let position = self.chain.sealed;
        if position == 0 {
            return Ok(None);
        }
        let found: Option<Digest> =
            audit_seals::table.find(position).select(audit_seals::hash).first(connection).await.optional()?;
        Ok(match found {
            None => Some(Fault::Removed { id: None, position }),
            Some(hash) if hash != self.chain.hash() => Some(Fault::Rewritten { position }),
            Some(_) => None,
        })
    }

    /// No position has two checkpoints, so these are all that the next links come by, or some beyond them.
    async fn expect_checkpoints(
        &mut self,
        connection: &mut AsyncPgConnection,
        limit: u16,
    ) -> Result<std::result::Result<(), Fault>> {
        let ahead: Vec<Checkpoint> = audit_checkpoints::table
            .filter(audit_checkpoints::position.gt(self.chain.sealed))
            .order(audit_checkpoints::position)
            .limit(i64::from(limit))
            .select(Checkpoint::as_select())
            .load(connection)
            .await?;
        for checkpoint in ahead {
            if self.key.as_ref().is_some_and(|key| checkpoint.key_id == key.id() && !checkpoint.is_signed_by(key)) {
                return Ok(Err(Fault::Forged { position: checkpoint.position }));
            }
            if let Err(fault) = self.chain.expect(checkpoint.position, checkpoint.hash) {
                return Ok(Err(fault));
            }
        }
        Ok(Ok(()))
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// A row without a seal that stands, in the order of the chain, before one of these links: it can only have come later.
async fn inserted(connection: &mut AsyncPgConnection, after: i64, last: i64) -> Result<Option<i64>> {
    // As many rows as there are links: one of more rows is without a seal. Without a bound, PostgreSQL takes what is between two
    // rows for a ninth of the record, and reads all of it.
    const INSERTED: &str = "
        SELECT l.id
        FROM (
            SELECT id FROM audit_log
            WHERE (transaction_id, id) > (
                SELECT transaction_id, id FROM audit_log WHERE id = (SELECT audit_id FROM audit_seals WHERE position = $1)
                UNION ALL
                SELECT '0'::xid8, 0 WHERE $1 = 0)
              AND (transaction_id, id) < (
                SELECT transaction_id, id FROM audit_log WHERE id = (SELECT audit_id FROM audit_seals WHERE position = $2))
            ORDER BY transaction_id, id LIMIT $2 - $1) l
        WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = l.id)
        LIMIT 1";
    if after == last {
        return Ok(None);
    }
    let found: Option<Id> = diesel::sql_query(INSERTED)
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(last)
        .get_result(connection)
        .await
        .optional()?;
    Ok(found.map(|found| found.id))
}

/// No more than this are counted of what waits for the sealer.
const COUNTED: i64 = 100_000;

/// The rows that wait for the sealer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Tail {
    /// How many there are.
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    /// When the oldest was written.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
}

/// The rows that wait for the sealer. Costs no more than there are of them, and counts no more than 100,000.
pub async fn tail(connection: &mut AsyncPgConnection) -> Result<Tail> {
    // PostgreSQL takes what waits for a third of all rows, and would start processes to count them side by side, if it were
    // not told how many at most, and in which order.
    const TAIL: &str = "
        SELECT count(*) AS rows, min(at) AS since
        FROM (
            SELECT at FROM audit_log
            WHERE (transaction_id, id) > (
                SELECT transaction_id, id FROM audit_log
                WHERE id = (SELECT audit_id FROM audit_seals ORDER BY position DESC LIMIT 1)
                UNION ALL
                SELECT '0'::xid8, 0 WHERE NOT EXISTS (SELECT FROM audit_seals))
            ORDER BY transaction_id, id LIMIT $1) waiting";
    Ok(diesel::sql_query(TAIL).bind::<BigInt, _>(COUNTED).get_result(connection).await?)
}
