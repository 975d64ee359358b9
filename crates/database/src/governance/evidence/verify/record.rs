//! The rows of the record, and whether they are in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, Datelike, Utc};
use common::actor::ActorKind;
use governance::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Checked, Fault, ensure, fault};
use crate::audit::{Checkpoint, ProvenLink, PublicKey};

/// A row of the record, read.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    /// Where it stands in the document.
    #[serde(skip)]
    pub place: String,
    pub at: DateTime<Utc>,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub detail: Value,
    pub address: Option<IpAddr>,
    resource_kind: String,
    resource_id: String,
    sequence: Option<i64>,
}

impl Act {
    /// A particular of it.
    pub fn get<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Checked<T> {
        T::deserialize(&self.detail[name]).map_err(|error| Fault {
            at: format!("{}/record/detail/{name}", self.place),
            what: format!("is not as such a row has it: {error}"),
        })
    }

    /// Compares what the document says at a place with a particular.
    pub fn says(&self, name: &str, value: impl Serialize, at: impl Into<String>) -> Checked {
        let what = format!("is not what {} says, which is {}", self.place, self.detail[name]);
        ensure(json!(value) == self.detail[name], at, what)
    }

    /// Faults with this, of the row as a whole.
    pub fn fault<T>(&self, what: impl Into<String>) -> Checked<T> {
        fault(&self.place, what)
    }

    /// Faults with this, unless something is so.
    pub fn ensure(&self, so: bool, what: impl Into<String>) -> Checked {
        ensure(so, &self.place, what)
    }
}

/// How well a row is kept, from the least on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Unsealed,
    Sealed,
    Covered,
}

/// What is known of how the rows are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    /// How many are in the log that a checkpoint is over.
    pub covered: usize,
    /// How many are sealed, but no checkpoint is over them yet.
    pub sealed: usize,
    /// How many are not sealed.
    pub unsealed: usize,
    /// How many are from before rows were numbered.
    pub unnumbered: usize,
    /// The key that signed, when signatures were checked.
    pub key_id: Option<String>,
    /// The last checkpoint: its position, and when it was signed.
    pub last: Option<(i64, DateTime<Utc>)>,
}

/// The log, as far as the document shows it.
pub(super) struct Log<'a> {
    /// The checkpoints, by position, with where they stand.
    checkpoints: BTreeMap<i64, (String, &'a Checkpoint)>,
    used: BTreeSet<i64>,
    /// The hashes of the links that were read, and those that the links after them claim.
    hashes: BTreeMap<i64, Digest>,
    coverage: Coverage,
}

impl<'a> Log<'a> {
    /// Begins, with the checkpoints.
    pub fn open(checkpoints: &'a [Checkpoint], key: Option<&PublicKey>) -> Checked<Self> {
        let mut by_position = BTreeMap::new();
        for (index, checkpoint) in checkpoints.iter().enumerate() {
            let place = format!("/checkpoints/{index}");
            let signed = key.is_none_or(|key| checkpoint.is_signed_by(key));
            ensure(signed, &place, "is not signed by the expected key, or says something else than was signed")?;
            ensure(checkpoint.segment().is_some(), &place, "has no root that a row could be proved by")?;
            let twice = by_position.insert(checkpoint.position, (place.clone(), checkpoint)).is_some();
            ensure(!twice, place, "is of the same position as another")?;
        }
        let last = by_position.last_key_value().map(|(&position, (_, checkpoint))| (position, checkpoint.signed_at));
        let coverage = Coverage { key_id: key.map(PublicKey::id), last, ..Coverage::default() };
        Ok(Self { checkpoints: by_position, used: BTreeSet::new(), hashes: BTreeMap::new(), coverage })
    }

