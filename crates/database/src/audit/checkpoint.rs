//! Signed statements of how far the chain had come.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, Utc};
use common::page::{Cursor, Limit, cut};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::{Digest, canonical};
use governance::merkle::Tree;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::error::Result;
use crate::schema::{audit_checkpoints, audit_seals};

/// A signed statement that the chain's link at `position` had this hash. Whoever keeps one can tell later that nothing
/// up to there was changed or cut off.
///
/// It also signs for the links since the checkpoint before it, by the root of a Merkle tree (RFC 9162) whose leaves are
/// their hashes: so that one link can be shown to be in the chain without all the others. Checkpoints from before that
/// have no root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = audit_checkpoints)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The link's place in the chain.
    pub position: i64,
    /// The link's hash.
    #[schema(value_type = String)]
    pub hash: Digest,
    /// When it was signed.
    pub signed_at: DateTime<Utc>,
    /// Which key signed: its RFC 7638 thumbprint.
    pub key_id: String,
    /// Ed25519 (RFC 8032) over the RFC 8785 form of `{"first_position", "hash", "position", "purpose", "root",
    /// "signed_at"}`, in base64; `purpose` is `codex-dominion audit checkpoint`. Without a root, both it and
    /// `first_position` are left out.
    #[serde(with = "as_base64")]
    #[schema(value_type = String)]
    pub signature: Vec<u8>,
    /// The first link that the root is over; the last one is at `position`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_position: Option<i64>,
    /// The root of the tree over the hashes of the links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub root: Option<Digest>,
}

/// The links that a checkpoint's root is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first link's place in the chain.
    pub first: i64,
    /// How many links there are.
    pub size: u64,
    /// The root of the tree over their hashes.
    pub root: Digest,
}

/// The most links that one root is over. It bounds what a proof costs to make.
const MAX_SEGMENT: i64 = 16_384;

mod as_base64 {
    use super::{Deserialize, Engine, STANDARD};

    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Checkpoint {
    /// What is signed.
    fn statement(&self) -> Vec<u8> {
        let mut statement = json!({
            "purpose": "codex-dominion audit checkpoint",
            "position": self.position,
            "hash": self.hash,
            "signed_at": self.signed_at,
        });
        if self.first_position.is_some() || self.root.is_some() {
            statement["first_position"] = json!(self.first_position);
            statement["root"] = json!(self.root);
        }
        canonical(&statement)
    }

    /// Whether the key signed this very statement.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signed = UnparsedPublicKey::new(&ED25519, &key.0).verify(&self.statement(), &self.signature);
        self.key_id == key.id() && signed.is_ok()
    }

    /// The links that its root is over; none of a checkpoint without one.
    pub fn segment(&self) -> Option<Segment> {
        let (first, root) = self.first_position.zip(self.root)?;
        let size = self.position.checked_sub(first)?.checked_add(1)?;
        Some(Segment { first, size: u64::try_from(size).ok()?, root })
    }
}

/// What checks checkpoints; 32 bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Its RFC 7638 thumbprint.
    pub fn id(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.0);
        let thumbprint = Digest::of(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        URL_SAFE_NO_PAD.encode(thumbprint.as_bytes())
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("must be 32 bytes in base64")
    }
}

/// What signs checkpoints. It is never in the database: who can rewrite the whole chain there can't sign it.
pub struct CheckpointKey(Ed25519KeyPair);

impl CheckpointKey {
    /// Takes an Ed25519 key as a PEM block `PRIVATE KEY` (PKCS#8).
    pub fn of_pem(text: &str) -> std::result::Result<Self, &'static str> {
        let block = pem::parse(text).map_err(|_| "must be a PEM block PRIVATE KEY")?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(block.contents());
        pair.map(Self).map_err(|_| "must be an Ed25519 key in PKCS#8")
    }

    /// What checks its checkpoints.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs for links of these hashes, the first of them at this position; nothing for none.
    pub fn sign(&self, first_position: i64, hashes: &[Digest]) -> Option<Checkpoint> {
        let hash = *hashes.last()?;
        let mut checkpoint = Checkpoint {
            position: first_position + i64::try_from(hashes.len()).ok()? - 1,
            hash,
            // To the microsecond, as the database keeps it.
            signed_at: Utc::now().trunc_subsecs(6),
            key_id: self.public().id(),
            signature: Vec::new(),
            first_position: Some(first_position),
            root: Some(Tree::new(hashes).root()),
        };
        checkpoint.signature = self.0.sign(&checkpoint.statement()).as_ref().to_vec();
        Some(checkpoint)
    }
}

/// The end of the chain: position and hash of its last link.
pub async fn last_link(connection: &mut AsyncPgConnection) -> Result<Option<(i64, Digest)>> {
    Ok(audit_seals::table
        .order(audit_seals::position.desc())
        .select((audit_seals::position, audit_seals::hash))
        .first(connection)
        .await
        .optional()?)
}

/// The lock of whoever signs; any number that no other lock has.
const SIGNER_LOCK: i64 = 0x636f_6465_7802;

