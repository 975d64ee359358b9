//! Between actix-web and the protocol's library, whose HTTP types are of another generation.
//!
//! There is an adapter crate for the two. It makes every JSON object of the whole program remember the order of its
//! fields (a feature of `serde_json`), and answers in plain text where our clients are promised a problem.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use common::problem::Problem;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcError};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::de::IgnoredAny;

use super::Asked;
use super::server::Server;
use super::tools::wait_for_decision;

/// Answers one message.
pub async fn answer(asked: Asked, headers: &HeaderMap, body: Bytes) -> Result<HttpResponse, Problem> {
    let message = match read(&body) {
        Ok(message) => message,
        Err(fault) => return Ok(HttpResponse::BadRequest().json(JsonRpcError::new(None, fault))),
    };
    let server = Server::new(asked);
    // The host is NGINX's to check, which takes none but ours, and the origin was looked at.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(!waits(&message))
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    translate(service.handle(request(headers, body)?).await).await
}

/// Reads a message, or tells in the protocol's words why it is none.
fn read(body: &Bytes) -> Result<ClientJsonRpcMessage, ErrorData> {
    serde_json::from_slice(body).map_err(|fault| {
        // A message's own fault may come before a fault of the JSON.
        let malformed = serde_json::from_slice::<IgnoredAny>(body).err().or((!fault.is_data()).then_some(fault));
        if let Some(malformed) = malformed {
            return ErrorData::parse_error(format!("the body is not JSON: {malformed}"), None);
        }
        let is_batch = body.trim_ascii_start().first() == Some(&b'[');
        let message = if is_batch {
            "send one message a request: batches are not taken"
        } else {
            "this is no JSON-RPC 2.0 message"
        };
        ErrorData::invalid_request(message, None)
    })
}

/// Whether the answer may be long in coming: then it is begun at once, and kept alive by comments, so that nothing on
/// the way takes the connection for dead.
fn waits(message: &ClientJsonRpcMessage) -> bool {
    matches!(message, ClientJsonRpcMessage::Request(request)
        if matches!(&request.request, ClientRequest::CallToolRequest(call) if call.params.name == wait_for_decision::NAME))
}

/// The request as the library wants it, with the headers that it reads: the key is none of its business.
fn request(headers: &HeaderMap, body: Bytes) -> Result<http::Request<Full<Bytes>>, Problem> {
    let mut request = http::Request::post("http://council-service/mcp");
    for (name, value) in headers {
        if name == ACCEPT || name == CONTENT_TYPE || name.as_str().starts_with("mcp-") {
            request = request.header(name.as_str(), value.as_bytes());
        }
    }
    request.body(Full::new(body)).map_err(Problem::internal)
}

/// The library's answer: a message as it is, a stream as it comes, a plain sentence as a problem.
async fn translate(
    response: http::Response<BoxBody<Bytes, std::convert::Infallible>>,
) -> Result<HttpResponse, Problem> {
    let (parts, body) = response.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16()).map_err(Problem::internal)?;
    let kind = parts.headers.get(http::header::CONTENT_TYPE).map_or(&b""[..], http::HeaderValue::as_bytes);
    let mut answer = HttpResponse::build(status);
    if kind.starts_with(b"text/event-stream") {
        answer.insert_header((CONTENT_TYPE, "text/event-stream")).insert_header((CACHE_CONTROL, "no-store"));
        return Ok(answer.streaming(body.into_data_stream()));
    }
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    if kind.starts_with(b"application/json") {
        return Ok(answer.content_type("application/json").body(bytes));
    }
    if status.is_success() {
        return Ok(answer.body(bytes));
    }
    let sentence = String::from_utf8_lossy(&bytes).into_owned();
    Err(match status {
        StatusCode::INTERNAL_SERVER_ERROR => Problem::internal(sentence),
        StatusCode::NOT_ACCEPTABLE => Problem::new(status, "not_acceptable", sentence),
        _ => Problem::new(status, "bad_request", sentence),
    })
}
