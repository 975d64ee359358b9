//! By what right somebody listens, for as long as they do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use common::auth::bearer;
use common::claims::Claims;
use common::ids::AgentId;
use common::keys::ApiKey;
use common::problem::Problem;
use common::revocations::Standing;
use common::verifier::Verifier;
use uuid::Uuid;

use super::message::Live;
use crate::caller::Caller;

/// What was shown when the stream was asked for. A stream outlives the moment in which that was checked.
pub enum Credential {
    /// A person's token.
    Token {
        /// The token.
        token: String,
        /// What it says.
        claims: Arc<Claims>,
        /// What checks it.
        verifier: web::Data<Verifier>,
    },
    /// An agent's key.
    Key {
        /// The agent.
        agent: AgentId,
        /// Names the key.
        prefix: String,
    },
}

impl Credential {
    /// Takes the credential off the request that the caller was read off.
    pub fn of(caller: Caller, request: &HttpRequest, verifier: &web::Data<Verifier>) -> Result<Self, Problem> {
        let shown = bearer(request)?;
        match caller {
            Caller::User(claims) => Ok(Self::Token { token: shown.to_owned(), claims, verifier: verifier.clone() }),
            Caller::Agent(agent, _) => {
                let key: ApiKey = shown.parse().map_err(|_| Problem::unauthorized("the API key is not valid"))?;
                Ok(Self::Key { agent: agent.id, prefix: key.prefix })
            }
        }
    }

    /// Names them among all callers.
    pub fn caller(&self) -> Uuid {
        match self {
            Self::Token { claims, .. } => claims.user.id.0,
            Self::Key { agent, .. } => agent.0,
        }
    }

    /// The prefix of the key, if it is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Token { .. } => None,
            Self::Key { prefix, .. } => Some(prefix),
        }
    }

    /// Whether they may see an event: people all, as in the list of workflows; an agent those of what it proposed.
    pub fn may_see(&self, event: &Live) -> bool {
        match self {
            Self::Token { .. } => true,
            Self::Key { agent, .. } => event.proposer == Some(*agent),
        }
    }

    /// Whether a token still holds, by what is known without asking. Keys are looked up by the feed, for all listeners
    /// together.
    pub fn holds(&self) -> bool {
        match self {
            Self::Token { claims, verifier, .. } => {
                !claims.is_over() && verifier.revocations.standing(claims) == Standing::Good
            }
            Self::Key { .. } => true,
        }
    }

    /// Checks a token as if it had just been shown: the keys of tokens may have changed, too.
    pub async fn verify(&self) -> bool {
        match self {
            Self::Token { token, verifier, .. } => verifier.verify(token).await.is_ok(),
            Self::Key { .. } => true,
        }
    }

    /// Whether it is one of these keys.
    pub fn is_among(&self, keys: &BTreeSet<String>) -> bool {
        self.key().is_some_and(|key| keys.contains(key))
    }

    /// How long a token holds by itself; a key's end is found by the feed.
    pub fn time_left(&self) -> Option<Duration> {
        match self {
            Self::Token { claims, .. } => Some(claims.time_left()),
            Self::Key { .. } => None,
        }
    }
}
