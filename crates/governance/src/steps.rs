//! What each kind of step does with what it is given, up to the point where it leaves us: the worker goes on from here,
//! and a dry run stops.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use common::ids::StepName;
use common::text_enum;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::definition::{Fault, StepKind};
use crate::digest::Digest;
use crate::template::{self, Escape, Renderer, Scope, TemplateError, place};

/// The methods that a call may have.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Headers that a call may not set: they are ours, or would change where it goes.
const RESERVED_HEADERS: [&str; 7] =
    ["host", "content-length", "transfer-encoding", "connection", "idempotency-key", "x-request-id", "traceparent"];

/// The `Idempotency-Key` of a step's calls: the same for every attempt at this step of this workflow, and for no other.
pub fn idempotency_key(workflow: impl Display, step: &StepName) -> String {
    format!("{workflow}/{step}")
}

/// JSON Schema of what later steps see of a step.
pub fn output_schema(kind: StepKind) -> &'static Value {
    static ANSWER: LazyLock<Value> = LazyLock::new(|| {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {"status": {"type": "integer"}, "content_type": {"type": ["string", "null"]}, "body": {}},
        })
    });
    static TEXT: LazyLock<Value> = LazyLock::new(
        || json!({"type": "object", "additionalProperties": false, "properties": {"text": {"type": "string"}}}),
    );
    static GRANTED: LazyLock<Value> = LazyLock::new(|| json!({"type": "object"}));
    match kind {
        StepKind::HttpRequest => &ANSWER,
        StepKind::RenderTemplate => &TEXT,
        StepKind::GrantMandate => &GRANTED,
    }
}

/// Renders what a step is given and reads it as what the step takes, with the digest of what was rendered. In what the
/// digest is over, each secret is masked: nobody can try out by it what a secret is.
pub fn prepare<T: DeserializeOwned>(with: &Value, scope: &Scope) -> Result<(T, Digest), String> {
    let rendered = template::render(with, scope).map_err(|error| error.to_string())?;
    let digest = if scope.secrets.is_empty() {
        Digest::of_json(&rendered)
    } else {
        Digest::of_json(&template::render(with, &scope.masked()).map_err(|error| error.to_string())?)
    };
    serde_json::from_value(rendered).map(|value| (value, digest)).map_err(|error| error.to_string())
}

/// Refuses a URL in which a secret says where the call goes: that must be plain to whoever approves it, and whoever sets
/// secrets must not be able to send it elsewhere.
pub fn says_where(with: &Value, scope: &Scope, url: &Url) -> Result<(), String> {
    if scope.secrets.is_empty() {
        return Ok(());
    }
    let shown = Renderer::new(&scope.masked(), Escape::No).text(with["url"].as_str().unwrap_or_default());
    let shown = shown.ok().and_then(|shown| Url::parse(&shown).ok());
    if shown.is_some_and(|shown| shown.origin() == url.origin()) {
        Ok(())
    } else {
        Err("a secret can't say where a call goes: only what follows the host in the url can have one".to_owned())
    }
}

/// What an `http_request` step calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// GET, HEAD, POST, PUT, PATCH or DELETE; GET when not said.
    #[serde(default = "get")]
    pub method: String,
    /// An absolute http or https URL.
    pub url: String,
    /// Headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body to send.
    #[serde(default)]
    pub body: Option<Value>,
}

fn get() -> String {
    "GET".to_owned()
}

/// A call that can be made.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers, without ours.
    pub headers: HeaderMap,
    /// The JSON body.
    pub body: Option<Value>,
}

impl HttpRequest {
    /// The call, or everything that is wrong with it, by JSON Pointer.
    pub fn call(self) -> Result<HttpCall, Vec<Fault>> {
        let faults = self.faults(|_| true);
        let headers = self.headers.iter().map(|(name, value)| header(name, value)).collect::<Result<_, _>>();
        match (method(&self.method), url(&self.url), headers) {
            (Ok(method), Ok(url), Ok(headers)) if faults.is_empty() => {
                Ok(HttpCall { method, url, headers, body: self.body })
            }
            _ => Err(faults),
        }
    }

    /// What is wrong with it, by JSON Pointer, of the parts that are final.
    pub(crate) fn faults(&self, is_final: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(fault) = method(&self.method)
            && is_final(&self.method)
        {
            faults.push(("/method".to_owned(), fault));
        }
        if let Err(fault) = url(&self.url)
            && is_final(&self.url)
        {
            faults.push(("/url".to_owned(), fault));
        }
        for (name, value) in &self.headers {
            // A value that is not final stands for one that can be sent.
            if let Err(fault) = header(name, if is_final(value) { value } else { "" }) {
                faults.push((place("/headers", name), fault));
            }
        }
        faults
    }
}

fn method(text: &str) -> Result<Method, String> {
    let known = METHODS.iter().find(|method| method.eq_ignore_ascii_case(text));
    let method = known.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    method.ok_or_else(|| format!("must be one of {}", METHODS.join(", ")))
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "must be an absolute http or https URL".to_owned())
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name: HeaderName = name.parse().map_err(|_| "is not the name of a header".to_owned())?;
    if RESERVED_HEADERS.contains(&name.as_str()) {
        return Err(format!("the header {name} can't be set"));
    }
    // Not the value: it may be a secret.
    let value = HeaderValue::from_str(value).map_err(|_| "has a value that can't stand in a header".to_owned())?;
    Ok((name, value))
}

/// What a `render_template` step renders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderTemplate {
    /// The template.
    pub template: String,
    /// How inserted values are treated; as HTML when not said.
    #[serde(default = "html")]
    pub format: Format,
}

text_enum! {
    /// What a rendered text is.
    pub enum Format {
        /// HTML: inserted values are escaped.
        Html = "html",
        /// Plain text.
        Text = "text",
    }
}

fn html() -> Format {
    Format::Html
}

impl RenderTemplate {
    /// Renders the template with the values as they are: a text that came from outside is never rendered a second time.
    pub fn render(&self, scope: &Scope) -> Result<String, TemplateError> {
        let escape = match self.format {
            Format::Html => Escape::Html,
            Format::Text => Escape::No,
        };
        Renderer::new(scope, escape).text(&self.template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: Value) -> Result<HttpCall, Vec<String>> {
        let request: HttpRequest = serde_json::from_value(json).expect("a request");
        request.call().map_err(|faults| faults.into_iter().map(|(at, _)| at).collect())
    }

    #[test]
    fn a_call_is_whole_or_says_what_is_wrong() {
        let good =
            call(json!({"method": "post", "url": "https://example.com/x", "headers": {"X-Shop": "1"}, "body": [1]}));
        let good = good.expect("a call");
        assert_eq!((good.method, good.url.as_str()), (Method::POST, "https://example.com/x"));
        assert_eq!(good.headers["x-shop"], "1");
        let reserved = ["Idempotency-Key", "Host", "Traceparent"].map(|name| (name.to_owned(), json!("1")));
        let headers: serde_json::Map<_, _> = reserved.into_iter().collect();
        let bad = call(json!({"method": "BREW", "url": "/relative", "headers": headers}));
        let places = ["/method", "/url", "/headers/Host", "/headers/Idempotency-Key", "/headers/Traceparent"];
        assert_eq!(bad.map(|_| ()), Err(places.map(str::to_owned).to_vec()));
        assert_eq!(
            call(json!({"url": "https://example.com", "headers": {"x": "a\r\nb"}})).map(|_| ()),
            Err(vec!["/headers/x".to_owned()])
        );
    }
}
