//! A workflow as an agent needs it: where it stands, what was decided and why, what came of it, and what to do next.

use chrono::{DateTime, Utc};
use common::ids::{CouncilId, WorkflowId, WorkflowTypeId};
use database::governance::workflows::{Detail, ReviewView, Summary};
use governance::digest::Digest;
use governance::workflow::{Basis, ReviewOutcome, StepStatus, Vote, WorkflowStatus};
use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

/// Declares the schemas of enums that are words.
macro_rules! words {
    ($($name:ident: $kind:ty),+ $(,)?) => {$(
        /// The schema of these words.
        pub fn $name(_: &mut SchemaGenerator) -> Schema {
            let words: Vec<_> = <$kind>::ALL.iter().map(|word| word.as_str()).collect();
            json_schema!({"type": "string", "enum": words})
        }
    )+};
}

words!(
    statuses: WorkflowStatus,
    bases: Basis,
    outcomes: ReviewOutcome,
    votes: Vote,
    step_statuses: StepStatus,
);

/// A workflow.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct View {
    /// Names it in every other call.
    #[schemars(with = "String")]
    workflow_id: WorkflowId,
    /// Of which type it is.
    #[schemars(with = "String")]
    workflow_type: WorkflowTypeId,
    /// Of which version of the type.
    version: i32,
    /// Where it stands.
    #[schemars(schema_with = "statuses")]
    status: WorkflowStatus,
    /// Why it may run or not: by a review, by policy, by a mandate, because an admin broke glass, or blocked.
    #[schemars(schema_with = "bases")]
    basis: Basis,
    /// What to do now.
    next: String,
    /// SHA-256 of what exactly was proposed: what is voted on, and what runs.
    #[schemars(with = "String")]
    digest: Digest,
    /// What each responsible council's policy said to the proposal.
    #[schemars(with = "Vec<Map<String, Value>>")]
    findings: Value,
    /// What each council's review came to.
    reviews: Vec<Review>,
    /// What the councils' operators said.
    votes: Vec<Voted>,
    /// How far it has run.
    steps: Vec<Step>,
    /// What came of it.
    output: Option<Value>,
    /// Why it failed.
    error: Option<String>,
    #[schemars(with = "String")]
    created_at: DateTime<Utc>,
    #[schemars(with = "Option<String>")]
    decided_at: Option<DateTime<Utc>>,
    #[schemars(with = "Option<String>")]
    finished_at: Option<DateTime<Utc>>,
    /// Where to look further.
    look_at: Places,
}

/// Where a workflow is found.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Places {
    /// Its path in the API.
    workflow: String,
    /// The path of its evidence in the API.
    evidence: String,
    /// Its page for people.
    console: Option<String>,
}

/// A council's review.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Review {
    #[schemars(with = "String")]
    council_id: CouncilId,
    #[schemars(schema_with = "outcomes")]
    outcome: ReviewOutcome,
    /// When votes end.
    #[schemars(with = "String")]
    deadline: DateTime<Utc>,
    /// In which round.
    round: i32,
    /// What the run asks in the middle, if the review is not of the proposal.
    question: Option<String>,
}

/// What an operator said.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Voted {
    #[schemars(with = "String")]
    council_id: CouncilId,
    #[schemars(schema_with = "votes")]
    vote: Vote,
    comment: Option<String>,
}

/// A step of the run.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Step {
    name: String,
    #[schemars(schema_with = "step_statuses")]
    status: StepStatus,
    /// How often it was tried.
    attempt: i32,
    error: Option<String>,
}

impl Places {
    /// Where this workflow is found.
    pub fn of(id: WorkflowId, console: Option<&str>) -> Self {
        Self {
            workflow: format!("/api/workflows/{id}"),
            evidence: format!("/api/workflows/{id}/evidence"),
            console: console.map(|origin| format!("{origin}/workflows/{id}")),
        }
    }
}

