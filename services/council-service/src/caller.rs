//! Who asks: a person with a token, or an agent with a key.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use common::auth::{Need, bearer, verify};
use common::claims::Claims;
use common::keys::{self, ApiKey};
use common::problem::Problem;
use common::roles::Permission;
use database::governance::propose::Proposer;
use database::identity::agents::{self, Agent, Scope};
use futures_util::future::LocalBoxFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use uuid::Uuid;

use crate::State;

/// Who asks. A token costs no I/O to check; a key is looked up.
pub enum Caller {
    /// A person.
    User(Arc<Claims>),
    /// A service account.
    Agent(Agent, Vec<Scope>),
}

impl Caller {
    /// Whether they may do this: a person by their role, an agent by the scopes of its key. That is enough to read; for
    /// a write the database is asked again.
    fn check(&self, permission: Permission) -> Result<(), Problem> {
        let (allowed, lacks) = match (self, permission) {
            (Self::User(claims), _) => (claims.user.role.allows(permission), Problem::lacks(permission)),
            (Self::Agent(_, scopes), Permission::Read) => (scopes.contains(&Scope::Read), lacks(Scope::Read)),
            (Self::Agent(_, scopes), Permission::Propose) => (scopes.contains(&Scope::Propose), lacks(Scope::Propose)),
            (Self::Agent(..), _) => (false, Problem::forbidden("agents do not do this")),
        };
        if allowed { Ok(()) } else { Err(lacks) }
    }

    /// Names them among all callers.
    pub fn id(&self) -> Uuid {
        match self {
            Self::User(claims) => claims.user.id.0,
            Self::Agent(agent, _) => agent.id.0,
        }
    }

    /// The caller as one who proposes.
    pub fn proposer(&self) -> Proposer<'_> {
        match self {
            Self::User(claims) => Proposer::User(claims),
            Self::Agent(agent, _) => Proposer::Agent(agent),
        }
    }
}

fn lacks(scope: Scope) -> Problem {
    Problem::forbidden(format!("your key lacks the scope {scope}"))
}

/// Somebody who may do what `N` needs.
pub struct CallerMay<N>(pub Caller, PhantomData<N>);

impl<N: Need> FromRequest for CallerMay<N> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            caller.check(N::PERMISSION)?;
            Ok(Self(caller, PhantomData))
        })
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let credential = bearer(&request)?;
            if !credential.starts_with(keys::MARK) {
                return verify(&request, credential).await.map(Self::User);
            }
            let refused = || Problem::unauthorized("the API key is not valid");
            let key: ApiKey = credential.parse().map_err(|_| refused())?;
            let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
            let mut connection = state.pool.get().await?;
            let found = agents::by_key(&mut connection, &key.prefix, &keys::secret_hash(&key.secret)).await?;
            found.map(|(agent, scopes)| Self::Agent(agent, scopes)).ok_or_else(refused)
        })
    }
}
