use std::collections::BTreeSet;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use common::auth::Read;
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::events::WorkflowEvent;
use database::timeline::Position;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::State;
use crate::caller::CallerMay;
use crate::events::{Credential, Listener, Wish};

/// What the id of an event looks like.
const ID: &str = r"^[0-9]{1,18}\.[0-9]{1,18}$";

/// What is to be told.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only of this workflow.
    workflow_id: Option<WorkflowId>,
    /// Only these events, separated by commas, such as `approved,rejected`.
    #[param(value_type = Option<String>, pattern = "^[a-z][a-z_]{0,63}(,[a-z][a-z_]{0,63}){0,49}$")]
    events: Option<EventNames>,
}

/// Names of events: 1 to 50.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct EventNames(BTreeSet<String>);

impl TryFrom<String> for EventNames {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let names: BTreeSet<_> = text.split(',').map(str::to_owned).collect();
        let is_name = |name: &String| {
            (1..=64).contains(&name.len())
                && name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        if names.len() <= 50 && names.iter().all(is_name) {
            Ok(Self(names))
        } else {
            Err("events must be up to 50 names of events, separated by commas, such as \"approved,rejected\"")
        }
    }
}

/// What the document says of an event of the stream, by the fields that it has there.
pub struct Told;

impl PartialSchema for Told {
    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["workflow", "ready", "reset"]));
        let id = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ID));
        let data = ObjectBuilder::new()
            .schema_type(Type::String)
            .content_media_type("application/json")
            .description(Some("Of a `workflow` event, a `WorkflowEvent`; of the others, an empty object."));
        let fields = [("event", names), ("id", id), ("data", data)];
        fields
            .into_iter()
            .fold(ObjectBuilder::new(), |told, (name, field)| told.property(name, field).required(name))
            .into()
    }
}

impl ToSchema for Told {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        // No other part of the document has it.
        schemas.push((WorkflowEvent::name().into(), WorkflowEvent::schema()));
        WorkflowEvent::schemas(schemas);
    }
}

/// Tells what happens to workflows as it happens: server-sent events. People are told of all workflows, agents of those
/// that they proposed.
///
/// Each `workflow` event has an id; sent back in `Last-Event-ID`, the stream goes on after it. One event says where the
/// live part begins: `ready` when nothing was missed before, or `reset` when too much was: fetch anew what you show. The
/// stream ends with the token or key that it was asked with.
#[utoipa::path(
    tag = "events",
    params(Query, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that is known.", pattern = r"^[0-9]{1,18}\.[0-9]{1,18}$")),
    responses(
        (status = 200, description = "Each event.", body = Told, content_type = "text/event-stream"),
        (status = 400, body = ProblemDetails), (status = 429, body = ProblemDetails), (status = 503, body = ProblemDetails),
    )
)]
#[get("/api/events")]
pub async fn listen(
    caller: CallerMay<Read>,
    request: HttpRequest,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Query { workflow_id, events } = query.into_inner();
    let events = events.map(|EventNames(names)| names).unwrap_or_default();
    let wish = Wish { workflow_id, events, last: last_event_id(&request)? };
    let credential = Credential::of(caller.0, &request, &state.access.verifier)?;
    let listener = Listener::new(state.events.clone(), credential, wish).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Says the same to a proxy that nobody configured for streams.
        .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
        .streaming(listener.stream()))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<Position>, Problem> {
    let malformed =
        |reason: &str| Problem::bad_request("malformed_header", format!("the header Last-Event-ID {reason}"));
    let mut values = request.headers().get_all("last-event-id");
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().unwrap_or_default().parse().map(Some).map_err(malformed),
        (Some(_), Some(_)) => Err(malformed("must be sent once")),
    }
}
