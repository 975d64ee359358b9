//! Running a claimed workflow, step after step.

use std::collections::HashSet;
use std::mem;
use std::time::{Duration, Instant};

use common::Traceparent;
use common::ids::StepName;
use common::telemetry::traces::{Attribute, Kind, Span};
use database::execution::{Attempted, Change, Claim, Progress, Run, StepChange, StepResult, Then, release};
use database::governance::ask::{answer, ask};
use database::{Error, Pool, Result};
use governance::definition::Step;
use governance::steps::idempotency_key;
use governance::template::Scope;
use governance::workflow::StepStatus;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::backoff;
use crate::journal::Journal;
use crate::metrics::RunMetrics;
use crate::settings::EngineSettings;
use crate::steps::{self, Attempt, Call, Outcome, Retry, StepError, Tools};

/// How running a claim ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// PostgreSQL knows all that is to be known: the entry is dealt with.
    Settled,
    /// The same, and it is due again after this time.
    Waits(Duration),
    /// The run stopped without a word to PostgreSQL: the entry stays, for whoever claims the workflow next.
    Abandoned,
}

/// Runs claims.
#[derive(Clone)]
pub struct Executor {
    pool: Pool,
    journal: Journal,
    tools: Tools,
    settings: EngineSettings,
    metrics: RunMetrics,
}

/// A run under way.
struct Course<'a> {
    claim: &'a Claim,
    /// Its span in the trace that the workflow belongs to.
    trace: &'a mut Span,
    scope: Scope,
    /// The output of the last step that was done.
    last: Option<Value>,
    /// What is not written yet. What steps did reaches the database before anything else of the run reaches the world.
    changes: Vec<StepChange>,
    /// Steps that a condition has ruled out just now.
    ruled_out: HashSet<StepName>,
}

/// What one step led to.
enum Next {
    /// The next one.
    Continue,
    /// The run goes no further for now, or for good.
    Leave(Then),
    /// The run has gone back to its councils.
    Asked,
}

impl Executor {
    /// Prepares to run claims.
    pub const fn new(
        pool: Pool,
        journal: Journal,
        tools: Tools,
        settings: EngineSettings,
        metrics: RunMetrics,
    ) -> Self {
        Self { pool, journal, tools, settings, metrics }
    }

    /// Runs a claim to its end, or until its lease is `lost` or it is to be handed over to another worker.
    pub async fn execute(&self, claim: Claim, lost: &CancellationToken, hand_over: &CancellationToken) -> Ending {
        let _in_flight = self.metrics.started(&claim);
        let mut trace = trace(&claim);
        let span = span(&claim, trace.traceparent());
        let running = async {
            tokio::select! {
                outcome = self.run(&claim, &mut trace) => outcome,
                () = lost.cancelled() => Err(Error::LeaseLost),
                // Due at once: another worker need not wait until it is found to be overdue.
                () = hand_over.cancelled() => self.hand_over(&claim.run).await.map(|()| Ending::Waits(Duration::ZERO)),
            }
        };
        running.instrument(span.clone()).await.unwrap_or_else(|error| {
            trace.fails("abandoned");
            span.in_scope(|| tracing::warn!(fence = claim.run.fence, "the run was left: {error}"));
            Ending::Abandoned
        })
    }

    async fn hand_over(&self, run: &Run) -> Result<()> {
        release(&mut *self.pool.get().await?, run).await
    }

    async fn run(&self, claim: &Claim, trace: &mut Span) -> Result<Ending> {
        let mut course = Course {
            claim,
            trace,
            scope: Scope { inputs: claim.inputs.clone(), ..Scope::default() },
            last: None,
            changes: Vec::new(),
            ruled_out: HashSet::new(),
        };
        if claim.actual != claim.approved {
            tracing::error!("what is stored is not what was approved");
            let reason = "what is stored is not what was approved".to_owned();
            return self.end(&mut course, Then::Fails(reason)).await;
        }
        for ((position, step), progress) in (0..).zip(&claim.version.steps).zip(&claim.progress) {
            match self.step(&mut course, position, step, progress).await? {
                Next::Continue => {}
                Next::Leave(then) => return self.end(&mut course, then).await,
                Next::Asked => return Ok(Ending::Settled),
            }
        }
        let output = course.last.take();
        self.end(&mut course, Then::Completes(output)).await
    }

