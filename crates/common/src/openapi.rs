//! The OpenAPI document of a service: what the handlers say of themselves, and what is so of all of them.

use actix_web::App;
use actix_web::http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::problem::MEDIA_TYPE;

/// A refusal that is not a handler's own but its extractors' or the edge's.
struct Refusal {
    status: u16,
    name: &'static str,
    meaning: &'static str,
    /// The header that comes along, and what it says.
    header: Option<(&'static str, &'static str)>,
}

const fn refusal(status: u16, name: &'static str, meaning: &'static str) -> Refusal {
    Refusal { status, name, meaning, header: None }
}

const REFUSALS: [Refusal; 7] = [
    refusal(400, "Malformed", "A part of the request can't be read: its path, query, a header or its body."),
    Refusal {
        header: Some(("WWW-Authenticate", "How to show who asks: `Bearer`.")),
        ..refusal(401, "Unauthorized", "The request shows no token or key that is valid here.")
    },
    refusal(403, "Forbidden", "The caller may not do this."),
    refusal(413, "TooLarge", "The body is too large."),
    refusal(415, "NotJson", "The body is not sent as `application/json`."),
    refusal(422, "Invalid", "The body is JSON, but not as it must be; `errors` tells the fields at fault."),
    Refusal {
        header: Some(("Retry-After", "In how many seconds to try again.")),
        ..refusal(429, "TooMany", "Too many requests from one address, or too many failed logins.")
    },
];

/// The OpenAPI document of these routes.
pub fn document(routes: impl Fn(&mut ServiceConfig<'_>)) -> OpenApi {
    let info = InfoBuilder::new().title("Codex Dominion").version(env!("CARGO_PKG_VERSION")).build();
    let (_, mut api) = App::new()
        .into_utoipa_app()
        .openapi(OpenApiBuilder::new().info(info).build())
        .configure(|config: &mut ServiceConfig<'_>| routes(config))
        .split_for_parts();
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations_mut(item) {
            name(path, method, operation);
            send_no_null(operation);
            describe(path, operation);
        }
    }
    add_refusals(&mut api);
    add_bearer(&mut api);
    api
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let operations = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Names an operation after its method and path: handlers of several endpoints share a function name.
fn name(path: &str, method: &str, operation: &mut Operation) {
    let words: Vec<_> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    operation.operation_id = Some(format!("{method}_{}", words.join("_")));
}

/// A parameter that may be left out is left out: there is no way to send null for one.
fn send_no_null(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match &mut parameter.schema {
            Some(RefOr::T(Schema::Object(schema))) => {
                if let SchemaType::Array(types) = &schema.schema_type
                    && let Some(only) = types.iter().find(|kind| **kind != Type::Null)
                {
                    schema.schema_type = SchemaType::Type(only.clone());
                }
            }
            Some(RefOr::T(Schema::OneOf(schemas))) => {
                if let Some(only) = schemas.items.iter().find(|schema| !is_null(schema)) {
                    parameter.schema = Some(only.clone());
                }
            }
            _ => {}
        }
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(schema)) if schema.schema_type == SchemaType::Type(Type::Null))
}

/// Adds the refusals that an operation shares with others, gives problems their media type, and says what no handler
/// need say of a status.
fn describe(path: &str, operation: &mut Operation) {
    let open = operation.security.is_some();
    let has_body = operation.request_body.is_some();
    let has_input = has_body || operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    // Of the own account, everybody may do everything.
    let is_own = path.starts_with("/api/auth/");
    for Refusal { status, name, .. } in REFUSALS {
        let answers = match status {
            // Two credentials are as good as none that can be read.
            400 => has_input || !open,
            401 => !open,
            403 => !open && !is_own,
            413 | 415 | 422 => has_body,
            _ => true,
        };
        if answers {
            let refusal = || RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.entry(status.to_string()).or_insert_with(refusal);
        }
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            response.description = reason(status);
        }
        if is_problem(response)
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(MEDIA_TYPE.to_owned(), content);
        }
    }
}

fn reason(status: &str) -> String {
    let status = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
    status.unwrap_or_default().to_owned()
}

fn problem() -> Ref {
    Ref::from_schema_name("ProblemDetails")
}

fn is_problem(response: &Response) -> bool {
    match response.content.get("application/json") {
        Some(RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. })) => {
            schema.ref_location == problem().ref_location
        }
        _ => false,
    }
}

fn add_refusals(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    for Refusal { name, meaning, header, .. } in REFUSALS {
        let mut response =
            ResponseBuilder::new().description(meaning).content(MEDIA_TYPE, Content::new(Some(problem())));
        if let Some((name, description)) = header {
            let text = ObjectBuilder::new().schema_type(Type::String);
            response =
                response.header(name, HeaderBuilder::new().schema(Some(text)).description(Some(description)).build());
        }
        components.responses.insert(name.to_owned(), response.into());
    }
}

/// Says that every operation needs a token or a key, but those that say otherwise themselves (`security(())`).
fn add_bearer(api: &mut OpenApi) {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An access token of POST /api/auth/login, or an agent's API key."))
        .build();
    api.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    api.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
}
