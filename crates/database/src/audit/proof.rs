//! Proofs that rows of the record are in the log that signed checkpoints are over.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use governance::digest::Digest;
use governance::merkle::{Tree, includes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::checkpoint::{covering, tree_of};
use super::{Checkpoint, Link};
use crate::error::Result;

/// A row of the record with its link in the chain, and the proof that the link is in the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvenLink {
    /// Its place in the chain, from 1; none while unsealed.
    pub position: Option<i64>,
    /// The hash of the link before it.
    #[schema(value_type = Option<String>)]
    pub previous_hash: Option<Digest>,
    /// SHA-256 over the previous hash (32 zero bytes for the first link) and the record's RFC 8785 form.
    #[schema(value_type = Option<String>)]
    pub hash: Option<Digest>,
    /// The row.
    #[schema(value_type = Object)]
    pub record: Value,
    /// That the link is in the log; none until a checkpoint is over it.
    pub proof: Option<Proof>,
}

/// The way from a link to the root that a checkpoint signs (RFC 9162, 2.1.3).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The position of the checkpoint.
    pub checkpoint: i64,
    /// The hashes on the way, from the leaf up.
    #[schema(value_type = Vec<String>)]
    pub path: Vec<Digest>,
}

impl ProvenLink {
    /// Whether the hash is what the record and the link before it make it.
    pub fn holds(&self) -> bool {
        self.hash == Some(Digest::chained(self.previous_hash.unwrap_or(Digest::ZERO), &self.record))
    }

    /// Whether the proof shows that the link is in the log, at its position, that this checkpoint is over.
    pub fn is_in(&self, checkpoint: &Checkpoint) -> bool {
        let (Some(position), Some(hash), Some(proof)) = (self.position, self.hash, &self.proof) else { return false };
        let Some(segment) = checkpoint.segment() else { return false };
        let index = position.checked_sub(segment.first).and_then(|index| u64::try_from(index).ok());
        proof.checkpoint == checkpoint.position
            && index.is_some_and(|index| includes(segment.root, segment.size, index, hash.as_bytes(), &proof.path))
    }
}

/// Proves links, as far as checkpoints are over them, and adds the checkpoints to those that there are, by position.
pub async fn prove(
    connection: &mut AsyncPgConnection,
    links: Vec<Link>,
    checkpoints: &mut BTreeMap<i64, Checkpoint>,
) -> Result<Vec<ProvenLink>> {
    let mut trees: BTreeMap<i64, (i64, Tree)> = BTreeMap::new();
    let mut proven = Vec::with_capacity(links.len());
    for link in links {
        let mut proof = None;
        if let Some(position) = link.position {
            let known = trees.range(position..).next().filter(|(_, (first, _))| *first <= position);
            let mut found = known.map(|(&checkpoint, _)| checkpoint);
            if found.is_none()
                && let Some(checkpoint) = covering(connection, position).await?
            {
                let first = checkpoint.first_position.unwrap_or(checkpoint.position);
                trees.insert(checkpoint.position, (first, tree_of(connection, &checkpoint).await?));
                found = Some(checkpoint.position);
                checkpoints.insert(checkpoint.position, checkpoint);
            }
            proof = found.and_then(|checkpoint| {
                let (first, tree) = trees.get(&checkpoint)?;
                let path = tree.path(usize::try_from(position - first).ok()?)?;
                Some(Proof { checkpoint, path })
            });
        }
        let Link { position, previous_hash, hash, record, personal: _ } = link;
        proven.push(ProvenLink { position, previous_hash, hash, record, proof });
    }
    Ok(proven)
}
