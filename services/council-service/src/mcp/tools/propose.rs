//! The workflow types as tools: calling one proposes a workflow.

use std::sync::Arc;

use common::http::{RequestKey, from_object};
use common::ids::{WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit};
use common::problem::Problem;
use common::text::Remark;
use database::governance::propose::{Proposal, Proposer, outlook};
use database::governance::workflow_types::{self, WorkflowType};
use database::identity::agents::Scope;
use governance::digest::Digest;
use governance::inputs::Inputs;
use governance::mandate::MANDATE_TYPE;
use governance::money::Money;
use governance::route::{Finding, Route, Verdict, route};
use governance::workflow::WorkflowStatus;
use rmcp::model::{CallToolResult, JsonObject, MetaObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Failure, look_at, structured};
use crate::mcp::Asked;
use crate::mcp::view::Places;
use crate::proposing::{Blocked, Proposed, propose_once};

/// What a tool of a type is called with. The inputs stand by themselves, so that no name that a type chooses for one of
/// them can be taken for one of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    inputs: Inputs,
    version: Option<i32>,
    weekly_savings: Option<Money>,
    reason: Option<Remark>,
    supersedes: Option<WorkflowId>,
    idempotency_key: Option<String>,
}

/// A page of the types that the agent may propose, as tools. Those that a policy blocks are left out.
pub async fn tools(
    asked: &Asked,
    limit: Limit,
    after: Option<WorkflowTypeId>,
) -> Result<(Vec<Tool>, Option<Cursor<WorkflowTypeId>>), Problem> {
    let mut connection = asked.state.pool.get().await?;
    let (types, next) = workflow_types::list(&mut connection, None, limit, after).await?;
    let findings = outlook(&mut connection, &types).await?;
    let tools = types.into_iter().filter_map(|definition| {
        let found = findings.get(&definition.id).map_or(&[][..], Vec::as_slice);
        tool(definition, found)
    });
    Ok((tools.collect(), next))
}

/// Describes a type, unless it is blocked.
fn tool(definition: WorkflowType, findings: &[Finding]) -> Option<Tool> {
    let becomes = match route(findings) {
        _ if definition.id.as_str() == MANDATE_TYPE => {
            "It is always reviewed, by the councils of the type that it is for. Once granted it lets workflows run \
             unreviewed: ask for no more than your task needs."
                .to_owned()
        }
        Route::Blocked(_) => return None,
        Route::StraightThrough => "No council's policy asks for a review: it runs at once.".to_owned(),
        Route::Review(reviewing) => {
            let councils: Vec<_> = reviewing.iter().map(|finding| reviewed_by(finding)).collect();
            format!("It runs only after it was approved by {}.", councils.join(" and by "))
        }
    };
    let WorkflowType { id, version, domain, name, description, input_schema, steps, .. } = definition;
    let full = format!(
        "{description}\n\nProposes a workflow of the type {id} (version {version}, domain {domain}). {becomes}"
    );
    let mut meta = MetaObject::default();
    meta.insert("codexdominion.app/version".to_owned(), json!(version));
    meta.insert("codexdominion.app/domain".to_owned(), json!(domain));
    meta.insert("codexdominion.app/findings".to_owned(), json!(findings));
    let schema = arguments_schema(&id, version, input_schema);
    Some(
        Tool::new(id.to_string(), full.trim_start().to_owned(), schema)
            .with_title(name)
            .with_raw_output_schema(Arc::new(answer_schema()))
            .with_annotations(annotations(&steps))
            .with_meta(meta),
    )
}

/// Who reviews, and when.
fn reviewed_by(finding: &Finding) -> String {
    let council = &finding.council_id;
    match &finding.verdict {
        Verdict::ValueReviewed { threshold, .. } => {
            let threshold = String::from(threshold.clone());
            format!("the council {council} (if weekly_savings is {threshold} or more, or is not said)")
        }
        Verdict::NobodyResponsible => format!("the default council {council}"),
        _ => format!("the council {council}"),
    }
}

/// What a call may bring about, once the workflow is let run: whether it can change or reach anything outside.
fn annotations(steps: &Value) -> ToolAnnotations {
    let calls: Vec<_> = steps.as_array().into_iter().flatten().filter(|step| step["kind"] == "http_request").collect();
    let only_reads = |step: &&Value| {
        let method = step["with"]["method"].as_str().unwrap_or("GET");
        method.eq_ignore_ascii_case("GET") || method.eq_ignore_ascii_case("HEAD")
    };
    ToolAnnotations::new()
        .read_only(false)
        .destructive(!calls.iter().all(only_reads))
        .idempotent(false)
        .open_world(!calls.is_empty())
}

