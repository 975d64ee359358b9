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
            let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
            let agent = KeyHolder::find(state, credential).await?;
            Ok(Self::Agent(agent.agent, agent.scopes))
        })
    }
}

/// An agent, as its key says. People are refused.
pub struct KeyHolder {
    /// It.
    pub agent: Agent,
    /// What the key may be used for.
    pub scopes: Vec<Scope>,
    prefix: String,
    secret_hash: [u8; 32],
}

impl KeyHolder {
    async fn find(state: &State, credential: &str) -> Result<Self, Problem> {
        let key: ApiKey = credential.parse().map_err(|_| not_valid())?;
        let (prefix, secret_hash) = (key.prefix, keys::secret_hash(&key.secret));
        let (agent, scopes) = look_up(state, &prefix, &secret_hash).await?;
        Ok(Self { agent, scopes, prefix, secret_hash })
    }

    /// Looks the key up again: a long wait may outlive it.
    pub async fn check_again(&self, state: &State) -> Result<(), Problem> {
        look_up(state, &self.prefix, &self.secret_hash).await.map(|_| ())
    }

    /// Refuses a key that lacks a scope.
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(lacks(scope)) }
    }
}

async fn look_up(state: &State, prefix: &str, secret_hash: &[u8]) -> Result<(Agent, Vec<Scope>), Problem> {
    let mut connection = state.pool.get().await?;
    agents::by_key(&mut connection, prefix, secret_hash).await?.ok_or_else(not_valid)
}

fn not_valid() -> Problem {
    Problem::unauthorized("the API key is not valid")
}

impl FromRequest for KeyHolder {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let credential = bearer(&request)?;
            if !credential.starts_with(keys::MARK) {
                verify(&request, credential).await?;
                let message = "this is for agents: send an agent's API key; people have the API and the console";
                return Err(Problem::refused("agents_only", message));
            }
            let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
            Self::find(state, credential).await
        })
    }
}
