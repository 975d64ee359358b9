//! Answers for what no route takes.

use actix_web::dev::ResourceDef;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

use crate::http::RequestContext;
use crate::problem::Problem;

/// Every path of a service with its methods, read off its OpenAPI document.
pub struct RouteTable(Vec<(ResourceDef, Vec<Method>)>);

impl RouteTable {
    /// Reads the table off the document.
    pub fn of(api: &OpenApi) -> Self {
        Self(
            api.paths
                .paths
                .iter()
                .map(|(path, item)| {
                    let methods = operations(item).map(|(method, _)| method).collect();
                    (ResourceDef::new(path.as_str()), methods)
                })
                .collect(),
        )
    }

    /// The methods that a path takes; none when there is no such path.
    fn methods(&self, path: &str) -> Vec<&str> {
        // What is spelt out wins over what has a parameter there (OpenAPI 3.1, 4.8.8).
        let spelt_out = self.0.iter().find(|(pattern, _)| pattern.pattern() == Some(path));
        let found = spelt_out.or_else(|| self.0.iter().find(|(pattern, _)| pattern.is_match(path)));
        let Some((_, methods)) = found else { return Vec::new() };
        methods.iter().map(Method::as_str).collect()
    }

    /// The paths that are spelt out where another has a parameter, with their methods: with any other method, too, they
    /// must not be taken for that one.
    pub fn spelt_out(&self) -> impl Iterator<Item = (&str, &[Method])> {
        self.0.iter().filter_map(|(pattern, methods)| {
            let path = pattern.pattern()?;
            let is_taken = |(other, _): &(ResourceDef, _)| other.pattern() != Some(path) && other.is_match(path);
            self.0.iter().any(is_taken).then_some((path, methods.as_slice()))
        })
    }
}

/// What a path of an OpenAPI document is asked with.
pub fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let operations = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// Answers 405 with `Allow` for a known path, 404 for another.
pub async fn unmatched(request: HttpRequest, table: web::Data<RouteTable>, context: RequestContext) -> HttpResponse {
    let allowed = table.methods(request.path());
    if allowed.is_empty() {
        return Problem::not_found("path").respond(request.path(), context.request_id());
    }
    let allowed = allowed.join(", ");
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("this path takes {allowed}, not {}", request.method()),
    );
    let mut response = problem.respond(request.path(), context.request_id());
    if let Ok(value) = header::HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}
