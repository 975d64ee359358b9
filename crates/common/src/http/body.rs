//! JSON bodies, with every fault told by place.

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::problem::Problem;

/// The largest body that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// The JSON body of a request.
///
/// Refused with 415 when it is not JSON by its `Content-Type`, 413 when it is over [`MAX_BYTES`], 400 when it is not
/// JSON by its bytes, and 422 with the place when it is JSON of another shape.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = Self::with_bytes(request, payload);
        Box::pin(async move { read.await.map(|(body, _)| Self(body)) })
    }
}

impl<T: DeserializeOwned + 'static> Body<T> {
    /// Reads the body, and returns it with the bytes that it was read from.
    pub(super) fn with_bytes(
        request: &HttpRequest,
        payload: &mut Payload,
    ) -> LocalBoxFuture<'static, Result<(T, web::Bytes), Problem>> {
        let text = read_json(request, payload);
        Box::pin(async move {
            let bytes = text.await?;
            parse(&bytes).map(|body| (body, bytes))
        })
    }
}

/// Reads a body that is JSON by its `Content-Type`, and looks no further: for a protocol that has its own words for what
/// is wrong inside. Refused as a [`Body`] is, with 415 and 413.
pub fn read_json(request: &HttpRequest, payload: &mut Payload) -> LocalBoxFuture<'static, Result<web::Bytes, Problem>> {
    if request.content_type() != "application/json" {
        let problem = Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send JSON with the header Content-Type: application/json",
        );
        return Box::pin(async { Err(problem) });
    }
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MAX_BYTES as u64) {
        return Box::pin(async { Err(too_large()) });
    }
    let bytes = web::Bytes::from_request(request, payload);
    Box::pin(async move {
        bytes.await.map_err(|error| match error.as_response_error().status_code() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => Problem::bad_request("unreadable_body", "the body could not be read to its end"),
        })
    })
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the body has more than {} KiB", MAX_BYTES / 1024),
    )
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take the fields of a struct from an array, too.
    if bytes.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|cause| malformed(&cause))?;
        return Err(Problem::invalid_field("", "must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        if cause.is_data() { Problem::invalid_field(pointer, without_position(&cause)) } else { malformed(&cause) }
    })?;
    json.end().map_err(|cause| malformed(&cause))?;
    Ok(value)
}

/// Reads a value off a JSON object that came as a part of something else; a fault is told by its place in the object.
pub fn from_object<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(object))
        .map_err(|error| Problem::invalid_field(pointer(error.path()), error.into_inner().to_string()))
}

fn malformed(cause: &serde_json::Error) -> Problem {
    Problem::bad_request("malformed_json", format!("the body is not JSON: {cause}"))
}

/// serde's message without its trailing position: the pointer says it better.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[serde(rename = "count")]
        _count: u8,
        #[serde(default, rename = "tags")]
        _tags: Vec<String>,
    }

    fn fault(json: &[u8]) -> String {
        parse::<Order>(json).expect_err("a fault").to_string()
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        assert_eq!(fault(b"{\"count\": \"x\"}"), "/count invalid type: string \"x\", expected u8");
        assert_eq!(
            fault(b"{\"count\": 1, \"tags\": [\"a\", 2]}"),
            "/tags/1 invalid type: integer `2`, expected a string"
        );
        assert_eq!(fault(b"{\"count\": 1, \"sort\": 2}"), "/sort unknown field `sort`, expected `count` or `tags`");
        assert_eq!(fault(b"{}"), "the body missing field `count`");
        assert_eq!(fault(b"[1]"), "the body must be a JSON object");
        assert_eq!(fault(b"{"), "the body is not JSON: EOF while parsing an object at line 1 column 1");
        assert!(fault(b"{\"count\": 1} x").starts_with("the body is not JSON: trailing characters"));
        assert!(fault(b"{\"count\": 1, \"tags\": [\"\xff\"]}").starts_with("the body is not JSON: invalid unicode"));
        let nested = ["{\"tags\":", &"[".repeat(200), &"]".repeat(200), "}"].concat();
        assert!(parse::<serde_json::Value>(nested.as_bytes()).expect_err("too deep").to_string().contains("recursion"));
    }
}
