//! Who gets past the door of each endpoint: every route, asked by every kind of caller.

use std::fmt::Write;

use common::http::routes::operations;
use reqwest::StatusCode;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::ParameterIn;

use crate::hostile::parameters;
use crate::{Client, log_in};

/// A kind of caller: what it is called, and what it shows.
pub struct Caller {
    /// In the matrix.
    pub name: &'static str,
    /// A fresh credential for each request: some requests end it.
    pub credential: Credential,
}

/// What a caller shows.
pub enum Credential {
    /// Nothing.
    None,
    /// Always the same.
    Fixed(String),
    /// A new session of this person for each request.
    Person(common::ids::UserId),
}

/// Asks every endpoint as every caller and tells what came of it, a line for each endpoint.
///
/// A request has a path of things that do not exist and no body: who is let in is told that (400, 404, 415), who is not
/// is told 401 or 403 before anything is looked at. So nothing is changed, and the order of the checks is tested, too.
pub async fn matrix(api: &OpenApi, client: &Client, database: &crate::TestDatabase, callers: &[Caller]) -> String {
    let mut matrix = String::new();
    for (pattern, item) in &api.paths.paths {
        for (method, operation) in operations(item) {
            let path = parameters(operation, ParameterIn::Path).fold(pattern.clone(), |path, name| {
                let nothing = if name.ends_with("_id") && name != "council_id" {
                    "01900000-0000-7000-8000-000000000000"
                } else if name == "workflow_type" {
                    "no.such_type"
                } else {
                    "no-such-thing"
                };
                path.replace(&format!("{{{name}}}"), nothing)
            });
            let _ = write!(matrix, "{:<6} {pattern:<54}", method.as_str());
            for caller in callers {
                let client = match &caller.credential {
                    Credential::None => client.clone(),
                    Credential::Fixed(token) => client.with(token),
                    Credential::Person(id) => client.with(&log_in(database, *id).await.token),
                };
                let method = method.as_str().parse().expect("a method");
                let answer = client.send(client.request(method, &path)).await;
                let word = match answer.status {
                    StatusCode::UNAUTHORIZED => "-",
                    StatusCode::FORBIDDEN => "no",
                    status if status.is_server_error() => {
                        panic!("{path} fails: {answer:#?}")
                    }
                    _ => "yes",
                };
                let _ = write!(matrix, " {}={word}", caller.name);
            }
            matrix.push('\n');
        }
    }
    matrix
}
