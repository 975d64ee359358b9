//! Calls a URL.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use common::text_enum;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::Kind;
use crate::definition::Fault;
use crate::template::{Escape, Renderer, Scope, place};

/// The methods that a call may have.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Headers that a call may not set: they are ours, or would change where it goes or how its answer is to be read.
const RESERVED_HEADERS: [&str; 12] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "accept-encoding",
    "idempotency-key",
    "x-request-id",
    "traceparent",
];
/// The longest answer that a step may ask for, and the longest that is read when it does not say, in bytes.
const MOST_BYTES: u32 = 8 * 1024 * 1024;
const USUAL_BYTES: u32 = 1024 * 1024;
const MOST_REDIRECTS: u8 = 10;

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
    /// A text to send as the body.
    #[serde(default)]
    pub text: Option<String>,
    /// What the body is; `application/json` or `text/plain; charset=utf-8` when not said.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The statuses of a success, such as 404, `2xx` or `200-204`; `2xx` when not said.
    #[serde(default = "success")]
    pub expect_status: Vec<Expected>,
    /// How the answer is read; `auto` when not said.
    #[serde(default = "auto")]
    pub output: Answer,
    /// The longest answer that is read, in bytes: up to 8 MiB, 1 MiB when not said.
    #[serde(default = "usual_bytes")]
    pub max_bytes: u32,
    /// How many redirects are followed: up to 10, none when not said.
    #[serde(default)]
    pub follow_redirects: u8,
}

text_enum! {
    /// How an answer is read.
    pub enum Answer {
        /// As JSON; what is none is a failure.
        Json = "json",
        /// As text.
        Text = "text",
        /// As JSON if it is JSON, else as text.
        Auto = "auto",
    }
}

/// Statuses that a step expects, as they are written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expected {
    /// One.
    Code(u16),
    /// Some: `2xx`, `200-204` or `200`.
    Range(String),
}

fn get() -> String {
    "GET".to_owned()
}

fn success() -> Vec<Expected> {
    vec![Expected::Range("2xx".to_owned())]
}

fn auto() -> Answer {
    Answer::Auto
}

fn usual_bytes() -> u32 {
    USUAL_BYTES
}

/// A call that can be made.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers, without ours; with that of the content.
    pub headers: HeaderMap,
    /// What is sent.
    pub content: Option<Vec<u8>>,
    /// How the answer is read.
    pub output: Answer,
    /// The longest answer that is read, in bytes.
    pub max_bytes: usize,
    /// How many redirects are followed.
    pub follow_redirects: u8,
    expected: Vec<RangeInclusive<u16>>,
}

impl HttpCall {
    /// Whether an answer with this status is a success.
    pub fn expects(&self, status: StatusCode) -> bool {
        self.expected.iter().any(|range| range.contains(&status.as_u16()))
    }
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

impl HttpRequest {
    /// The call, or everything that is wrong with it, by JSON Pointer.
    pub fn call(self) -> Result<HttpCall, Vec<Fault>> {
        let faults = self.faults(&|_| true);
        let headers = self.headers.iter().map(|(name, value)| header(name, value)).collect::<Result<HeaderMap, _>>();
        let expected = self.expect_status.iter().map(Expected::range).collect::<Result<_, _>>();
        let (Ok(method), Ok(url), Ok(mut headers), Ok(expected), true) =
            (method(&self.method), url(&self.url), headers, expected, faults.is_empty())
        else {
            return Err(faults);
        };
        let (content, usual_type) = match (&self.body, self.text) {
            (Some(body), _) => (Some(body.to_string().into_bytes()), "application/json"),
            (None, Some(text)) => (Some(text.into_bytes()), "text/plain; charset=utf-8"),
            (None, None) => (None, ""),
        };
        let content_type = HeaderValue::from_str(self.content_type.as_deref().unwrap_or(usual_type));
        if let (Some(_), Ok(content_type)) = (&content, content_type) {
            headers.entry(CONTENT_TYPE).or_insert(content_type);
        }
        let max_bytes = usize::try_from(self.max_bytes).unwrap_or(usize::MAX);
        let (output, follow_redirects) = (self.output, self.follow_redirects);
        Ok(HttpCall { method, url, headers, content, output, max_bytes, follow_redirects, expected })
    }
}

impl Kind for HttpRequest {
    const HAS_KEY: bool = true;

    fn output_schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {"status": {"type": "integer"}, "content_type": {"type": ["string", "null"]}, "body": {}},
        })
    }

    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut told = |at: &str, fault: String| faults.push((at.to_owned(), fault));
        if let Err(fault) = method(&self.method)
            && is_final(&self.method)
        {
            told("/method", fault);
        }
        if let Err(fault) = url(&self.url)
            && is_final(&self.url)
        {
            told("/url", fault);
        }
        for (name, value) in &self.headers {
            // A value that is not final stands for one that can be sent.
            if let Err(fault) = header(name, if is_final(value) { value } else { "" }) {
                told(&place("/headers", name), fault);
            }
        }
        if self.body.is_some() && self.text.is_some() {
            told("/text", "can't be sent together with a JSON body".to_owned());
        }
        if let Some(content_type) = &self.content_type {
            if self.body.is_none() && self.text.is_none() {
                told("/content_type", "says what a body is, and there is none".to_owned());
            } else if self.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
                told("/content_type", "is said by a header, too".to_owned());
            } else if is_final(content_type) && HeaderValue::from_str(content_type).is_err() {
                told("/content_type", "can't stand in a header".to_owned());
            }
        }
        if !(1..=20).contains(&self.expect_status.len()) {
            told("/expect_status", "must have 1 to 20 entries".to_owned());
        }
        for (index, expected) in self.expect_status.iter().enumerate() {
            if let Err(fault) = expected.range() {
                told(&format!("/expect_status/{index}"), fault);
            }
        }
        if !(1..=MOST_BYTES).contains(&self.max_bytes) {
            told("/max_bytes", format!("must be 1 to {MOST_BYTES}"));
        }
        if self.follow_redirects > MOST_REDIRECTS {
            told("/follow_redirects", format!("must be at most {MOST_REDIRECTS}"));
        }
        faults
    }

    fn shown(&self, mut with: Value) -> Value {
        with["method"] = json!(self.method);
        with
    }
}

