use actix_web::{HttpRequest, HttpResponse, post, web};
use common::http::read_json;
use common::problem::{Problem, ProblemDetails};

use crate::mcp::{Asked, answer};

/// Speaks the Model Context Protocol (Streamable HTTP, JSON-RPC 2.0) with agents, by their API keys. Its tools and their
/// schemas are asked for with the method `tools/list`, so they are not described here.
#[utoipa::path(
    tag = "agents",
    request_body(content = Object, description = "One JSON-RPC 2.0 message.", content_type = "application/json"),
    responses(
        (status = 200, description = "The answer: a JSON-RPC message, or a stream of them.", content(
            (Object = "application/json"), (String = "text/event-stream"),
        )),
        (status = 202, description = "A notification was taken."),
        (status = 400, description = "This is no message; a JSON-RPC error says why.", body = Object),
        (status = 401, body = ProblemDetails), (status = 403, body = ProblemDetails), (status = 406, body = ProblemDetails),
    )
)]
#[post("/mcp")]
pub async fn mcp(asked: Asked, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let body = read_json(&request, &mut payload.into_inner()).await?;
    answer(asked, request.headers(), body).await
}
