//! The middleware that turns requests away while as many are answered as may be (load shedding): a queue that grows makes every
//! answer late, and works for those who have given up waiting.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tokio::sync::Semaphore;

use super::context::RequestContext;
use super::edge::is_probe;
use crate::problem::Problem;

/// How many requests one process answers at the same time.
#[derive(Debug)]
pub struct ConcurrencyLimit(Semaphore);

impl ConcurrencyLimit {
    /// So many.
    pub fn new(requests: usize) -> Self {
        Self(Semaphore::new(requests.min(Semaphore::MAX_PERMITS)))
    }
}

/// Runs the handler, or answers 503. Whoever looks whether the service lives is always answered. An answer that is written bit
/// by bit counts until it begins.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limit = request.app_data::<web::Data<ConcurrencyLimit>>().cloned();
    let place = limit.as_ref().map(|limit| limit.0.try_acquire());
    if matches!(place, Some(Err(_))) && !is_probe(request.path()) {
        // Not an error: each would be logged, which is more work than what it saves.
        let id = request.extensions().get::<RequestContext>().and_then(|context| context.request_id.clone());
        let problem = Problem::unavailable("too many requests are being answered; try again in a moment");
        let answer = problem.respond(request.path(), id.as_deref().unwrap_or_default());
        return Ok(request.into_response(answer));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::http::StatusCode;
    use actix_web::http::header::RETRY_AFTER;
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test};
    use tokio::sync::Notify;

    use super::*;

    #[actix_web::test]
    async fn whoever_comes_when_all_places_are_taken_is_told_to_come_back() {
        let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (arrived, go) = (arrived.clone(), go.clone());
            move || {
                let (arrived, go) = (arrived.clone(), go.clone());
                async move {
                    arrived.notify_one();
                    go.notified().await;
                    HttpResponse::Ok().finish()
                }
            }
        };
        let app = App::new()
            .app_data(web::Data::new(ConcurrencyLimit::new(1)))
            .route("/slow", web::get().to(slow))
            .route("/quick", web::get().to(HttpResponse::Ok))
            .route("/health/live", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(limit));
        let app = test::init_service(app).await;
        let ask = |path| test::call_service(&app, test::TestRequest::get().uri(path).to_request());
        let others = async {
            arrived.notified().await;
            let refused = ask("/quick").await;
            let probed = ask("/health/live").await;
            go.notify_one();
            (refused, probed)
        };
        let (slow, (refused, probed)) = futures_util::join!(ask("/slow"), others);
        assert_eq!((slow.status(), refused.status()), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(refused.headers().get(RETRY_AFTER).expect("says when"), "1");
        assert_eq!(probed.status(), StatusCode::OK);
        assert_eq!(ask("/quick").await.status(), StatusCode::OK, "the place is free again");
    }
}
