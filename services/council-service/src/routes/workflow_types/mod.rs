//! `/api/workflow-types`.

pub mod create;
pub mod dry_run;
pub mod list;
pub mod read;
pub mod replace;
pub mod versions;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, http::StatusCode};
use common::problem::{FieldError, Problem};
use database::governance::workflow_types::WorkflowType;
use governance::definition::{self, Step};
use serde_json::Value;

/// A workflow type, with the tag that says how it is now.
fn tagged(status: StatusCode, workflow_type: &WorkflowType) -> HttpResponse {
    HttpResponseBuilder::new(status).insert_header((ETAG, format!("\"{}\"", workflow_type.tag()))).json(workflow_type)
}

/// Refuses a definition that can't work, with everything that is wrong with it.
fn check(input_schema: &Value, steps: &[Step]) -> Result<(), Problem> {
    let faults = definition::faults(input_schema, steps);
    if faults.is_empty() {
        return Ok(());
    }
    let fields = faults.into_iter().map(|(pointer, detail)| FieldError { pointer, detail });
    Err(Problem::invalid(fields.collect()))
}
