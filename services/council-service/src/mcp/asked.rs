//! One request, and who made it.

use actix_web::dev::Payload;
use actix_web::http::header::ORIGIN;
use actix_web::{FromRequest, HttpRequest, web};
use common::config::HttpSettings;
use common::http::RequestContext;
use common::problem::Problem;
use futures_util::future::LocalBoxFuture;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::State;
use crate::caller::KeyHolder;

/// A request of an agent's.
pub struct Asked {
    /// Whose it is.
    pub key: KeyHolder,
    /// Where it comes from.
    pub context: RequestContext,
    /// What it is done with.
    pub state: web::Data<State>,
    /// Where people look at workflows.
    pub console: Option<String>,
    /// Cancelled when the service stops: long answers end then.
    pub stopping: CancellationToken,
    /// What each line that is logged for it says of it.
    pub span: Span,
}

impl FromRequest for Asked {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let (key, context) = (KeyHolder::extract(&request), RequestContext::from_request(&request, payload));
        let span = Span::current();
        Box::pin(async move {
            let console = request.app_data::<web::Data<HttpSettings>>().and_then(|http| http.console_origin.clone());
            refuse_foreign_origin(&request, console.as_deref())?;
            let missing = |part| Problem::internal(format!("this service was started without {part}"));
            let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| missing("its state"))?;
            let stopping =
                request.app_data::<web::Data<CancellationToken>>().ok_or_else(|| missing("a way to stop"))?;
            let (key, context, stopping) = (key.await?, context.await?, CancellationToken::clone(stopping));
            Ok(Self { key, context, state, console, stopping, span })
        })
    }
}

/// Refuses what a browser sends for a page of another site, as the protocol asks against DNS rebinding. Agents send no
/// `Origin`.
fn refuse_foreign_origin(request: &HttpRequest, console: Option<&str>) -> Result<(), Problem> {
    let foreign = |origin: &actix_web::http::header::HeaderValue| Some(origin.as_bytes()) != console.map(str::as_bytes);
    if request.headers().get_all(ORIGIN).any(foreign) {
        return Err(Problem::refused("foreign_origin", "pages of other sites may not ask this"));
    }
    Ok(())
}
