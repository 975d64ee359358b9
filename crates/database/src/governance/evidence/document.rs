//! The document's form. What it does not know is not taken: nothing may stand in it that nobody checks.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use common::actor::ActorKind;
use common::ids::{CouncilId, Domain, UserId, WorkflowId, WorkflowTypeId};
use common::text_enum;
use diesel::prelude::*;
use governance::decide::Electorate;
use governance::digest::Digest;
use governance::mandate::Per;
use governance::money::Money;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, Vote, WorkflowStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::{Checkpoint, ProvenLink};
use crate::schema::workflow_steps;

text_enum! {
    /// How the document is to be read.
    pub enum Format {
        /// As this says.
        First = "codex-dominion evidence 1",
    }
}

/// Everything that shows what became of a proposal, in a form that can be checked without us.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// How the document is to be read.
    pub format: Format,
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// What was proposed: the parts that the digest is over.
    pub proposal: Proposal,
    /// Who proposed it, and where it stands.
    pub workflow: Subject,
    /// The policies that were asked when it was proposed or that it was reviewed under.
    pub policies: Vec<PolicyText>,
    /// Every review.
    pub reviews: Vec<ReviewEvidence>,
    /// Every vote.
    pub votes: Vec<VoteEvidence>,
    /// The mandate that it ran by.
    pub mandate: Option<MandateEvidence>,
    /// By whom it was run before its approval.
    pub break_glass: Option<BrokenGlass>,
    /// Every step, tried or not.
    pub steps: Vec<StepEvidence>,
    /// The workflow's rows of the record, in the order of the acts. Each attempt at a step is on it.
    pub audit: Vec<ProvenLink>,
    /// The checkpoints that the proofs of rows lead to.
    pub checkpoints: Vec<Checkpoint>,
}

/// What the digest is over: the SHA-256 of this object's RFC 8785 form.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Which type.
    pub workflow_type: WorkflowTypeId,
    /// Which version.
    pub version: i32,
    /// JSON Schema of the inputs.
    #[schema(value_type = Object)]
    pub input_schema: Value,
    /// The steps.
    #[schema(value_type = Object)]
    pub steps: Value,
    /// The inputs.
    #[schema(value_type = Object)]
    pub inputs: Value,
}

/// A proposal, and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Names it.
    pub id: WorkflowId,
    /// What exactly would run.
    pub digest: Digest,
    /// The domain that its type belonged to.
    pub domain: Domain,
    /// Where it stands.
    pub status: WorkflowStatus,
    /// Why it may run, or why not.
    pub basis: Basis,
    /// How often it was before its councils.
    pub round: i32,
    /// Who proposed it.
    pub proposed_by: Signatory,
    /// Why.
    pub reason: Option<String>,
    /// What it is expected to save in a week.
    pub weekly_savings: Option<Money>,
    /// The proposal that it takes the place of.
    pub supersedes: Option<WorkflowId>,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The number of the last claim of a worker; 0: none ever had it.
    pub fence: i64,
    /// Why its run failed.
    pub error: Option<String>,
}

/// A person or an agent. The identifier is on the record, the name is for people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signatory {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Which one.
    pub id: Uuid,
    /// What they are called now.
    pub name: String,
}

/// A version of a council's policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// Whose.
    pub council_id: CouncilId,
    /// Which version.
    pub version: i32,
    /// What it says, as it was saved.
    #[schema(value_type = Object)]
    pub policy: Value,
}

/// One council's review.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewEvidence {
    /// Which council.
    pub council_id: CouncilId,
    /// In which round.
    pub round: i32,
    /// What it was asked.
    pub kind: ReviewKind,
    /// The version of its policy that it decided by.
    pub policy_version: i32,
    /// What it came to.
    pub outcome: ReviewOutcome,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who could vote when it was decided; none where it ended without counting votes.
    #[schema(value_type = Option<Object>)]
    pub electorate: Option<Electorate>,
    /// The step of the run that asked, if one did; else the review is of the proposal.
    #[serde(default)]
    pub step: Option<String>,
    /// What it asked.
    #[serde(default)]
    pub question: Option<String>,
}

/// A vote, as it stood when votes were last taken.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteEvidence {
    /// In which council.
    pub council_id: CouncilId,
    /// In which round.
    pub round: i32,
    /// Who cast it.
    pub voter: Voter,
    /// For whose seat; none as an admin.
    pub seat_of: Option<UserId>,
    /// What they said.
    pub vote: Vote,
    /// Why.
    pub comment: Option<String>,
    /// What they voted on.
    pub digest: Digest,
    /// From where.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// When.
    pub cast_at: DateTime<Utc>,
}

/// A person. The identifier is on the record, the name is for people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Voter {
    /// Who.
    pub id: UserId,
    /// What they are called now.
    pub name: String,
}

/// What councils granted in advance. The workflow of the same id granted it, and has evidence of its own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MandateEvidence {
    /// Names it, and the workflow that granted it.
    pub id: WorkflowId,
    /// Workflows of which type may run.
    pub workflow_type: WorkflowTypeId,
    /// What must be true of their inputs.
    pub condition: String,
    /// How many of them.
    pub max_uses: i32,
    /// In which time.
    pub per: Per,
    /// Until when.
    pub valid_until: DateTime<Utc>,
    /// The councils that granted it.
    pub councils: Vec<CouncilId>,
    /// When they did.
    pub granted_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// By whom.
    pub revoked_by: Option<UserId>,
    /// The mandate's own rows of the record.
    pub audit: Vec<ProvenLink>,
}

/// That an admin ran it before its councils decided.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokenGlass {
    /// Who.
    pub admin: Voter,
    /// Why.
    pub reason: String,
    /// When.
    pub broken_at: DateTime<Utc>,
    /// When every council had said that it was right.
    pub ratified_at: Option<DateTime<Utc>>,
    /// When one had said that it was not.
    pub refused_at: Option<DateTime<Utc>>,
}

/// A step.
#[derive(Clone, Debug, Serialize, Deserialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = workflow_steps)]
#[serde(deny_unknown_fields)]
pub struct StepEvidence {
    /// Its place in the order, from 0.
    pub position: i32,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: String,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was tried; after a retry of the run, since then.
    pub attempt: i32,
    /// The number of the claim that last wrote of it: that tried it, left it out, or went on with it after a wait.
    pub fence: i64,
    /// The digest of what was sent or rendered when it ended.
    pub request_digest: Option<Digest>,
    /// The digest of what came back.
    pub response_digest: Option<Digest>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was first tried.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The round that it asked its councils in, if it has.
    #[serde(default)]
    pub asked_round: Option<i32>,
}
