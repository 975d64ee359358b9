//! What access tokens say (RFC 7519). How they are signed and checked, [`crate::tokens`] knows.

use std::time::Duration;

use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{CouncilId, SessionId, UserId};
use crate::roles::Role;
use crate::text_enum;

pub(crate) const ISSUER: &str = "codex-dominion";
pub(crate) const AUDIENCE: &str = "codex-dominion-api";
/// How far the clocks of two of our machines may differ, in seconds.
pub(crate) const LEEWAY: u64 = 5;
/// The longest that an access token may hold. A revocation is kept for as long, whoever made the token.
pub const MAX_LIFETIME: Duration = Duration::from_hours(7 * 24);

text_enum! {
    /// What a person is in a council.
    pub enum Seat {
        /// Votes, and may veto where the policy says so.
        Chair = "chair",
        /// Votes.
        Member = "member",
    }
}

/// A seat in a council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatIn {
    /// The council.
    pub council_id: CouncilId,
    /// What the person is there.
    pub seat: Seat,
}

/// Who somebody is: the part of a token that clients see, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The person.
    pub id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their seats in councils.
    pub seats: Vec<SeatIn>,
}

/// What an access token says.
///
/// Good for reading only: a write reads the actor's role and seats again, inside its own transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
    /// When the token ends, in seconds since the Unix epoch.
    pub exp: i64,
    /// The login that it belongs to.
    pub sid: SessionId,
    /// The last revocation of the person's tokens that this one was made after; 0 when there was none. A number, not a
    /// time: no two clocks have to agree about it.
    pub rev: i64,
    /// Whose it is.
    pub user: Identity,
}

impl Claims {
    /// Makes the claims of a token for a session of a person, from now for `lifetime`.
    pub fn new(user: Identity, rev: i64, session: SessionId, lifetime: Duration) -> Self {
        let now = Utc::now().timestamp();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.id,
            nbf: now,
            iat: now,
            exp: now.saturating_add(lifetime),
            sid: session,
            rev,
            user,
        }
    }

    /// How long it holds, give or take [`LEEWAY`].
    pub fn time_left(&self) -> Duration {
        let left = self.exp.saturating_add(LEEWAY.cast_signed() + 1).saturating_sub(Utc::now().timestamp());
        Duration::from_secs(left.try_into().unwrap_or(0))
    }

    /// Whether its time is over, give or take [`LEEWAY`].
    pub fn is_over(&self) -> bool {
        self.exp.saturating_add(LEEWAY.cast_signed()) < Utc::now().timestamp()
    }
}
