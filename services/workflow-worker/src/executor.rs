//! Running a claimed workflow, step after step.

use std::sync::Arc;
use std::time::Duration;

use common::encryption::Encryption;
use database::execution::{
    Claim, Run, StepResult, begin_step, complete, fail, finish_step, release, renew, retry_later,
};
use database::{Error, Pool, Result};
use governance::definition::Step;
use governance::steps::idempotency_key;
use governance::template::Scope;
use governance::workflow::StepStatus;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::metrics::RunMetrics;
use crate::outbound::Outbound;
use crate::secrets::SecretStore;
use crate::settings::EngineSettings;
use crate::steps::{self, Attempt, Call, Retry, StepError, Tools};

/// How running a claim ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// PostgreSQL knows all that is to be known: finished, or due again at a time of its own. The entry is dealt with.
    Settled,
    /// The run stopped without a word to PostgreSQL: the entry stays, for whoever claims the workflow next.
    Abandoned,
}

/// Runs claims.
#[derive(Clone)]
pub struct Executor {
    pool: Pool,
    tools: Tools,
    settings: EngineSettings,
    metrics: RunMetrics,
}

/// What one step led to.
enum Next {
    Continue,
    Stop,
}

impl Executor {
    /// Prepares to run claims.
    pub fn new(pool: Pool, settings: EngineSettings, metrics: RunMetrics) -> anyhow::Result<Self> {
        let encryption = Encryption::new(settings.encryption_key.expose_secret()).map_err(anyhow::Error::msg)?;
        let secrets = SecretStore::new(pool.clone(), Arc::new(encryption));
        let tools = Tools { outbound: Outbound::new(&settings.outbound_allowlist)?, pool: pool.clone(), secrets };
        Ok(Self { pool, tools, settings, metrics })
    }

    /// Runs a claim to its end, or until its lease is lost or `stop` hands it to another worker.
    pub async fn execute(&self, claim: Claim, stop: &CancellationToken) -> Ending {
        let run = claim.run.clone();
        let outcome = tokio::select! {
            outcome = self.run(claim) => outcome,
            () = self.keep_lease(&run) => Err(Error::LeaseLost),
            () = stop.cancelled() => self.hand_over(&run).await,
        };
        match outcome {
            Ok(()) => Ending::Settled,
            Err(error) => {
                tracing::warn!(workflow_id = %run.id, fence = run.fence, "the run was left: {error}");
                Ending::Abandoned
            }
        }
    }

    async fn hand_over(&self, run: &Run) -> Result<()> {
        release(&mut *self.pool.get().await?, run).await
    }

    /// Renews the lease; returns when it is lost, or can't be renewed before it ends.
    async fn keep_lease(&self, run: &Run) {
        let lease = self.settings.lease;
        let mut renewed = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(lease / 3).await;
            let renewal = async { renew(&mut *self.pool.get().await?, run, lease).await };
            match renewal.await {
                Ok(true) => renewed = tokio::time::Instant::now(),
                Ok(false) => return,
                Err(error) if renewed.elapsed() >= lease => {
                    tracing::error!(workflow_id = %run.id, "the lease ran out: {error}");
                    return;
                }
                Err(error) => tracing::warn!(workflow_id = %run.id, "the lease could not be renewed: {error}"),
            }
        }
    }

    async fn run(&self, claim: Claim) -> Result<()> {
        if claim.actual != claim.approved {
            tracing::error!(workflow_id = %claim.run.id, "what is stored is not what was approved");
            fail(&mut *self.pool.get().await?, &claim.run, "what is stored is not what was approved").await?;
            self.metrics.failed(&claim.workflow_type);
            return Ok(());
        }
        let mut scope = Scope { inputs: claim.inputs.clone(), ..Scope::default() };
        let mut last = None;
        for ((position, step), progress) in (0..).zip(&claim.steps).zip(&claim.progress) {
            if progress.status == StepStatus::Completed {
                last.clone_from(&progress.output);
                scope.finish(step.name.as_str(), progress.output.clone().unwrap_or_default());
                continue;
            }
            match self.step(&claim, position, step, &mut scope, &mut last).await? {
                Next::Continue => {}
                Next::Stop => return Ok(()),
            }
        }
        complete(&mut *self.pool.get().await?, &claim.run, last.as_ref()).await?;
        self.metrics.completed(&claim.workflow_type);
        Ok(())
    }

    async fn step(
        &self,
        claim: &Claim,
        position: i32,
        step: &Step,
        scope: &mut Scope,
        last: &mut Option<serde_json::Value>,
    ) -> Result<Next> {
        let number = begin_step(&mut *self.pool.get().await?, &claim.run, position).await?;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let attempt = self.attempt(claim, step, scope, number).await;
        let mut connection = self.pool.get().await?;
        let error = match attempt.outcome {
            Ok(output) => {
                let result =
                    StepResult { request: attempt.request, response: attempt.response, outcome: Ok(output.clone()) };
                finish_step(&mut connection, &claim.run, position, &result).await?;
                scope.finish(step.name.as_str(), output.clone());
                *last = Some(output);
                return Ok(Next::Continue);
            }
            Err(error) => error,
        };
        if error.retry != Retry::Never && number < step.max_attempts {
            let asked = match error.retry {
                Retry::After(asked) => Some(asked),
                Retry::Never | Retry::Backoff => None,
            };
            let delay = backoff::delay(self.settings.retry_base, number, rand::random(), asked);
            let result =
                StepResult { request: attempt.request, response: attempt.response, outcome: Err(error.message) };
            retry_later(&mut connection, &claim.run, position, &result, delay).await?;
            return Ok(Next::Stop);
        }
        let message = format!("{} failed: {}", step.name, error.message);
        let result = StepResult { request: attempt.request, response: attempt.response, outcome: Err(error.message) };
        finish_step(&mut connection, &claim.run, position, &result).await?;
        fail(&mut connection, &claim.run, &message).await?;
        self.metrics.failed(&claim.workflow_type);
        Ok(Next::Stop)
    }

    async fn attempt(&self, claim: &Claim, step: &Step, scope: &Scope, number: u32) -> Attempt {
        let secrets = governance::secrets::used(&claim.steps);
        let call = || Call {
            run: &claim.run,
            with: &step.with,
            scope,
            idempotency_key: idempotency_key(claim.run.id, &step.name),
            request_id: claim.request_id.as_deref(),
            traceparent: claim.traceparent.as_deref(),
            secrets: &secrets,
            mask: None,
        };
        // Each attempt so far ended with its worker: the step may be what ends them.
        if number > step.max_attempts {
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
