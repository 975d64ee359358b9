//! Requests that no endpoint may take, made from what its OpenAPI document says of it.

use std::collections::BTreeMap;

use common::http::routes::operations;
use common::tokens::SigningKey;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::{Answer, Client, Person, TestDatabase, login_key};

/// What a test knows of a service that its document does not say.
pub struct Hostile<'a> {
    /// The service's document: an endpoint that is in it is tested.
    pub api: &'a OpenApi,
    /// Somebody without a credential.
    pub client: Client,
    /// An admin.
    pub admin: &'a Person,
    /// The service's data.
    pub database: &'a TestDatabase,
    /// Endpoints that ask nobody who they are, such as `POST /api/auth/login`.
    pub open: &'a [&'a str],
    /// An existing thing for each parameter of a path; for one endpoint only, under `<endpoint> <parameter>`.
    pub parameters: BTreeMap<&'a str, String>,
    /// Who sends to endpoints, where it is not the admin.
    pub senders: BTreeMap<&'a str, &'a Person>,
    /// What endpoints want in headers besides a credential.
    pub headers: BTreeMap<&'a str, Vec<(&'static str, String)>>,
    /// For each endpoint with a body: a good one, and fields that make it bad.
    pub bodies: BTreeMap<&'a str, Example>,
}

/// A body that an endpoint takes.
pub struct Example {
    /// It.
    pub good: Value,
    /// Objects whose fields, put in place of the good ones, make it bad.
    pub bad: Vec<Value>,
}

/// One endpoint, and how to ask it well.
struct Endpoint<'a> {
    name: String,
    method: Method,
    pattern: &'a str,
    operation: &'a Operation,
    client: Client,
    body: Option<&'a Example>,
    headers: &'a [(&'static str, String)],
}

