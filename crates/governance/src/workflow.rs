//! The words for where a proposal, a review, a vote and a step stand.

use common::text_enum;

text_enum! {
    /// Where a workflow stands. The legal ways between are guarded by the database.
    pub enum WorkflowStatus {
        /// Waits for its councils.
        PendingReview = "pending_review",
        /// May run once its cooling-off period is over.
        Approved = "approved",
        /// On its way to a worker.
        Queued = "queued",
        /// A worker has claimed it.
        Running = "running",
        /// Every step is done.
        Completed = "completed",
        /// A step failed for good.
        Failed = "failed",
        /// A council said no.
        Rejected = "rejected",
        /// No decision fell in time.
        Expired = "expired",
        /// Taken back, or stopped in its cooling-off period.
        Cancelled = "cancelled",
        /// A policy forbids it: it was refused when it was made.
        Blocked = "blocked",
    }
}

text_enum! {
    /// Why a workflow may run, or why it may not.
    pub enum Basis {
        /// Its councils decide.
        Review = "review",
        /// No responsible council's policy asks for a review.
        Policy = "policy",
        /// Its councils granted it in advance.
        Mandate = "mandate",
        /// An admin ran it before its councils decided; they ratify it or do not.
        BreakGlass = "break_glass",
        /// A policy forbids it.
        Blocked = "blocked",
    }
}

text_enum! {
    /// What a review is asked.
    pub enum ReviewKind {
        /// Whether the workflow may run.
        Approval = "approval",
        /// Whether it was right to run it before it was approved.
        Ratification = "ratification",
    }
}

text_enum! {
    /// Where one council's review of a workflow stands.
    pub enum ReviewOutcome {
        /// Votes are taken.
        Open = "open",
        /// The council said yes.
        Approved = "approved",
        /// The council said no.
        Rejected = "rejected",
        /// The council did not decide in time.
        Expired = "expired",
        /// The council did not decide in time, and another decides in its place.
        Escalated = "escalated",
        /// Another council, the proposer or an admin ended it.
        Cancelled = "cancelled",
    }
}

impl ReviewOutcome {
    /// Whether the council lets the workflow go on: it said yes, or another council answers in its place.
    pub const fn is_carried(self) -> bool {
        matches!(self, Self::Approved | Self::Escalated)
    }
}

text_enum! {
    /// What a voter says.
    pub enum Vote {
        /// Let it run.
        Approve = "approve",
        /// Do not.
        Reject = "reject",
        /// Neither; counts for the quorum only.
        Abstain = "abstain",
    }
}

text_enum! {
    /// Where a step stands.
    pub enum StepStatus {
        /// Not begun.
        Pending = "pending",
        /// Being attempted, or waiting for its next attempt.
        Running = "running",
        /// Done; its output is kept.
        Completed = "completed",
        /// Failed for good.
        Failed = "failed",
        /// Not run: a condition left it out.
        Skipped = "skipped",
    }
}

impl StepStatus {
    /// Whether the run has it behind it.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Completed | Self::Skipped)
    }
}