impl View {
    /// Looks at a workflow; `console` is the origin of the pages for people.
    pub fn of(workflow: Detail, console: Option<&str>) -> Self {
        // They are kept on the record of the proposal, and nowhere else.
        let proposed = workflow.timeline.iter().find(|event| event.event == "proposed");
        let findings = proposed.map_or(Value::Null, |event| event.detail["findings"].clone());
        let Detail { summary, votes, steps, output, error, .. } = workflow;
        Self {
            workflow_id: summary.id,
            next: next(&summary),
            workflow_type: summary.workflow_type.id,
            version: summary.workflow_type.version,
            status: summary.status,
            basis: summary.basis,
            digest: summary.digest,
            findings: if findings.is_array() { findings } else { Value::Array(Vec::new()) },
            reviews: summary.reviews.into_iter().map(Review::from).collect(),
            votes: votes
                .into_iter()
                .map(|one| Voted { council_id: one.council_id, vote: one.vote, comment: one.comment })
                .collect(),
            steps: steps
                .into_iter()
                .map(|one| Step { name: one.name, status: one.status, attempt: one.attempt, error: one.error })
                .collect(),
            output,
            error,
            created_at: summary.created_at,
            decided_at: summary.decided_at,
            finished_at: summary.finished_at,
            look_at: Places::of(summary.id, console),
        }
    }
}

impl View {
    /// Where it stands.
    pub const fn status(&self) -> WorkflowStatus {
        self.status
    }
}

impl From<ReviewView> for Review {
    fn from(review: ReviewView) -> Self {
        let ReviewView { council_id, outcome, deadline, round, question, .. } = review;
        Self { council_id, outcome, deadline, round, question }
    }
}

/// A workflow in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Line {
    #[schemars(with = "String")]
    workflow_id: WorkflowId,
    #[schemars(with = "String")]
    workflow_type: WorkflowTypeId,
    version: i32,
    #[schemars(schema_with = "statuses")]
    status: WorkflowStatus,
    /// Why it was proposed.
    reason: Option<String>,
    #[schemars(with = "String")]
    created_at: DateTime<Utc>,
    #[schemars(with = "Option<String>")]
    decided_at: Option<DateTime<Utc>>,
    #[schemars(with = "Option<String>")]
    finished_at: Option<DateTime<Utc>>,
}

impl From<Summary> for Line {
    fn from(summary: Summary) -> Self {
        Self {
            workflow_id: summary.id,
            workflow_type: summary.workflow_type.id,
            version: summary.workflow_type.version,
            status: summary.status,
            reason: summary.reason,
            created_at: summary.created_at,
            decided_at: summary.decided_at,
            finished_at: summary.finished_at,
        }
    }
}

/// What an agent does about a workflow that stands where this one does.
fn next(workflow: &Summary) -> String {
    match workflow.status {
        WorkflowStatus::PendingReview => {
            let open: Vec<_> = workflow.reviews.iter().filter(|one| one.outcome == ReviewOutcome::Open).collect();
            let councils: Vec<_> = open.iter().map(|one| one.council_id.as_str()).collect();
            let before = if open.iter().any(|one| one.question.is_some()) {
                "its run goes on with nothing before"
            } else {
                "nothing runs before"
            };
            format!(
                "it waits for the votes of {}, and {before}: call wait_for_decision, or get_workflow later",
                councils.join(", ")
            )
        }
        WorkflowStatus::Approved | WorkflowStatus::Queued | WorkflowStatus::Running => {
            "it may run: call wait_for_decision with \"until\": \"result\" for what comes of it".to_owned()
        }
        WorkflowStatus::Completed => "it is done: see output".to_owned(),
        WorkflowStatus::Failed => "it failed: see error; a person can have it tried again".to_owned(),
        WorkflowStatus::Rejected => {
            "it was rejected: see what was said in votes, and propose it again only if it is changed".to_owned()
        }
        WorkflowStatus::Expired => "nobody decided in time: propose it again if it is still wanted".to_owned(),
        WorkflowStatus::Cancelled => "it was taken back or stopped: do not propose it again unasked".to_owned(),
        WorkflowStatus::Blocked => "a policy forbids it: do not propose it again".to_owned(),
    }
}
