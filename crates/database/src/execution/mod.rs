//! Running what was approved. Written by workflow-worker.
//!
//! A worker claims workflows with a lease each and gets fences, numbers that only grow. Every write of a run names its
//! fence; once another worker has claimed the workflow, the old number opens nothing.

mod backlog;
mod claim;
pub mod monitor;
mod notes;
pub mod queues;
mod reconcile;
mod recover;
mod run;
pub mod throughput;

pub use backlog::{Backlog, failed_runs};
pub use claim::{Claim, Entry, Progress, Version, Versions, claim, release, renew, still_held};
pub use reconcile::{Reconciliation, reconcile};
pub use recover::{promote_cooled_off, recover, redispatch_due, unpark};
pub(crate) use run::hold;
pub use run::{Attempted, Change, Run, StepChange, StepResult, Then, write};
