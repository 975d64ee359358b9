//! What a request depends on: the state that its sender saw, and whether it was sent before.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::Body;
use crate::problem::Problem;

/// The header that makes an unsafe request safe to send again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The one value of a header, if it is there.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|text| Some(text.trim())).map_err(|_| malformed(name)),
        (Some(_), Some(_)) => Err(Problem::bad_request("duplicate_header", format!("send one {name} header"))),
    }
}

fn malformed(name: &str) -> Problem {
    Problem::bad_request("malformed_header", format!("the header {name} is malformed"))
}

/// The entity tag in `If-Match`: what the sender saw of the thing that the request changes (RFC 9110, 13.1.1). Refused
/// with 428 when it is missing (RFC 6585, 3), so that nobody overwrites what they have not seen.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, pattern = r#"^"[ !#-~]*"$"#)]
pub struct IfMatch(pub String);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request.headers()))
    }
}

/// The entity tag in `If-Match`, where a request may come without: none of what it does can be lost unseen.
pub struct MaybeIfMatch(pub Option<String>);

impl FromRequest for MaybeIfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = only(request.headers(), IF_MATCH.as_str());
        ready(value.and_then(|value| Ok(Self(value.map(entity_tag).transpose()?.map(|IfMatch(tag)| tag)))))
    }
}

fn if_match(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let Some(value) = only(headers, IF_MATCH.as_str())? else {
        let message = "send the ETag of what you looked at in the header If-Match";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if_match_needed", message));
    };
    entity_tag(value)
}

fn entity_tag(value: &str) -> Result<IfMatch, Problem> {
    let tag = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    tag.filter(|tag| !tag.contains('"')).map(|tag| IfMatch(tag.to_owned())).ok_or_else(|| malformed("If-Match"))
}

/// What names a request that may be sent more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The sender's name for it.
    pub key: String,
    /// SHA-256 of its method, path and body: another request under the same name is refused.
    pub request: [u8; 32],
}

impl RequestKey {
    /// Names a request whose digest is `request`; the error says what a name must be.
    pub fn new(key: &str, request: [u8; 32]) -> Result<Self, &'static str> {
        if is_key(key) { Ok(Self { key: key.to_owned(), request }) } else { Err(KEY_RULE) }
    }
}

const KEY_RULE: &str = "must have 1 to 200 visible ASCII characters, no quotation marks";

fn is_key(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
}

/// A JSON body, and the `Idempotency-Key` that it was sent with.
pub struct Keyed<T> {
    /// The body.
    pub body: T,
    /// What names the request, if its sender named it.
    pub key: Option<RequestKey>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Keyed<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = key(request.headers());
        let mut hash = Sha256::new();
        for part in [request.method().as_str(), request.path()] {
            hash.update(part);
            hash.update([0]);
        }
        let body = Body::<T>::with_bytes(request, payload);
        Box::pin(async move {
            let key = key?;
            let (body, bytes) = body.await?;
            hash.update(&bytes);
            Ok(Self { body, key: key.map(|key| RequestKey { key, request: hash.finalize().into() }) })
        })
    }
}

/// The key, with or without the quotation marks of a structured field string (draft-ietf-httpapi-idempotency-key-header).
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = only(headers, IDEMPOTENCY_KEY)? else { return Ok(None) };
    let key = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    if is_key(key) {
        Ok(Some(key.to_owned()))
    } else {
        Err(Problem::bad_request("malformed_header", format!("the header Idempotency-Key {KEY_RULE}")))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut request = TestRequest::default();
        for &value in values {
            request = request.append_header((name, value));
        }
        request.to_http_request().headers().clone()
    }

    #[test]
    fn an_entity_tag_is_needed_whole_and_once() {
        let read =
            |values: &[&str]| if_match(&headers("if-match", values)).map(|tag| tag.0).map_err(|problem| problem.code());
        assert_eq!(read(&["\"abc\""]), Ok("abc".to_owned()));
        assert_eq!(read(&[]), Err("if_match_needed"));
        assert_eq!(read(&["\"a\"", "\"b\""]), Err("duplicate_header"));
        for bad in ["abc", "*", "W/\"abc\"", "\"a\", \"b\"", "\""] {
            assert_eq!(read(&[bad]), Err("malformed_header"), "{bad}");
        }
    }

    #[test]
    fn a_key_is_short_and_visible() {
        let read = |values: &[&str]| key(&headers(IDEMPOTENCY_KEY, values)).map_err(|problem| problem.code());
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["\"8e03978e-40d5\""]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(read(&["8e03978e-40d5"]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(read(&["a", "b"]), Err("duplicate_header"));
        for bad in ["", "a b", "a\"b", &"x".repeat(201)] {
            assert_eq!(read(&[bad]), Err("malformed_header"), "{bad}");
        }
    }
}
