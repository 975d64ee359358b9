//! Signed statements of how far the chain had come.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, Utc};
use common::page::{Cursor, Limit, cut};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::digest::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::error::Result;
use crate::schema::{audit_checkpoints, audit_seals};

/// A signed statement that the chain's link at `position` had this hash. Whoever keeps one can tell later that nothing
/// up to there was changed or cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = audit_checkpoints)]
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
    /// Ed25519 (RFC 8032) over the RFC 8785 form of `{"hash", "position", "purpose", "signed_at"}`, in base64; `purpose`
    /// is `codex-dominion audit checkpoint`.
    #[serde(with = "as_base64")]
    #[schema(value_type = String)]
    pub signature: Vec<u8>,
}

mod as_base64 {
    use super::{Deserialize, Engine, STANDARD};

    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn statement(position: i64, hash: Digest, signed_at: DateTime<Utc>) -> Vec<u8> {
    canonical(&json!({
        "purpose": "codex-dominion audit checkpoint",
        "position": position,
        "hash": hash,
        "signed_at": signed_at,
    }))
}

impl Checkpoint {
    /// Whether the key signed this very statement.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = statement(self.position, self.hash, self.signed_at);
        self.key_id == key.id() && UnparsedPublicKey::new(&ED25519, &key.0).verify(&message, &self.signature).is_ok()
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

    /// Signs that the chain had come so far.
    pub fn sign(&self, position: i64, hash: Digest) -> Checkpoint {
        // To the microsecond, as the database keeps it.
        let signed_at = Utc::now().trunc_subsecs(6);
        let signature = self.0.sign(&statement(position, hash, signed_at)).as_ref().to_vec();
        Checkpoint { position, hash, signed_at, key_id: self.public().id(), signature }
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

/// Keeps a checkpoint, unless there is one of its position.
pub async fn add_checkpoint(connection: &mut AsyncPgConnection, checkpoint: &Checkpoint) -> Result<bool> {
    let added =
        diesel::insert_into(audit_checkpoints::table).values(checkpoint).on_conflict_do_nothing().execute(connection);
    Ok(added.await? == 1)
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
        let checkpoint = ours.sign(7, Digest::of(b"x"));
        let sent = serde_json::to_string(&checkpoint).expect("JSON");
        let checkpoint: Checkpoint = serde_json::from_str(&sent).expect("the same");
        assert!(checkpoint.is_signed_by(&ours.public().to_string().parse().expect("a public key")));
        assert!(!checkpoint.is_signed_by(&theirs.public()));
        assert!(!Checkpoint { position: 8, ..checkpoint.clone() }.is_signed_by(&ours.public()));
        assert!(!Checkpoint { hash: Digest::of(b"y"), ..checkpoint }.is_signed_by(&ours.public()));
    }
}