    /// Writes what became of the run, and leaves it.
    async fn end(&self, course: &mut Course<'_>, then: Then) -> Result<Ending> {
        let claim = course.claim;
        let ending = match &then {
            Then::Waits(time) => Ending::Waits(*time),
            _ => Ending::Settled,
        };
        self.write(course, then.clone()).await?;
        match then {
            Then::Completes(_) => {
                tracing::info!(workflow_type = %claim.workflow_type, "completed");
                self.metrics.completed(claim);
            }
            Then::Fails(_) => {
                tracing::info!(workflow_type = %claim.workflow_type, "failed");
                course.trace.fails("failed");
                self.metrics.failed(claim);
            }
            Then::Waits(_) | Then::GoesOn => {}
        }
        Ok(ending)
    }

    async fn write(&self, course: &mut Course<'_>, then: Then) -> Result<()> {
        let (run, steps) = (course.claim.run.clone(), mem::take(&mut course.changes));
        self.journal.write(Change { run, steps, then }).await
    }

    /// Goes through a step.
    async fn step(&self, course: &mut Course<'_>, position: i32, step: &Step, progress: &Progress) -> Result<Next> {
        let claim = course.claim;
        match progress.status {
            StepStatus::Completed => {
                let output = progress.output.clone().unwrap_or_default();
                course.finish(&step.name, output);
                return Ok(Next::Continue);
            }
            _ if course.ruled_out.contains(&step.name) => return Ok(Next::Continue),
            StepStatus::Skipped => {
                course.scope.finish(step.name.as_str(), Value::Null);
                return Ok(Next::Continue);
            }
            StepStatus::Pending | StepStatus::Running | StepStatus::Failed => {}
        }
        let mut this = Attempted { position, name: step.name.clone(), attempt: progress.attempt };
        if let Some(time) = progress.resume_at {
            // A claim before its time is refused by the database's clock: the time has come.
            let output = json!({"resumed_at": time.to_rfc3339()});
            course.done(this, Digests::of_wait(&output), output);
            return Ok(Next::Continue);
        }
        if progress.status == StepStatus::Running && progress.asked_round.is_some() {
            let answer = answer(&mut *self.pool.get().await?, &claim.run, position).await?;
            course.finish(&step.name, answer.outcome.clone().unwrap_or_default());
            course.changes.push(StepChange::Ended(this, answer));
            return Ok(Next::Continue);
        }
        this.attempt += 1;
        if !step.kind.is_pure() {
            course.changes.push(StepChange::Begun(this.clone()));
            self.write(course, Then::GoesOn).await?;
        }
        let number = u32::try_from(this.attempt).unwrap_or(u32::MAX);
        let begun = Instant::now();
        let mut trace = trace_of_step(step, number, course.trace.traceparent());
        let attempt = self.attempt(course, step, number, trace.traceparent()).await;
        if let Err(error) = &attempt.outcome {
            trace.fails(if error.retry == Retry::Never { "final" } else { "passing" });
        }
        drop(trace);
        self.metrics.attempted(step.kind, begun.elapsed(), &attempt.outcome);
        for line in attempt.log {
            course.changes.push(StepChange::Logged(this.clone(), line));
        }
        let digests = Digests { request: attempt.request, response: attempt.response };
        let error = match attempt.outcome {
            Ok(Outcome::Done(output)) => {
                course.done(this, digests, output);
                return Ok(Next::Continue);
            }
            Ok(Outcome::Skip { output, steps }) => {
                course.done(this, digests, output);
                course.rule_out(&step.name, steps);
                return Ok(Next::Continue);
            }
            Ok(Outcome::Wait(time)) => {
                course.changes.push(StepChange::Waits(this, time));
                return Ok(Next::Leave(Then::Waits(time)));
            }
            Ok(Outcome::Ask { council, question }) => {
                if !course.changes.is_empty() {
                    self.write(course, Then::GoesOn).await?;
                }
                let mut connection = self.pool.get().await?;
                ask(&mut connection, &claim.run, position, council.as_ref(), question.trim()).await?;
                return Ok(Next::Asked);
            }
            Err(error) => error,
        };
        if error.retry != Retry::Never && number < step.max_attempts {
            let asked = match error.retry {
                Retry::After(asked) => Some(asked),
                Retry::Never | Retry::Backoff => None,
            };
            let delay = backoff::delay(self.settings.retry_base, number, rand::random(), asked);
            course.changes.push(StepChange::ToBeRetried(this, digests.with(Err(error.message)), delay));
            return Ok(Next::Leave(Then::Waits(delay)));
        }
        let message = format!("{} failed: {}", step.name, error.message);
        course.changes.push(StepChange::Ended(this, digests.with(Err(error.message))));
        Ok(Next::Leave(Then::Fails(message)))
    }

