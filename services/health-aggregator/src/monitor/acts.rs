//! What an admin does here: asked of council-service, in their name. Afterwards they are shown the page that they came
//! from, with what became of it.

use actix_web::http::header::{HOST, LOCATION, REFERER};
use actix_web::{HttpRequest, HttpResponse, post, web};
use common::http::RequestContext;
use common::ids::{ScheduleId, WorkflowId};
use common::priority::Priority;
use governance::retry::RetryFrom;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Monitor;
use super::failed::FilterForm;
use super::neighbours::Question;
use super::refused::Refused;
use super::said::{Bulk, Outcome, Said};
use super::session::Admin;

/// As many are tried again at a press of the button.
const BULK: u16 = 200;

/// Why a queue is paused.
#[derive(Deserialize)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

/// Pauses a queue.
#[post("/queues/{queue}/pause")]
pub async fn pause_queue(act: Act, queue: web::Path<Priority>, why: web::Form<Why>) -> Result<HttpResponse, Refused> {
    if why.reason.trim().is_empty() {
        return Ok(act.tell(Said::ReasonNeeded));
    }
    let path = format!("/api/admin/queues/{queue}/pause");
    act.ask(&path, Some(&json!({"reason": why.reason})), |_| Outcome::One(Said::QueuePaused)).await
}

/// Resumes a queue.
#[post("/queues/{queue}/resume")]
pub async fn resume_queue(act: Act, queue: web::Path<Priority>) -> Result<HttpResponse, Refused> {
    act.ask(&format!("/api/admin/queues/{queue}/resume"), None, |_| Outcome::One(Said::QueueResumed)).await
}

/// Where a run begins again.
#[derive(Deserialize)]
pub struct From {
    from: RetryFrom,
}

/// Has a run tried again.
#[post("/runs/{id}/retry")]
pub async fn retry(act: Act, id: web::Path<WorkflowId>, from: web::Form<From>) -> Result<HttpResponse, Refused> {
    let became = |answer: &Value| {
        Outcome::One(if answer["status"] == "pending_review" { Said::SentToReview } else { Said::Requeued })
    };
    act.ask(&format!("/api/workflows/{id}/retry"), Some(&json!({"from": from.from})), became).await
}

/// Has all runs tried again that a filter names.
#[derive(Deserialize)]
pub struct RetryAll {
    from: RetryFrom,
    #[serde(flatten)]
    filter: FilterForm,
}

/// Has all runs tried again that a filter names.
#[post("/failed/retry")]
pub async fn retry_all(act: Act, form: web::Form<RetryAll>) -> Result<HttpResponse, Refused> {
    let filter = form.filter.read().map_err(|_| Refused::Malformed)?;
    let body = json!({"filter": filter, "from": form.from, "limit": BULK});
    let became = |answer: &Value| {
        let number = |name: &str| answer["counts"][name].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(0);
        Outcome::Many(Bulk {
            queued: number("queued"),
            pending_review: number("pending_review"),
            skipped: number("skipped"),
            refused: number("refused"),
            more: answer["more"] == true,
        })
    };
    act.ask("/api/admin/dead-letters/retry", Some(&body), became).await
}

/// Pauses a schedule.
#[post("/schedules/{id}/pause")]
pub async fn pause_schedule(act: Act, id: web::Path<ScheduleId>) -> Result<HttpResponse, Refused> {
    act.ask(&format!("/api/schedules/{id}/pause"), None, |_| Outcome::One(Said::SchedulePaused)).await
}

/// Resumes a schedule.
#[post("/schedules/{id}/resume")]
pub async fn resume_schedule(act: Act, id: web::Path<ScheduleId>) -> Result<HttpResponse, Refused> {
    act.ask(&format!("/api/schedules/{id}/resume"), None, |_| Outcome::One(Said::ScheduleResumed)).await
}

/// An admin's wish, on its way.
pub struct Act {
    request: HttpRequest,
    admin: Admin,
    context: RequestContext,
    monitor: web::Data<Monitor>,
}

impl actix_web::FromRequest for Act {
    type Error = Refused;
    type Future = futures_util::future::LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let (request, admin) = (request.clone(), Admin::from_request(request, payload));
        Box::pin(async move {
            let admin = admin.await?;
            let context = RequestContext::of(&request);
            let monitor = request.app_data::<web::Data<Monitor>>().cloned().ok_or(Refused::NotFound)?;
            Ok(Self { request, admin, context, monitor })
        })
    }
}

impl Act {
    /// Asks council-service, and tells what became of it.
    async fn ask(
        self,
        path: &str,
        body: Option<&Value>,
        became: impl FnOnce(&Value) -> Outcome,
    ) -> Result<HttpResponse, Refused> {
        let question =
            Question { path, body, token: Some(&self.admin.token), context: &self.context, user_agent: None };
        let Ok(answer) = self.monitor.neighbours.post("council-service", &question).await else {
            return Ok(self.tell(Said::CouncilSilent));
        };
        let status = answer.status().as_u16();
        let said: Value = answer.json().await.unwrap_or_default();
        Ok(match (status, said["code"].as_str()) {
            (200..=299, _) => self.tell_all(became(&said)),
            (401, _) => return Err(Refused::NotLoggedIn("/".to_owned())),
            (403, _) => self.tell(Said::NotAllowed),
            (404, _) => self.tell(Said::Gone),
            (409, Some("not_failed")) => self.tell(Said::NotFailed),
            (409, Some("already_paused")) => self.tell(Said::AlreadyPaused),
            (409, Some("not_paused")) => self.tell(Said::NotPaused),
            (409, _) => self.tell(Said::Conflict),
            (422, _) if path.ends_with("/pause") => self.tell(Said::ReasonNeeded),
            (400..=499, _) => self.tell(Said::NotUnderstood),
            _ => self.tell(Said::CouncilFailed),
        })
    }

    fn tell(&self, said: Said) -> HttpResponse {
        self.tell_all(Outcome::One(said))
    }

    fn tell_all(&self, outcome: Outcome) -> HttpResponse {
        let to = came_from(&self.request).unwrap_or_else(|| "/".to_owned());
        let cookie = outcome.tell(&self.request);
        HttpResponse::SeeOther().insert_header((LOCATION, to)).cookie(cookie).finish()
    }
}

/// The page of ours that a form was on, by the browser's word.
fn came_from(request: &HttpRequest) -> Option<String> {
    let text = |name| request.headers().get(name)?.to_str().ok();
    let (_, rest) = text(REFERER)?.split_once("://")?;
    let path = rest.strip_prefix(text(HOST)?)?;
    let good = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\") && path.len() <= 2000;
    good.then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn one_goes_back_to_a_page_of_ours_only() {
        let back = |referer: &str| {
            let request = TestRequest::default().insert_header((HOST, "m:9181")).insert_header((REFERER, referer));
            came_from(&request.to_http_request())
        };
        assert_eq!(back("http://m:9181/failed?error=x").as_deref(), Some("/failed?error=x"));
        for bad in
            ["http://evil/failed", "http://m:9181//evil", "http://m:91810/x", "http://m:9181.evil/x", "nonsense", ""]
        {
            assert_eq!(back(bad), None, "{bad}");
        }
    }
}
