//! The kinds of step: a file, its `mod` and a line here for each. `docs/steps.md` shows how one is added.

mod approval;
mod condition;
mod delay;
mod grant_mandate;
mod http_request;
mod maintenance_cleanup;
mod render_template;
mod report_weekly;
mod send_email;
mod transform;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use common::Traceparent;
use common::ids::{CouncilId, StepName};
use database::Pool;
use database::execution::Run;
use governance::definition::{Step, StepKind};
use governance::digest::Digest;
use governance::secrets;
use governance::template::Scope;
use mailer::Mailer;
use serde_json::Value;

use crate::mask::Masker;
use crate::outbound::Outbound;
use crate::secrets::SecretStore;

/// What steps work with besides what they are given.
#[derive(Clone)]
pub struct Tools {
    /// The way out.
    pub outbound: Outbound,
    /// What sends mail; none when the worker has no mail server.
    pub mailer: Option<Mailer>,
    /// The database, for the steps that come with the product.
    pub pool: Pool,
    /// The secrets that steps name.
    pub secrets: SecretStore,
}

/// What a step is asked to do.
pub struct Call<'a> {
    /// The right to write to the workflow.
    pub run: &'a Run,
    /// All steps of the workflow.
    pub steps: &'a [Step],
    /// What this one is called.
    pub name: &'a StepName,
    /// What it does it with, its expressions still in it.
    pub with: &'a Value,
    /// What its expressions see.
    pub scope: &'a Scope,
    /// The same for every attempt at this step of this workflow, and for no other.
    pub idempotency_key: String,
    /// The request that the workflow came from.
    pub request_id: Option<&'a str>,
    /// The attempt's place in the trace that the workflow belongs to.
    pub traceparent: Traceparent,
    /// What takes the workflow's secrets out of what comes back; [`run`] sees to it.
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
    /// What comes of it, or what went wrong.
    pub outcome: Result<Outcome, StepError>,
    /// What is worth telling of it, for people; never a secret.
    pub log: Vec<String>,
}

/// What an attempt came to, when it did not fail.
#[derive(Debug)]
pub enum Outcome {
    /// It is done, with this output.
    Done(Value),
    /// It is done once this time has passed; the run holds no worker meanwhile. Its output is `{"resumed_at": <RFC 3339>}`.
    Wait(Duration),
    /// These steps are not to be run; the step itself is done with this output. For `condition`.
    Skip {
        /// What later steps see of it.
        output: Value,
        /// Which, and those that hang on them.
        steps: Vec<StepName>,
    },
    /// Councils are asked; the step is done when they approved. For `approval`.
    Ask {
        /// Which; those that answer for the type when not said.
        council: Option<CouncilId>,
        /// What they are asked.
        question: String,
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

impl StepError {
    /// A failure that another attempt would only repeat.
    pub fn never(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: Retry::Never }
    }

    /// A failure that may pass.
    pub fn backoff(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: Retry::Backoff }
    }
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
    /// An attempt with this outcome, of which nothing came back.
    pub const fn new(request: Digest, outcome: Result<Outcome, StepError>) -> Self {
        Self { request, response: None, outcome, log: Vec::new() }
    }

    /// An attempt that came to a value by itself: the digest of what came back is the value's.
    pub fn made(request: Digest, output: Value) -> Self {
        let response = Some(Digest::of_json(&output));
        Self { response, ..Self::new(request, Ok(Outcome::Done(output))) }
    }

    /// An attempt that failed before anything left us.
    pub fn unsendable(call: &Call<'_>, message: impl Into<String>) -> Self {
        Self::new(Digest::of_json(call.with), Err(StepError::never(message)))
    }
}

impl Attempt {
    /// The same without secrets.
    fn masked(self, mask: &Masker) -> Self {
        let outcome = self.outcome.map_err(|error| StepError { message: mask.text(error.message), ..error });
        Self {
            outcome: outcome.map(|outcome| outcome.masked(mask)),
            log: self.log.into_iter().map(|line| mask.text(line)).collect(),
            ..self
        }
    }
}

impl Outcome {
    fn masked(self, mask: &Masker) -> Self {
        match self {
            Self::Done(output) => Self::Done(mask.value(output)),
            Self::Wait(time) => Self::Wait(time),
            Self::Skip { output, steps } => Self::Skip { output: mask.value(output), steps },
            Self::Ask { council, question } => Self::Ask { council, question: mask.text(question) },
        }
    }
}

/// Makes an attempt at a step. What comes of it is without the secrets that steps of the workflow name: what one has sent,
/// another may be told.
pub async fn run(kind: StepKind, call: Call<'_>, tools: &Tools) -> Attempt {
    // What touches nothing outside the run is given what was masked before.
    let names = if kind.is_pure() { BTreeSet::new() } else { secrets::used(call.steps) };
    if names.is_empty() {
        return dispatch(kind, call, tools).await;
    }
    let failed = |error| Attempt { outcome: Err(error), ..Attempt::unsendable(&call, "") };
    let known = match tools.secrets.load(&names).await {
        Ok(known) => known,
        Err(error) => return failed(error),
    };
    let mask = match Masker::new(&known) {
        Ok(mask) => Arc::new(mask),
        Err(message) => return failed(StepError::never(message)),
    };
    let scope = Scope { secrets: known.only(&secrets::used_in(call.with)), ..call.scope.clone() };
    let attempt = dispatch(kind, Call { scope: &scope, mask: Some(&mask), ..call }, tools).await;
    let request = attempt.request;
    // Megabytes are not looked through on a thread that others wait for.
    let masking = tokio::task::spawn_blocking({
        let mask = mask.clone();
        move || attempt.masked(&mask)
    });
    masking.await.unwrap_or_else(|_| Attempt::new(request, Err(StepError::never("what came back can't be masked"))))
}

async fn dispatch(kind: StepKind, call: Call<'_>, tools: &Tools) -> Attempt {
    match kind {
        StepKind::HttpRequest => http_request::run(call, &tools.outbound).await,
        StepKind::SendEmail => send_email::run(call, tools.mailer.as_ref()).await,
        StepKind::RenderTemplate => render_template::run(call),
        StepKind::Transform => transform::run(call),
        StepKind::Condition => condition::run(call),
        StepKind::Delay => delay::run(call),
        StepKind::Approval => approval::run(call),
        StepKind::ReportWeekly => report_weekly::run(call, tools).await,
        StepKind::MaintenanceCleanup => maintenance_cleanup::run(call, &tools.pool).await,
        StepKind::GrantMandate => grant_mandate::run(call, &tools.pool).await,
    }
}