/// Signs for the oldest links that no root is over yet, and keeps the checkpoint. None: every link is signed for. Whoever
/// signs goes on until then; several at once do it one after the other.
pub async fn sign_next(connection: &mut AsyncPgConnection, key: &CheckpointKey) -> Result<Option<Checkpoint>> {
    connection
        .transaction(async |connection| {
            diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
                .bind::<BigInt, _>(SIGNER_LOCK)
                .execute(connection)
                .await?;
            let signed: Option<i64> = audit_checkpoints::table
                .filter(audit_checkpoints::root.is_not_null())
                .select(max(audit_checkpoints::position))
                .first(connection)
                .await?;
            let first = signed.unwrap_or(0) + 1;
            let mut hashes = hashes(connection, first, first + MAX_SEGMENT - 1).await?;
            // A position has one checkpoint: where one without a root stands, the segment ends before it.
            while !hashes.is_empty() {
                let Some(checkpoint) = key.sign(first, &hashes) else { break };
                let added = diesel::insert_into(audit_checkpoints::table)
                    .values(&checkpoint)
                    .on_conflict(audit_checkpoints::position)
                    .do_nothing()
                    .execute(connection)
                    .await?;
                if added == 1 {
                    return Ok(Some(checkpoint));
                }
                hashes.pop();
            }
            Ok(None)
        })
        .await
}

/// The hashes of the links from one position to another, in their order; up to the first that is missing.
async fn hashes(connection: &mut AsyncPgConnection, first: i64, last: i64) -> Result<Vec<Digest>> {
    let links: Vec<(i64, Digest)> = audit_seals::table
        .filter(audit_seals::position.between(first, last))
        .order(audit_seals::position)
        .select((audit_seals::position, audit_seals::hash))
        .load(connection)
        .await?;
    let whole = (first..).zip(links).take_while(|(expected, (position, _))| position == expected);
    Ok(whole.map(|(_, (_, hash))| hash).collect())
}

/// The checkpoint whose root is over the link at a position, once there is one.
pub(super) async fn covering(connection: &mut AsyncPgConnection, position: i64) -> Result<Option<Checkpoint>> {
    Ok(audit_checkpoints::table
        .filter(audit_checkpoints::root.is_not_null())
        .filter(audit_checkpoints::position.ge(position))
        .filter(audit_checkpoints::first_position.le(position))
        .order(audit_checkpoints::position)
        .select(Checkpoint::as_select())
        .first(connection)
        .await
        .optional()?)
}

/// The tree that a checkpoint's root is of, as the chain is now.
pub(super) async fn tree_of(connection: &mut AsyncPgConnection, checkpoint: &Checkpoint) -> Result<Tree> {
    let first = checkpoint.first_position.unwrap_or(checkpoint.position);
    Ok(Tree::new(&hashes(connection, first, checkpoint.position).await?))
}

/// Checkpoints, newest first.
pub async fn checkpoints(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<i64>,
) -> Result<(Vec<Checkpoint>, Option<Cursor<i64>>)> {
    let mut rows = audit_checkpoints::table
        .filter(audit_checkpoints::position.lt(after.unwrap_or(i64::MAX)))
        .order(audit_checkpoints::position.desc())
        .limit(limit.get() + 1)
        .select(Checkpoint::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |row| row.position);
    Ok((rows, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CheckpointKey {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).expect("generates");
        CheckpointKey::of_pem(&pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_ref()))).expect("a key")
    }

    #[test]
    fn a_checkpoint_holds_for_its_key_and_its_words_only() {
        let (ours, theirs) = (key(), key());
        let checkpoint = ours.sign(7, &[Digest::of(b"w"), Digest::of(b"x")]).expect("two links");
        assert_eq!((checkpoint.position, checkpoint.hash), (8, Digest::of(b"x")));
        let sent = serde_json::to_string(&checkpoint).expect("JSON");
        let checkpoint: Checkpoint = serde_json::from_str(&sent).expect("the same");
        assert!(checkpoint.is_signed_by(&ours.public().to_string().parse().expect("a public key")));
        assert!(!checkpoint.is_signed_by(&theirs.public()));
        let changed = [
            Checkpoint { position: 9, ..checkpoint.clone() },
            Checkpoint { hash: Digest::of(b"y"), ..checkpoint.clone() },
            Checkpoint { first_position: Some(6), ..checkpoint.clone() },
            Checkpoint { root: Some(Digest::of(b"y")), ..checkpoint.clone() },
            Checkpoint { first_position: None, root: None, ..checkpoint.clone() },
        ];
        assert!(changed.iter().all(|other| !other.is_signed_by(&ours.public())));
    }

    /// As they were signed before there were roots.
    #[test]
    fn a_checkpoint_without_a_root_holds_as_it_was_signed() {
        let (ours, hash) = (key(), Digest::of(b"x"));
        let signed_at: DateTime<Utc> = "2026-11-24T10:00:00.123456Z".parse().expect("a time");
        let statement = format!(
            r#"{{"hash":"{hash}","position":7,"purpose":"codex-dominion audit checkpoint","signed_at":"2026-11-24T10:00:00.123456Z"}}"#
        );
        let signature = STANDARD.encode(ours.0.sign(statement.as_bytes()));
        let kept = json!({
            "position": 7, "hash": hash, "signed_at": signed_at, "key_id": ours.public().id(), "signature": signature,
        });
        let checkpoint: Checkpoint = serde_json::from_value(kept).expect("a checkpoint");
        assert!(checkpoint.is_signed_by(&ours.public()));
        assert_eq!(checkpoint.segment(), None);
        assert!(!Checkpoint { root: Some(hash), ..checkpoint }.is_signed_by(&ours.public()));
    }
}
