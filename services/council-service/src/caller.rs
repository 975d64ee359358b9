//! Who asks: a person with a token, or an agent with a key.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use common::auth::{bearer, verify};
use common::claims::Claims;
use common::keys::{self, ApiKey};
use common::problem::Problem;
use common::roles::Permission;
use database::governance::propose::Proposer;
use database::identity::agents::{self, Agent};
use std::future::Future;
use std::pin::Pin;

use crate::State;

/// Who asks. A token costs no I/O to check; a key is looked up.
pub enum Caller {
    /// A person.
    User(Box<Claims>),
    /// A service account.
    Agent(Agent),
}

impl Caller {
    /// Refuses a person whose role does not let them read.
    pub fn may_read(&self) -> Result<(), Problem> {
        match self {
            Self::User(claims) if !claims.user.role.allows(Permission::Read) => Err(Problem::lacks(Permission::Read)),
            Self::User(_) | Self::Agent(_) => Ok(()),
        }
    }

    /// The caller as one who proposes.
    pub fn proposer(&self) -> Proposer<'_> {
        match self {
            Self::User(claims) => Proposer::User(claims),
            Self::Agent(agent) => Proposer::Agent(agent),
        }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let credential = bearer(&request)?;
            if !credential.starts_with(keys::MARK) {
                return verify(&request, credential).map(|claims| Self::User(Box::new(claims)));
            }
            let refused = || Problem::unauthorized("the API key is not valid");
            let key: ApiKey = credential.parse().map_err(|_| refused())?;
            let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
            let mut connection = state.pool.get().await?;
            let found = agents::by_key(&mut connection, &key.prefix, &keys::secret_hash(&key.secret)).await?;
            found.map(Self::Agent).ok_or_else(refused)
        })
    }
}