impl Hostile<'_> {
    /// Sends every bad request to every endpoint, and expects a whole problem of the right status for each and no
    /// change of any row; then sends a good one, which shows that the bad ones were refused for what was bad.
    /// Returns how many requests were refused.
    pub async fn refused(&self) -> usize {
        let mut refused = 0;
        for (pattern, item) in &self.api.paths.paths {
            for (method, operation) in operations(item) {
                let method = method.as_str().parse().expect("a method");
                let endpoint = self.endpoint(method, pattern, operation);
                let before = self.database.fingerprint().await;
                refused += self.strangers(&endpoint).await;
                refused += self.bad_paths(&endpoint).await;
                refused += self.bad_queries(&endpoint).await;
                refused += self.bad_bodies(&endpoint).await;
                let after = self.database.fingerprint().await;
                let written: Vec<_> = after.iter().filter(|(table, hash)| before.get(*table) != Some(hash)).collect();
                assert!(written.is_empty(), "{} wrote what it refused, to {written:?}", endpoint.name);
                let path = self.fill(&endpoint, None);
                let answer = self.send_to(&endpoint, &path).await;
                assert!(answer.status.is_success(), "{} refuses the good request: {answer:#?}", endpoint.name);
                endpoint.says(&answer);
                refused += self.other_methods(item, &path).await;
            }
        }
        assert_eq!(self.client.get("/api/no-such-path").await.problem(404), "not_found");
        refused + 1
    }

    /// Methods that the path does not take, also where it could be taken for another path with a parameter.
    async fn other_methods(&self, item: &PathItem, path: &str) -> usize {
        let taken: Vec<_> = operations(item).map(|(method, _)| method.as_str().to_owned()).collect();
        let mut others = vec!["TRACE", "GET", "POST", "PUT", "PATCH", "DELETE"];
        others.retain(|other| !taken.iter().any(|method| method == other));
        for other in &others {
            let answer = self.client.send(self.client.request(other.parse().expect("a method"), path)).await;
            assert_eq!(answer.problem(405), "method_not_allowed", "{other} {path}");
            assert_eq!(answer.headers["allow"], taken.join(", "), "{other} {path}");
        }
        others.len()
    }

    fn endpoint<'a>(&'a self, method: Method, pattern: &'a str, operation: &'a Operation) -> Endpoint<'a> {
        let name = format!("{method} {pattern}");
        let body = self.bodies.get(name.as_str());
        assert_eq!(body.is_some(), operation.request_body.is_some(), "{name}: give the test a good body");
        let sender = self.senders.get(name.as_str()).copied().unwrap_or(self.admin);
        let headers = self.headers.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        Endpoint { client: self.client.with(&sender.token), name, method, pattern, operation, body, headers }
    }

    /// The existing thing for a parameter of an endpoint.
    fn parameter(&self, endpoint: &str, name: &str) -> &str {
        let own = self.parameters.get(format!("{endpoint} {name}").as_str());
        own.unwrap_or_else(|| &self.parameters[name])
    }

    /// The endpoint's path with existing things, but for one parameter.
    fn fill(&self, endpoint: &Endpoint<'_>, changed: Option<(&str, &str)>) -> String {
        endpoint.parameters(ParameterIn::Path).fold(endpoint.pattern.to_owned(), |path, name| {
            let value = changed.filter(|(other, _)| *other == name);
            let value = value.map_or_else(|| self.parameter(&endpoint.name, name), |(_, value)| value);
            path.replace(&format!("{{{name}}}"), value)
        })
    }

    /// No token, no valid one, one of another signer, one that has expired, one without a signature.
    async fn strangers(&self, endpoint: &Endpoint<'_>) -> usize {
        if self.open.contains(&endpoint.name.as_str()) {
            return 0;
        }
        let path = self.fill(endpoint, None);
        let claims = &self.admin.claims;
        let mut expired = claims.clone();
        expired.exp = 1_700_000_000;
        let foreign = SigningKey::of_secret("the secret of somebody else, of 32 characters");
        let token = &self.admin.token;
        let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
        let unsigned =
            format!("{}.{}.", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", token.split('.').nth(1).expect("a part"));
        let headers = [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            "Bearer not-a-token".to_owned(),
            "Bearer cdx_aaaaaaaaaaaa_bm90LWEta2V5".to_owned(),
            format!("Basic {token}"),
            format!("Bearer {}", foreign.sign(claims).expect("signs")),
            format!("Bearer {}", login_key().sign(&expired).expect("signs")),
            format!("Bearer {unsigned}"),
            format!("Bearer {signed}."),
            format!("Bearer {signed}.{}", signature.chars().rev().collect::<String>()),
        ];
        let missing = self.client.send(endpoint.request(&self.client, &path)).await;
        endpoint.refused(&missing, 401, "no credential");
        assert!(missing.headers.contains_key("www-authenticate"), "{}", endpoint.name);
        for header in &headers {
            let request = endpoint.request(&self.client, &path).header(AUTHORIZATION, header);
            endpoint.refused(&self.client.send(request).await, 401, header);
        }
        let twice = endpoint.request(&endpoint.client, &path).header(AUTHORIZATION, "Bearer another");
        endpoint.refused(&self.client.send(twice).await, 400, "two credentials");
        headers.len() + 2
    }

    /// Parts of paths that can't be, and that name nothing.
    async fn bad_paths(&self, endpoint: &Endpoint<'_>) -> usize {
        let mut refused = 0;
        for parameter in endpoint.parameters(ParameterIn::Path) {
            let long = "x".repeat(4000);
            let malformed = ["%00", "%ff%fe", "a%0ab", "UPPER CASE", "..%2f..", "'%20OR%201=1--", &long];
            for value in malformed {
                let path = self.fill(endpoint, Some((parameter, value)));
                endpoint.refused(&self.send_to(endpoint, &path).await, 400, &path);
            }
            let unknown = if self.parameter(&endpoint.name, parameter).len() == 36 && parameter.ends_with("_id") {
                "01900000-0000-7000-8000-000000000000"
            } else {
                "no-such.thing"
            };
            let path = self.fill(endpoint, Some((parameter, unknown)));
            let answer = self.send_to(endpoint, &path).await;
            // A body that names a thing of another kind of path is at fault, too: either may be told.
            assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {answer:#?}");
            answer.problem(answer.status.as_u16());
            refused += malformed.len() + 1;
        }
        refused
    }

    async fn send_to(&self, endpoint: &Endpoint<'_>, path: &str) -> Answer {
        endpoint.client.send(endpoint.request(&endpoint.client, path)).await
    }

    /// Values that no parameter of a query takes, and a parameter that there is not.
    async fn bad_queries(&self, endpoint: &Endpoint<'_>) -> usize {
        let path = self.fill(endpoint, None);
        let mut refused = 0;
        let parameters: Vec<_> = endpoint.parameters(ParameterIn::Query).collect();
        for parameter in &parameters {
            let too_many = endpoint.too_many(parameter).to_string();
            let values: &[&str] = if endpoint.takes_any_text(parameter) {
                &["", "%00"]
            } else {
                &["", "0", "-1", &too_many, "99999999999999999999", "no such", "%00", "%ff", "[]"]
            };
            for value in values {
                let path = format!("{path}?{parameter}={value}");
                let answer = self.send_to(endpoint, &path).await;
                // Too many for a page, but it could be the number of a thing, of which there are not so many.
                let is_number = *value == "201" && *parameter != "limit" && answer.status.as_u16() == 404;
                endpoint.refused(&answer, if is_number { 404 } else { 400 }, &path);
                refused += 1;
            }
        }
        if !parameters.is_empty() {
            let path = format!("{path}?no_such_parameter=1");
            endpoint.refused(&self.send_to(endpoint, &path).await, 400, &path);
            refused += 1;
        }
        refused
    }

    async fn bad_bodies(&self, endpoint: &Endpoint<'_>) -> usize {
        let Some(body) = endpoint.body else { return 0 };
        let path = self.fill(endpoint, None);
        let plain = || endpoint.bare_request(&endpoint.client, &path);
        let raw = |text: &[u8]| plain().header(CONTENT_TYPE, "application/json").body(text.to_vec());
        let mut cases: Vec<(RequestBuilder, u16, String)> = vec![
            (plain(), 415, "no body".to_owned()),
            (plain().header(CONTENT_TYPE, "text/plain").body(body.good.to_string()), 415, "text".to_owned()),
            (plain().header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("a=b"), 415, "a form".to_owned()),
        ];
        let deep = [r#"{"a":"#, &"[".repeat(100_000), &"]".repeat(100_000), "}"].concat();
        // Its first fault is an unknown field or its depth: either may be told.
        cases.push((raw(deep.as_bytes()), 0, "a deep body".to_owned()));
        let good = body.good.to_string();
        let (unfinished, doubled) = (&good.as_bytes()[..good.len() - 1], [&*good, "{}"].concat());
        for malformed in [b"" as &[u8], b"{", b"{,}", b"\xff\xfe{}", unfinished, doubled.as_bytes()] {
            cases.push((raw(malformed), 400, String::from_utf8_lossy(malformed).into_owned()));
        }
        for other in [json!(null), json!(true), json!(1), json!("text"), json!([]), json!({"no_such_field": 1})] {
            cases.push((plain().json(&other), 422, other.to_string()));
        }
        // Over the limit, with its length declared and without.
        let huge = vec![b' '; common::http::MAX_BODY_BYTES + 1];
        let stream = futures_util::stream::iter(vec![Ok::<_, std::io::Error>(huge.clone())]);
        let chunked = plain().header(CONTENT_TYPE, "application/json").body(reqwest::Body::wrap_stream(stream));
        cases.push((raw(&huge), 413, "too much".to_owned()));
        cases.push((chunked, 413, "too much, in chunks".to_owned()));
        for bad in body.variants() {
            cases.push((plain().json(&bad), 0, bad.to_string()));
        }
        let refused = cases.len();
        for (request, status, case) in cases {
            endpoint.refused(&endpoint.client.send(request).await, status, &case);
        }
        refused
    }
}

/// The names of an operation's parameters of this place.
pub(crate) fn parameters(operation: &Operation, place: ParameterIn) -> impl Iterator<Item = &str> {
    let all = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    all.filter(move |parameter| parameter.parameter_in == place).map(|parameter| parameter.name.as_str())
}

impl Example {
    /// The good body with each field of another type, with a NUL in each text, with a field too many, and with what
    /// the test says.
    fn variants(&self) -> Vec<Value> {
        let good = self.good.as_object().expect("bodies are objects");
        let with = |changes: &Value| {
            let mut body = good.clone();
            body.extend(changes.as_object().expect("an object").clone());
            Value::Object(body)
        };
        let others = [json!(true), json!(-1.5), json!("\u{0}"), json!([1]), json!({"\u{0}": 1})];
        let mut variants: Vec<_> = good
            .iter()
            .flat_map(|(field, value)| {
                let text_with_nul = |other: &Value| other.is_string() && value.is_string();
                others
                    .iter()
                    .filter(move |other| {
                        text_with_nul(other) || std::mem::discriminant(*other) != std::mem::discriminant(value)
                    })
                    .map(move |other| with(&json!({field: other})))
            })
            .collect();
        let unnamed = good.iter().filter_map(|(field, value)| Some(with(&json!({field: without_names(value)?}))));
        variants.extend(unnamed);
        variants.push(with(&json!({"no_such_field": 1})));
        variants.extend(self.bad.iter().map(with));
        variants
    }
}

impl Endpoint<'_> {
    /// A request that is good but for its path or its sender.
    fn request(&self, client: &Client, path: &str) -> RequestBuilder {
        let request = self.bare_request(client, path);
        match self.body {
            Some(body) => request.json(&body.good),
            None => request,
        }
    }

    /// A request that lacks only its body.
    fn bare_request(&self, client: &Client, path: &str) -> RequestBuilder {
        let request = client.request(self.method.clone(), path);
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    fn parameters(&self, place: ParameterIn) -> impl Iterator<Item = &str> {
        parameters(self.operation, place)
    }

    /// What the document says of a parameter's values.
    fn schema(&self, name: &str) -> Value {
        let parameter = self.operation.parameters.iter().flatten().find_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.name == name => parameter.schema.as_ref(),
            _ => None,
        });
        parameter.map(|schema| json!(schema)).unwrap_or_default()
    }

    /// The least number that is too large for a parameter; one that says nothing of it is refused an absurd one anyway.
    fn too_many(&self, name: &str) -> u64 {
        self.schema(name)["maximum"].as_u64().map_or(201, |maximum| maximum + 1)
    }

    /// Whether a parameter is free text: neither a number, a word of a list, a time, an id, nor a cursor.
    fn takes_any_text(&self, name: &str) -> bool {
        let schema = self.schema(name);
        name != "cursor"
            && schema["type"].to_string().contains("string")
            && schema.get("format").is_none()
            && schema.get("enum").is_none()
    }

    /// Expects a whole problem of this status; 0 means any that blames the client.
    fn refused(&self, answer: &Answer, status: u16, case: &str) {
        let actual = answer.status.as_u16();
        let expected = if status == 0 { (400..500).contains(&actual) } else { actual == status };
        assert!(expected, "{}, sent {case}, answers {actual}, not {status}: {:#}", self.name, answer.body);
        answer.problem(actual);
        self.says(answer);
    }

    /// Expects the document to know of such an answer. What a body names that is not there, or is there already, is for
    /// `make schemathesis`.
    fn says(&self, answer: &Answer) {
        let status = answer.status.as_u16().to_string();
        if status == "404" || status == "409" {
            return;
        }
        assert!(self.operation.responses.responses.contains_key(&status), "{} does not say {status}", self.name);
    }
}

/// The same with the fields of objects in arrays, as no schema has it: their values in order.
fn without_names(value: &Value) -> Option<Value> {
    match value {
        Value::Object(fields) => Some(fields.values().cloned().collect()),
        Value::Array(items) if !items.is_empty() => items.iter().map(without_names).collect(),
        _ => None,
    }
}