    async fn attempt(&self, course: &Course<'_>, step: &Step, number: u32, traceparent: Traceparent) -> Attempt {
        let claim = course.claim;
        let call = || Call {
            run: &claim.run,
            steps: &claim.version.steps,
            name: &step.name,
            with: &step.with,
            scope: &course.scope,
            idempotency_key: idempotency_key(claim.run.id, &step.name),
            request_id: claim.request_id.as_deref(),
            traceparent,
            mask: None,
        };
        // Each attempt so far ended with its worker: the step may be what ends them.
        if number > step.max_attempts && !step.kind.is_pure() {
            return Attempt::unsendable(&call(), format!("was interrupted in {} attempts", number - 1));
        }
        let limit = Duration::from_secs(step.timeout_seconds.into());
        match tokio::time::timeout(limit, steps::run(step.kind, call(), &self.tools)).await {
            Ok(attempt) => attempt,
            Err(_) => Attempt {
                outcome: Err(StepError {
                    message: format!("took more than {} s", limit.as_secs()),
                    retry: Retry::Backoff,
                }),
                ..Attempt::unsendable(&call(), "")
            },
        }
    }
}

/// Begins the span of a run, which goes on where the workflow was sent from.
fn trace(claim: &Claim) -> Span {
    let mut span = Span::begin(Kind::Consumer, claim.traceparent, || format!("run {}", claim.workflow_type).into());
    span.says(|| {
        [
            Attribute::new("messaging.system", "redis"),
            Attribute::new("messaging.operation.type", "process"),
            Attribute::new("messaging.destination.name", claim.priority.as_str()),
            Attribute::new("codex.workflow.id", claim.run.id.to_string()),
            Attribute::new("codex.workflow.type", claim.workflow_type.to_string()),
            Attribute::new("codex.run.fence", claim.run.fence),
        ]
    });
    span
}

/// What every line that is logged in a run says of it.
fn span(claim: &Claim, traceparent: Traceparent) -> tracing::Span {
    tracing::error_span!(
        "run",
        workflow_id = %claim.run.id,
        request_id = claim.request_id,
        trace_id = traceparent.trace_id(),
    )
}

/// Begins the span of an attempt at a step.
fn trace_of_step(step: &Step, attempt: u32, parent: Traceparent) -> Span {
    let mut span = Span::begin(Kind::Internal, Some(parent), || format!("step {}", step.name).into());
    span.says(|| {
        [
            Attribute::new("codex.step.kind", step.kind.as_str()),
            Attribute::new("codex.step.attempt", i64::from(attempt)),
        ]
    });
    span
}

/// What was sent and what came back.
struct Digests {
    request: governance::digest::Digest,
    response: Option<governance::digest::Digest>,
}

impl Digests {
    fn of_wait(output: &Value) -> Self {
        let digest = governance::digest::Digest::of_json(output);
        Self { request: digest, response: Some(digest) }
    }

    fn with(self, outcome: std::result::Result<Value, String>) -> StepResult {
        StepResult { request: self.request, response: self.response, outcome }
    }
}

impl Course<'_> {
    fn done(&mut self, step: Attempted, digests: Digests, output: Value) {
        self.finish(&step.name, output.clone());
        self.changes.push(StepChange::Ended(step, digests.with(Ok(output))));
    }

    /// Skips later steps; written with the condition's result, so that whoever goes on with the run knows.
    fn rule_out(&mut self, condition: &StepName, ruled_out: Vec<StepName>) {
        for (position, step) in (0..).zip(&self.claim.version.steps) {
            if ruled_out.contains(&step.name) {
                let skipped = Attempted { position, name: step.name.clone(), attempt: 0 };
                self.changes.push(StepChange::Skipped(skipped, condition.clone()));
                self.scope.finish(step.name.as_str(), Value::Null);
            }
        }
        self.ruled_out.extend(ruled_out);
    }

    /// Lets later steps see an output.
    fn finish(&mut self, step: &StepName, output: Value) {
        self.scope.finish(step.as_str(), output.clone());
        self.last = Some(output);
    }
}