/// The schema of [`Arguments`] with a type's inputs.
fn arguments_schema(id: &WorkflowTypeId, version: i32, mut inputs: Value) -> JsonObject {
    // References within the type's schema are to its own root, which an $id makes this place.
    if let Some(schema) = inputs.as_object_mut().filter(|schema| has_reference(schema)) {
        schema.entry("$id").or_insert_with(|| json!(format!("urn:codexdominion:workflow-type:{id}:{version}")));
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "inputs": inputs,
            "version": {
                "type": "integer", "minimum": 1,
                "description": "The version of the type that you mean; the current one when not said.",
            },
            "weekly_savings": {
                "type": "string", "pattern": r"^\d{1,12}(\.\d{1,2})?$",
                "description": "What it is expected to save in a week, like \"1200.00\". Policies go by it.",
            },
            "reason": {
                "type": "string", "minLength": 1, "maxLength": 2000,
                "description": "Why it should run. The people who vote read it.",
            },
            "supersedes": {
                "type": "string", "format": "uuid",
                "description": "The workflow_id of a proposal of yours that still waits, whose place this one takes.",
            },
            "idempotency_key": {
                "type": "string", "minLength": 1, "maxLength": 200,
                "description": "Names this call: sent again with the same arguments within a day, nothing new is proposed.",
            },
        },
        "required": ["inputs"],
        "additionalProperties": false,
    });
    object(schema)
}

/// The parts of a [`View`](crate::mcp::view::View) that matter of a new proposal: `get_workflow` describes all of it once,
/// and there may be many types.
fn answer_schema() -> JsonObject {
    let statuses: Vec<_> = WorkflowStatus::ALL.iter().map(|status| status.as_str()).collect();
    object(json!({
        "type": "object",
        "description": "The workflow, as get_workflow shows it.",
        "properties": {
            "workflow_id": {"type": "string", "format": "uuid"},
            "status": {"type": "string", "enum": statuses},
            "next": {"type": "string", "description": "What to do now."},
            "digest": {"type": "string", "description": "SHA-256 of what exactly was proposed."},
            "findings": {
                "type": "array", "items": {"type": "object"},
                "description": "What each responsible council's policy said to it.",
            },
            "look_at": {"type": "object", "description": "Where to look further."},
        },
        "required": ["workflow_id", "status", "next", "digest", "findings", "look_at"],
    }))
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn has_reference(schema: &JsonObject) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::Object(map) => has_reference(map),
            Value::Array(items) => items.iter().any(within),
            _ => false,
        }
    }
    schema.iter().any(|(name, value)| name == "$ref" || name == "$dynamicRef" || within(value))
}

/// Proposes.
pub async fn call(asked: &Asked, workflow_type: &WorkflowTypeId, arguments: JsonObject) -> Answer {
    asked.key.needs(Scope::Propose)?;
    let digest = Digest::of_json(&json!({"tool": workflow_type, "arguments": arguments}));
    let Arguments { inputs, version, weekly_savings, reason, supersedes, idempotency_key } = from_object(arguments)?;
    let key = idempotency_key.map(|key| RequestKey::new(&key, *digest.as_bytes())).transpose();
    let key = key.map_err(|rule| Problem::invalid_field("/idempotency_key", rule))?;
    let inputs = inputs.into_value();
    let proposal = Proposal {
        workflow_type,
        version,
        inputs: &inputs,
        weekly_savings: weekly_savings.as_ref(),
        reason: reason.as_ref(),
        supersedes,
    };
    let agent = &asked.key.agent;
    let who = (agent.id.0, Proposer::Agent(agent));
    match propose_once(&asked.state, who, &asked.context, key.as_ref(), proposal).await {
        // As it stands now: a call that is repeated wants to know that.
        Ok(Proposed::Kept(id, _)) => structured(&look_at(asked, id).await?),
        Ok(Proposed::Blocked(blocked)) => Ok(refused(asked, workflow_type, &blocked)),
        // No type of that name, so no tool; with a version, either may be what there is not.
        Err(problem) if problem.code() == "not_found" && version.is_none() => Err(Failure::NoSuchTool),
        Err(problem) => Err(problem.into()),
    }
}

/// What an agent is told whose proposal a policy blocks.
fn refused(asked: &Asked, workflow_type: &WorkflowTypeId, blocked: &Blocked) -> CallToolResult {
    let Blocked { workflow_id, council_id } = blocked;
    let error = format!(
        "the policy of the council {council_id} does not let {workflow_type} run: that it was proposed is kept on the \
         record as {workflow_id}; do not propose it again"
    );
    CallToolResult::structured_error(json!({
        "code": "blocked_by_policy",
        "error": error,
        "workflow_id": workflow_id,
        "status": "blocked",
        "council_id": council_id,
        "look_at": Places::of(*workflow_id, asked.console.as_deref()),
        "request_id": asked.context.request_id(),
    }))
}
