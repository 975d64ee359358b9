use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use common::ids::WorkflowId;
use database::execution::monitor::{Happened, Run, RunDetail, Step, run};
use governance::workflow::WorkflowStatus;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::Monitor;
use super::failed::from_buttons;
use super::refused::Refused;
use super::session::Admin;
use super::shell::{Answered, head, page};
use super::words::{cut, plain, status, step_status};
use crate::pages::parts::{Tone, ago, length, moment, notice};

/// How much of an output is shown, in characters.
const OUTPUT_SHOWN: usize = 20_000;

/// Which run somebody looks for.
#[derive(Deserialize)]
pub struct Wanted {
    id: String,
}

/// Finds a run by its id.
#[get("/runs")]
pub async fn find(_admin: Admin, wanted: web::Query<Wanted>) -> Result<HttpResponse, Refused> {
    let id: WorkflowId = wanted.id.trim().parse().map_err(|_| Refused::NotFound)?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/runs/{id}"))).finish())
}

/// One run: what happened, step by step.
#[get("/runs/{id}")]
pub async fn show(
    request: HttpRequest,
    admin: Admin,
    id: web::Path<WorkflowId>,
    monitor: web::Data<Monitor>,
) -> Result<HttpResponse, Refused> {
    let read = async |connection: &mut database::Connection| run(connection, *id).await;
    let (found, council) = tokio::join!(monitor.postgres(read), monitor.council_is_there());
    let answered = Answered { postgres: Some(found.is_some()), redis: None, council };
    let content = match found {
        Some(None) => return Err(Refused::NotFound),
        Some(Some(detail)) => show_run(&detail, Utc::now()),
        None => head("Run", id.to_string()),
    };
    Ok(page(&request, &admin, None, "Run", answered, content))
}

fn show_run(detail: &RunDetail, now: DateTime<Utc>) -> Markup {
    let run = &detail.run;
    let name = detail.type_name.as_deref().unwrap_or_else(|| run.workflow_type.as_str());
    html! {
        (head(html! { (name) " " (status(run.status)) }, html! { code { (run.id) } }))
        @if let Some(error) = &run.error { (notice(Tone::Bad, error)) }
        @if run.status == WorkflowStatus::Failed {
            form.filter method="post" action={ "/runs/" (run.id) "/retry" } { (from_buttons()) }
        }
        div.card { (facts(detail, now)) }
        h2 { "Steps" }
        @if detail.steps.is_empty() { div.empty { p { "It has no steps." } } } @else { (steps(&detail.steps)) }
        h2 { "Timeline" }
        (timeline(&detail.timeline))
    }
}

fn facts(detail: &RunDetail, now: DateTime<Utc>) -> Markup {
    let Run { workflow_type, type_version, domain, created_at, started_at, finished_at, .. } = &detail.run;
    let run = &detail.run;
    html! {
        dl.facts {
            div { dt { "Type" } dd { (workflow_type) ", version " (type_version) } }
            div { dt { "Domain" } dd { (domain) } }
            @if let Some(priority) = detail.priority { div { dt { "Queue" } dd { (priority) } } }
            div { dt { "Proposed" } dd { (moment(*created_at)) } }
            @if let Some(at) = started_at { div { dt { "First claimed" } dd { (moment(*at)) } } }
            @if let Some(at) = finished_at {
                div { dt { "Ended" } dd { (moment(*at)) @if let Some(began) = started_at { ", after " (length(*at - *began)) } } }
            }
            @if let (Some(holder), Some(until)) = (&run.lease_holder, run.lease_expires_at) {
                div {
                    dt { "In the hands of" }
                    dd { code { (holder) } ", lease " @if until < now { "ran out " (ago(until, now)) } @else { "for " (length(until - now)) } }
                }
            }
            @if let Some(at) = run.due_at.filter(|at| *at > now && finished_at.is_none()) { div { dt { "Goes on" } dd { "in " (length(at - now)) } } }
            @if let Some(at) = run.parked_at { div { dt { "Held back" } dd { "since " (length(now - at)) } } }
            @if run.fence > 0 { div { dt { "Claimed" } dd { (run.fence) @if run.fence == 1 { " time" } @else { " times" } " (its fence)" } } }
            @if let Some(request) = &run.request_id { div { dt { "Request" } dd { code { (request) } } } }
        }
    }
}

fn steps(steps: &[Step]) -> Markup {
    html! {
        div.table.stacks {
            table {
                thead { tr { th.number { "#" } th { "Step" } th { "State" } th.number { "Attempts" } th { "Began" } th { "Took" } th { "Came to" } } }
                tbody {
                    @for step in steps {
                        tr id={ "step-" (step.position) } {
                            td.number data-label="#" { (step.position + 1) }
                            td data-label="Step" { div { (step.name) span.second { (plain(step.kind.as_str())) } } }
                            td data-label="State" { (step_status(step.status)) }
                            td.number data-label="Attempts" { (step.attempt) }
                            td.nowrap data-label="Began" { @match step.started_at { Some(at) => (moment(at)), None => "–" } }
                            td.nowrap data-label="Took" {
                                @match took(step) { Some(time) => (length(time)), None => "–" }
                                @if let Some(at) = step.resume_at.filter(|_| step.finished_at.is_none()) { span.second { "until " (moment(at)) } }
                            }
                            td data-label="Came to" {
                                div {
                                    @if let Some(error) = &step.error { div.error { (cut(error, OUTPUT_SHOWN)) } }
                                    @if let Some(output) = &step.output {
                                        details id={ "output-" (step.position) } { summary { "Output" } pre { (shown(output)) } }
                                    }
                                    @if step.error.is_none() && step.output.is_none() { "–" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn took(step: &Step) -> Option<TimeDelta> {
    Some(step.finished_at? - step.started_at?)
}

/// A value for people, as the API would show it.
fn shown(value: &Value) -> String {
    cut(&serde_json::to_string_pretty(value).unwrap_or_default(), OUTPUT_SHOWN)
}

fn timeline(events: &[Happened]) -> Markup {
    html! {
        ol.timeline {
            @for (index, event) in events.iter().enumerate() {
                li id={ "event-" (index) } class=[tone(&event.event)] {
                    b { (capital(&event.event)) }
                    " " span.soft {
                        @if let Some(who) = &event.actor_name { "by " (who) } @else if event.actor.as_str() != "system" { "by " (event.actor) }
                    }
                    div."soft small" { (moment(event.at)) }
                    @if event.detail.as_object().is_some_and(|detail| !detail.is_empty()) {
                        details id={ "detail-" (index) } { summary.small { "Particulars" } pre { (shown(&event.detail)) } }
                    }
                }
            }
        }
    }
}

fn capital(event: &str) -> String {
    let event = plain(event);
    let mut letters = event.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How an event is marked, by its last word.
fn tone(event: &str) -> Option<&'static str> {
    let tone = match event.rsplit(['_', '.']).next()? {
        "completed" | "approved" | "succeeded" => Tone::Good,
        "failed" | "rejected" | "blocked" => Tone::Bad,
        "retried" | "expired" | "cancelled" | "retry" => Tone::Warn,
        "started" | "claimed" | "queued" | "resumed" => Tone::Busy,
        _ => return None,
    };
    Some(tone.class())
}
