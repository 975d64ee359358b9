//! Running what was approved. Written by workflow-worker.
//!
//! A worker claims a workflow with a lease and gets a fence, a number that only grows. Every write of a run names its
//! fence; once another worker has claimed the workflow, the old number opens nothing.

mod backlog;
mod claim;
mod recover;
mod run;

pub use backlog::Backlog;
pub use claim::{Claim, Entry, claim, release, renew};
pub use recover::{promote_cooled_off, recover, redispatch_due};
pub(crate) use run::hold;
pub use run::{Run, StepResult, begin_step, complete, fail, finish_step, retry_later, skip_steps};
