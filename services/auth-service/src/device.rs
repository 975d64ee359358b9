//! Which client asks.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use common::problem::Problem;
use database::identity::sessions::Device;

use crate::tokens::OneTimeSecret;

/// The longest name of a client that is kept, in characters.
const MAX_USER_AGENT: usize = 400;

/// The client that asks, and the refresh token that it will get if it gets one.
pub struct Client {
    user_agent: Option<String>,
    /// Its next refresh token.
    pub refresh: OneTimeSecret,
}

impl Client {
    /// The client as the database knows it.
    pub fn device(&self) -> Device<'_> {
        Device { user_agent: self.user_agent.as_deref(), refresh_hash: &self.refresh.hash }
    }
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = named.map(|name| name.chars().take(MAX_USER_AGENT).collect());
        ready(Ok(Self { user_agent, refresh: OneTimeSecret::generate() }))
    }
}
