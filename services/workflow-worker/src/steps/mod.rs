//! The kinds of step: a file and a line here for each.

mod grant_mandate;
mod http_request;
mod render_template;

use std::time::Duration;

use common::ids::StepName;
use database::Pool;
use database::execution::Run;
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::template::Scope;
use serde_json::Value;

use crate::outbound::Outbound;

/// What steps work with besides what they are given.
#[derive(Clone)]
pub struct Tools {
    /// The way out.
    pub outbound: Outbound,
    /// The database, for the steps that come with the product.
    pub pool: Pool,
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
}

/// What an attempt came to.
pub struct Attempt {
    /// The digest of what was sent or rendered.
    pub request: Digest,
    /// The digest of what came back.
    pub response: Option<Digest>,
    /// What it came to, or what went wrong.
    pub outcome: Result<Outcome, StepError>,
    /// Lines for whoever watches; never a secret.
    pub log: Vec<String>,
}

/// What an attempt came to that did not fail.
#[derive(Debug)]
pub enum Outcome {
    /// The step is done, with this output.
    Done(Value),
    /// It is done once this time has passed; the run holds no worker meanwhile.
    Wait(Duration),
    /// It is done, with this output, and these later steps are not to be run.
    Skip {
        /// What later steps see.
        output: Value,
        /// Which are not run.
        steps: Vec<StepName>,
    },
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
        Self { request: Digest::of_json(call.with), response: None, outcome: Err(error), log: Vec::new() }
    }
}

/// Makes an attempt at a step.
pub async fn run(kind: StepKind, call: Call<'_>, tools: &Tools) -> Attempt {
    match kind {
        StepKind::HttpRequest => http_request::run(call, &tools.outbound).await,
        StepKind::RenderTemplate => render_template::run(call),
        StepKind::GrantMandate => grant_mandate::run(call, &tools.pool).await,
    }
}