    /// Reads the rows about a thing.
    pub fn read(&mut self, at: &str, links: &[ProvenLink], kind: &str, id: &str) -> Checked<Vec<Act>> {
        let mut acts: Vec<Act> = Vec::with_capacity(links.len());
        let mut before = Kept::Covered;
        for (index, link) in links.iter().enumerate() {
            let place = format!("{at}/{index}");
            let kept = self.keep(&place, link)?;
            let what = "is less well kept than the rows after it: its seal or its proof was taken away";
            // The rows before it are named, as they are the ones that lack something.
            ensure(kept <= before, format!("{at}/{}", index.saturating_sub(1)), what)?;
            before = kept;
            match kept {
                Kept::Covered => self.coverage.covered += 1,
                Kept::Sealed => self.coverage.sealed += 1,
                Kept::Unsealed => self.coverage.unsealed += 1,
            }

            let mut act = Act::deserialize(&link.record).map_err(|error| Fault {
                at: format!("{place}/record"),
                what: format!("is not a row of the record: {error}"),
            })?;
            act.place = place;
            // Then nothing that is reckoned from it leaves what a time can be.
            act.ensure((1970..=9999).contains(&act.at.year()), "is of a time that no row can be of")?;
            act.ensure(act.resource_kind == kind && act.resource_id == id, format!("is not about {kind} {id}"))?;
            let number = i64::try_from(index).unwrap_or(i64::MAX) + 1;
            if let Some(sequence) = act.sequence {
                let what = format!("is number {sequence}, but stands as number {number}: rows were left out");
                act.ensure(sequence == number, what)?;
            } else {
                let numbered = acts.last().is_some_and(|last| last.sequence.is_some());
                act.ensure(!numbered, "has no number, although the row before it has one")?;
                self.coverage.unnumbered += 1;
            }
            acts.push(act);
        }
        Ok(acts)
    }

    /// Checks a link and its proof.
    fn keep(&mut self, place: &str, link: &ProvenLink) -> Checked<Kept> {
        let (position, hash) = match (link.position, link.hash) {
            (Some(position), Some(hash)) => (position, hash),
            (None, None) if link.previous_hash.is_none() && link.proof.is_none() => return Ok(Kept::Unsealed),
            _ => return fault(place, "has a part of a seal only"),
        };
        ensure(position >= 1, format!("{place}/position"), "is not a place in the chain")?;
        let first = position == 1;
        let what = "the first link alone has none before it";
        ensure(link.previous_hash.is_none() == first, format!("{place}/previous_hash"), what)?;
        ensure(link.holds(), place, "was altered after it was sealed: its hash is another")?;
        let before = link.previous_hash.map(|previous| (position - 1, previous));
        for (position, hash) in [Some((position, hash)), before].into_iter().flatten() {
            let known = *self.hashes.entry(position).or_insert(hash);
            ensure(known == hash, place, format!("another row of the document has another hash at {position}"))?;
        }
        let Some(proof) = &link.proof else {
            let over = self.checkpoints.values().find(|(_, one)| {
                one.segment().is_some_and(|segment| (segment.first..=one.position).contains(&position))
            });
            let what = "has no proof, although a checkpoint is over it";
            ensure(over.is_none(), format!("{place}/proof"), what)?;
            return Ok(Kept::Sealed);
        };
        let Some((_, checkpoint)) = self.checkpoints.get(&proof.checkpoint) else {
            return fault(format!("{place}/proof/checkpoint"), "is not in the document");
        };
        let what = "does not show that the row is in the log that the checkpoint is over";
        ensure(link.is_in(checkpoint), format!("{place}/proof"), what)?;
        self.used.insert(proof.checkpoint);
        Ok(Kept::Covered)
    }

    /// Ends: each checkpoint is there for a row, and agrees with the links.
    pub fn close(self) -> Checked<Coverage> {
        for (position, (place, checkpoint)) in &self.checkpoints {
            ensure(self.used.contains(position), place, "no row is proved by it")?;
            let known = self.hashes.get(position).is_none_or(|hash| *hash == checkpoint.hash);
            ensure(known, format!("{place}/hash"), "is not the hash of the link at its position")?;
        }
        Ok(self.coverage)
    }
}
