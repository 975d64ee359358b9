//! One document that shows what was proposed, who let it run, what ran, and that the record of it was not altered.

use chrono::{DateTime, Utc};
use common::ids::{CouncilId, WorkflowId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::workflow_types;
use super::workflows::{self, Detail};
use crate::audit::{self, Link};
use crate::error::Result;
use crate::schema::{council_policies, workflow_reviews as reviews};

/// Everything that is known of a workflow, in a form that can be checked without us.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// When the document was made.
    pub generated_at: DateTime<Utc>,
    /// What was proposed: the parts that the digest is over.
    pub proposal: Proposal,
    /// The workflow with its votes, steps and timeline.
    pub workflow: Detail,
    /// The policies that its reviews were opened under.
    pub policies: Vec<PolicyRef>,
    /// The workflow's rows of the record, each with its link in the chain.
    pub audit: Vec<Link>,
}

/// What the digest is over: the SHA-256 of this object's RFC 8785 form.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// Which type.
    pub workflow_type: String,
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

/// A version of a council's policy.
#[derive(Debug, Serialize, Queryable, ToSchema)]
pub struct PolicyRef {
    /// Whose.
    pub council_id: CouncilId,
    /// Which version.
    pub version: i32,
    /// What it says.
    #[schema(value_type = Object)]
    pub policy: Value,
}

/// Gathers the evidence of a workflow.
pub async fn gather(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Evidence> {
    let workflow = workflows::find(connection, id).await?;
    let kind = &workflow.summary.workflow_type;
    let definition = workflow_types::find(connection, &kind.id, Some(kind.version)).await?;
    let policies = reviews::table
        .inner_join(
            council_policies::table.on(council_policies::council_id
                .eq(reviews::council_id)
                .and(council_policies::version.eq(reviews::policy_version))),
        )
        .filter(reviews::workflow_id.eq(id))
        .order(council_policies::council_id)
        .select((council_policies::council_id, council_policies::version, council_policies::policy))
        .load(connection)
        .await?;
    let audit = audit::links_of(connection, "workflow", &id.to_string()).await?;
    Ok(Evidence {
        generated_at: Utc::now(),
        proposal: Proposal {
            workflow_type: definition.id.to_string(),
            version: definition.version,
            input_schema: definition.input_schema,
            steps: definition.steps,
            inputs: workflow.summary.inputs.clone(),
        },
        workflow,
        policies,
        audit,
    })
}