impl Expected {
    /// The statuses that are meant.
    fn range(&self) -> Result<RangeInclusive<u16>, String> {
        let range = match self {
            Self::Code(code) => Some((*code, *code)),
            Self::Range(text) => {
                if let [hundreds @ b'1'..=b'5', b'x', b'x'] = text.as_bytes() {
                    let first = u16::from(hundreds - b'0') * 100;
                    Some((first, first + 99))
                } else {
                    let (first, last) = text.split_once('-').unwrap_or((text, text));
                    first.parse().ok().zip(last.parse().ok())
                }
            }
        };
        let range = range.filter(|(first, last)| 200 <= *first && first <= last && *last < 600);
        let range = range.map(|(first, last)| first..=last);
        range.ok_or_else(|| "must be a status such as 404, \"2xx\" or \"200-204\", from 200 to 599".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: Value) -> Result<HttpCall, Vec<String>> {
        let request: HttpRequest = serde_json::from_value(json).expect("a request");
        request.call().map_err(|faults| faults.into_iter().map(|(at, _)| at).collect())
    }

    fn places(json: Value) -> String {
        call(json).expect_err("faults").join(" ")
    }

    #[test]
    fn a_call_is_whole_or_says_what_is_wrong() {
        let good =
            call(json!({"method": "post", "url": "https://example.com/x", "headers": {"X-Shop": "1"}, "body": [1]}));
        let good = good.expect("a call");
        assert_eq!((good.method, good.url.as_str()), (Method::POST, "https://example.com/x"));
        assert_eq!(
            (&good.headers["x-shop"], &good.headers["content-type"]),
            (&"1".parse().expect("a value"), &"application/json".parse().expect("a value"))
        );
        assert_eq!(good.content.as_deref(), Some(b"[1]".as_slice()));
        let reserved = ["Idempotency-Key", "Host", "Traceparent"].map(|name| (name.to_owned(), json!("1")));
        let headers: serde_json::Map<_, _> = reserved.into_iter().collect();
        let bad = places(json!({"method": "BREW", "url": "/relative", "headers": headers}));
        assert_eq!(bad, "/method /url /headers/Host /headers/Idempotency-Key /headers/Traceparent");
        assert_eq!(places(json!({"url": "https://example.com", "headers": {"x": "a\r\nb"}})), "/headers/x");
    }

    #[test]
    fn a_text_is_sent_as_what_it_is_said_to_be() {
        let url = "https://example.com";
        let typed = |json: Value| {
            let call = call(json).expect("a call");
            let content_type = call.headers.get(CONTENT_TYPE).map(|value| value.to_str().expect("text").to_owned());
            (content_type.unwrap_or_default(), call.content.map(|bytes| String::from_utf8(bytes).expect("text")))
        };
        let plain = "text/plain; charset=utf-8".to_owned();
        assert_eq!(typed(json!({"url": url, "text": "a"})), (plain, Some("a".to_owned())));
        let csv = json!({"url": url, "text": "a;b", "content_type": "text/csv"});
        assert_eq!(typed(csv), ("text/csv".to_owned(), Some("a;b".to_owned())));
        let by_header = json!({"url": url, "text": "<a/>", "headers": {"Content-Type": "text/xml"}});
        assert_eq!(typed(by_header), ("text/xml".to_owned(), Some("<a/>".to_owned())));
        assert_eq!(typed(json!({"url": url})), (String::new(), None));
        assert_eq!(places(json!({"url": url, "text": "a", "body": 1})), "/text");
        assert_eq!(places(json!({"url": url, "content_type": "text/csv"})), "/content_type");
        assert_eq!(places(json!({"url": url, "text": "a", "content_type": "a\nb"})), "/content_type");
        let twice = json!({"url": url, "text": "a", "content_type": "text/csv", "headers": {"content-type": "a/b"}});
        assert_eq!(places(twice), "/content_type");
    }

    #[test]
    fn a_status_is_expected_alone_or_in_a_range() {
        let expects = |expected: Value, status: u16| {
            let call = call(json!({"url": "https://example.com", "expect_status": expected})).expect("a call");
            call.expects(StatusCode::from_u16(status).expect("a status"))
        };
        assert!(expects(json!(["2xx"]), 299) && !expects(json!(["2xx"]), 300));
        assert!(expects(json!([404, "200-204"]), 404) && expects(json!([404, "200-204"]), 204));
        assert!(!expects(json!([404, "200-204"]), 205) && expects(json!(["409"]), 409));
        let bad = json!([199, 600, "6xx", "1xx", "204-200", "", "ok", "2xx"]);
        let at: Vec<_> = (0..7).map(|index| format!("/expect_status/{index}")).collect();
        assert_eq!(places(json!({"url": "https://example.com", "expect_status": bad})), at.join(" "));
        let limits = json!({"url": "https://example.com", "expect_status": [], "max_bytes": 0, "follow_redirects": 11});
        assert_eq!(places(limits), "/expect_status /max_bytes /follow_redirects");
    }
}
