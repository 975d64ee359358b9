//! Tokens that hold no longer although their time is not over: in memory, so that asking costs no I/O.
//!
//! `access` keeps this current. When it could not for longer than [`TRUST`], nobody is believed: a token that was
//! revoked meanwhile would look like any other.

use std::collections::HashMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::claims::Claims;
use crate::ids::{SessionId, UserId};

/// How long the last good news may be old.
pub const TRUST: Duration = Duration::from_secs(15);

/// One revocation, as the database keeps it and the stream carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Its number: tokens that were made after it say so in `rev`.
    pub id: i64,
    /// Whose tokens.
    pub user_id: UserId,
    /// Those of this login only; without one, all that were made before.
    pub session_id: Option<SessionId>,
    /// When every such token has expired by itself.
    pub expires_at: DateTime<Utc>,
}

/// What is known of a token besides that it is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Good,
    /// It was revoked.
    Revoked,
    /// Nobody can say now.
    Unknown,
}

#[derive(Default)]
struct Tables {
    sessions: HashMap<SessionId, DateTime<Utc>>,
    users: HashMap<UserId, (i64, DateTime<Utc>)>,
}

/// Every revocation that matters still.
pub struct Revocations {
    tables: RwLock<Tables>,
    began: Instant,
    /// Milliseconds from `began` to the last good news, plus one; 0 before the first.
    confirmed: AtomicU64,
    /// Tells of each revocation that was not known before.
    news: watch::Sender<()>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            tables: RwLock::default(),
            began: Instant::now(),
            confirmed: AtomicU64::new(0),
            news: watch::Sender::new(()),
        }
    }
}

impl Revocations {
    /// Takes in revocations; one that is known already changes nothing.
    pub fn add(&self, revocations: &[Revocation]) {
        if revocations.is_empty() {
            return;
        }
        // A panic elsewhere leaves maps of plain values, which stay good.
        let mut tables = self.tables.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut is_news = false;
        for revocation in revocations {
            if let Some(session) = revocation.session_id {
                is_news |= tables.sessions.insert(session, revocation.expires_at).is_none();
            } else {
                let known = tables.users.entry(revocation.user_id).or_insert((0, revocation.expires_at));
                is_news |= known.0 < revocation.id;
                *known = (known.0.max(revocation.id), known.1.max(revocation.expires_at));
            }
        }
        drop(tables);
        if is_news {
            self.news.send_replace(());
        }
    }

    /// Sees a change with each revocation that was not known before: for whoever answers a token for a long time.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Says that as of now nothing is missing here.
    pub fn confirm(&self) {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.confirmed.fetch_max(elapsed + 1, Ordering::Relaxed);
    }

    /// Forgets what no token can be affected by any more.
    pub fn prune(&self, now: DateTime<Utc>) {
        let mut tables = self.tables.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        tables.sessions.retain(|_, expires_at| *expires_at > now);
        tables.users.retain(|_, (_, expires_at)| *expires_at > now);
    }

    /// Whether a token that is ours and in time still holds.
    pub fn standing(&self, claims: &Claims) -> Standing {
        let tables = self.tables.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let revoked = tables.sessions.contains_key(&claims.sid)
            || tables.users.get(&claims.user.id).is_some_and(|&(last, _)| claims.rev < last);
        drop(tables);
        if revoked {
            return Standing::Revoked;
        }
        if self.are_known() { Standing::Good } else { Standing::Unknown }
    }

    /// Whether the last good news is fresh enough.
    pub fn are_known(&self) -> bool {
        match self.confirmed.load(Ordering::Relaxed) {
            0 => false,
            at => self.began.elapsed() <= Duration::from_millis(at) + TRUST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Identity;
    use crate::roles::Role;

    fn claims(rev: i64) -> Claims {
        let user = Identity {
            id: UserId::new(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Viewer,
            seats: Vec::new(),
        };
        Claims::new(user, rev, SessionId::new(), Duration::from_hours(1))
    }

    fn revocation(id: i64, of: &Claims, session_id: Option<SessionId>) -> Revocation {
        Revocation { id, user_id: of.user.id, session_id, expires_at: Utc::now() + Duration::from_hours(1) }
    }

    #[test]
    fn before_the_first_news_nobody_is_believed() {
        let revocations = Revocations::default();
        assert_eq!(revocations.standing(&claims(0)), Standing::Unknown);
        revocations.confirm();
        assert_eq!(revocations.standing(&claims(0)), Standing::Good);
    }

    #[test]
    fn news_that_are_too_old_are_none() {
        let long_ago = Instant::now().checked_sub(TRUST + Duration::from_secs(1)).expect("the machine runs longer");
        let revocations = Revocations { began: long_ago, ..Revocations::default() };
        revocations.confirmed.store(1, Ordering::Relaxed);
        assert_eq!(revocations.standing(&claims(0)), Standing::Unknown);
        let known = claims(0);
        revocations.add(&[revocation(1, &known, Some(known.sid))]);
        assert_eq!(revocations.standing(&known), Standing::Revoked, "what is known stays known");
    }

    #[test]
    fn a_session_ends_alone_and_a_person_as_a_whole() {
        let revocations = Revocations::default();
        revocations.confirm();
        let (one, other) = (claims(4), claims(4));
        let second_device = Claims { sid: SessionId::new(), ..one.clone() };
        revocations.add(&[revocation(5, &one, Some(one.sid))]);
        assert_eq!(revocations.standing(&one), Standing::Revoked);
        assert_eq!(revocations.standing(&second_device), Standing::Good);

        revocations.add(&[revocation(7, &one, None), revocation(6, &one, None)]);
        assert_eq!(revocations.standing(&second_device), Standing::Revoked);
        assert_eq!(revocations.standing(&other), Standing::Good);
        let news = revocations.news();
        revocations.add(&[revocation(5, &one, Some(one.sid)), revocation(6, &one, None)]);
        assert!(!news.has_changed().expect("is told"), "what is known already is no news");
        revocations.add(&[revocation(7, &one, None), revocation(8, &other, Some(other.sid))]);
        assert!(news.has_changed().expect("is told"));
        let renewed = Claims { rev: 7, ..second_device };
        assert_eq!(revocations.standing(&renewed), Standing::Good, "made after the last revocation");

        revocations.prune(Utc::now() + Duration::from_hours(2));
        assert_eq!(revocations.standing(&one), Standing::Good);
    }
}
