//! The kinds of step: a file and a line here for each.

mod grant_mandate;
mod http_request;
mod render_template;

use std::collections::BTreeSet;
use std::time::Duration;

use common::ids::SecretName;
use database::Pool;
use database::execution::Run;
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::template::Scope;
use serde_json::Value;

use crate::mask::Masker;
use crate::outbound::Outbound;
use crate::secrets::SecretStore;

/// What steps work with besides what they are given.
#[derive(Clone)]
pub struct Tools {
    /// The way out.
    pub outbound: Outbound,
    /// The database, for the steps that come with the product.
    pub pool: Pool,
    /// The secrets that steps name.
    pub secrets: SecretStore,
}

/// What a step is asked to do.
pub struct Call<'a> {
    /// The right to write to the workflow.
    pub run: &'a Run,
    /// What it does it with, its expressions still in it.
    pub with: &'a Value,
    /// What its expressions see.
    pub scope: &'a Scope,
    /// The same for every attempt at this step of this workflow, and for no other.
    pub idempotency_key: String,
    /// The request that the workflow came from.
    pub request_id: Option<&'a str>,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
    /// The secrets that steps of the workflow name: what one has sent, another may be told.
    pub secrets: &'a BTreeSet<SecretName>,
    /// What takes them out of what comes back; none when there are none.
    pub mask: Option<&'a Masker>,
}

impl Call<'_> {
    /// The digest of what came back, with secrets masked: nobody can try out by it what a secret is.
    pub fn digest_of(&self, bytes: &[u8]) -> Digest {
        match self.mask.and_then(|mask| mask.without(&String::from_utf8_lossy(bytes))) {
            Some(masked) => Digest::of(masked.as_bytes()),
            None => Digest::of(bytes),
        }
    }
}

/// What an attempt came to.
pub struct Attempt {
    /// The digest of what was sent or rendered.
    pub request: Digest,
    /// The digest of what came back.
    pub response: Option<Digest>,
    /// What later steps see, or what went wrong.
    pub outcome: Result<Value, StepError>,
}

/// Why an attempt failed.
#[derive(Debug)]
pub struct StepError {
    /// What happened, for people; never a secret.
    pub message: String,
    /// Whether another attempt may succeed.
    pub retry: Retry,
}

/// Whether another attempt may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail the same way.
    Never,
    /// It may.
    Backoff,
    /// It may, but not before this time has passed.
    After(Duration),
}

impl Attempt {
    /// An attempt that failed before anything left us.
    pub fn unsendable(call: &Call<'_>, message: impl Into<String>) -> Self {
        let error = StepError { message: message.into(), retry: Retry::Never };
        Self { request: Digest::of_json(call.with), response: None, outcome: Err(error) }
    }
}

/// Makes an attempt at a step. What comes of it is without the secrets of the workflow.
pub async fn run(kind: StepKind, call: Call<'_>, tools: &Tools) -> Attempt {
    if call.secrets.is_empty() {
        return dispatch(kind, call, tools).await;
    }
    let failed = |error| Attempt { outcome: Err(error), ..Attempt::unsendable(&call, "") };
    let secrets = match tools.secrets.load(call.secrets).await {
        Ok(secrets) => secrets,
        Err(error) => return failed(error),
    };
    let mask = match Masker::new(&secrets) {
        Ok(mask) => mask,
        Err(message) => return failed(StepError { message, retry: Retry::Never }),
    };
    let scope = Scope { secrets: secrets.only(&governance::secrets::used_in(call.with)), ..call.scope.clone() };
    let attempt = dispatch(kind, Call { scope: &scope, mask: Some(&mask), ..call }, tools).await;
    let outcome = match attempt.outcome {
        Ok(output) => Ok(mask.value(output)),
        Err(error) => Err(StepError { message: mask.text(error.message), ..error }),
    };
    Attempt { outcome, ..attempt }
}

async fn dispatch(kind: StepKind, call: Call<'_>, tools: &Tools) -> Attempt {
    match kind {
        StepKind::HttpRequest => http_request::run(call, &tools.outbound).await,
        StepKind::RenderTemplate => render_template::run(call),
        StepKind::GrantMandate => grant_mandate::run(call, &tools.pool).await,
    }
}
