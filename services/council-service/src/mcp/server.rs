//! The protocol's methods.

use std::sync::Arc;

use actix_web::ResponseError;
use common::problem::Problem;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest, CustomResult, ErrorCode, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tracing::Instrument;

use super::Asked;
use super::tools::{self, Failure};

const INSTRUCTIONS: &str = "\
Each tool whose name has a dot proposes a workflow. A proposal is no run: councils of people decide about it first, \
unless their policies let it run at once. The answer says which, with a workflow_id. Then call wait_for_decision, or \
get_workflow from time to time. Nothing can be approved here: never ask to skip a review, and tell your user that it \
waits for one. What a policy blocks is refused, and that it was tried is kept on the record.";

/// The methods that agents send. What is not here is answered with \"method not found\".
const METHODS: [&str; 5] = ["initialize", "server/discover", "ping", "tools/list", "tools/call"];

/// Answers one request.
#[derive(Clone)]
pub struct Server(Arc<Asked>);

impl Server {
    /// Makes it for a request.
    pub fn new(asked: Asked) -> Self {
        Self(Arc::new(asked))
    }

    /// A problem as the protocol's error.
    fn error(&self, problem: &Problem) -> ErrorData {
        let code = match problem.status_code().as_u16() {
            500.. => ErrorCode::INTERNAL_ERROR,
            400 | 422 => ErrorCode::INVALID_PARAMS,
            _ => ErrorCode::INVALID_REQUEST,
        };
        let details = self.details(problem);
        ErrorData::new(code, details["error"].as_str().unwrap_or_default().to_owned(), Some(details))
    }

    /// What a client is told of a problem; a fault of ours is logged with all that led to it.
    fn details(&self, problem: &Problem) -> serde_json::Value {
        let status = problem.status_code();
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), "{problem}");
        }
        json!(problem.details("/mcp", self.0.context.request_id()))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let name = Implementation::new("codex-dominion", common::VERSION).with_title("Codex Dominion");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let listed = tools::list(&self.0, page.and_then(|page| page.cursor));
        listed.instrument(self.0.span.clone()).await.map_err(|problem| self.error(&problem))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let called = tools::call(&self.0, &call.name, call.arguments.unwrap_or_default(), &context);
        async {
            match called.await {
                Ok(result) => Ok(result.into()),
                Err(Failure::Refused(problem)) => Ok(CallToolResult::structured_error(self.details(&problem)).into()),
                Err(Failure::NoSuchTool) => {
                    Err(ErrorData::invalid_params(format!("there is no tool {:?}", call.name), None))
                }
            }
        }
        .instrument(self.0.span.clone())
        .await
    }

    /// The library takes a method that it knows, with parameters that it does not, for one that it doesn't know.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CustomRequest { method, .. } = request;
        if METHODS.contains(&&*method) {
            return Err(ErrorData::invalid_params(format!("the params of {method} are malformed"), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {method:?}"), None))
    }
}
