use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use common::page::Limit;
use database::execution::monitor::{LastTime, ScheduleView, schedules};
use database::schedules::{RunOutcome, ScheduleState};
use governance::schedule::Missed;
use maud::{Markup, html};

use super::Monitor;
use super::paging::{PageAsked, pager};
use super::refused::Refused;
use super::session::Admin;
use super::shell::{Answered, Section, head, page};
use super::words::cut;
use crate::pages::parts::{Tone, ago, badge, length};

/// What is proposed when.
#[get("/schedules")]
pub async fn show(
    request: HttpRequest,
    admin: Admin,
    page_asked: web::Query<PageAsked>,
    monitor: web::Data<Monitor>,
) -> Result<HttpResponse, Refused> {
    let after = page_asked.into_inner().after()?;
    let read = async |connection: &mut database::Connection| schedules(connection, Limit::default(), after).await;
    let (found, council) = tokio::join!(monitor.postgres(read), monitor.council_is_there());
    let answered = Answered { postgres: Some(found.is_some()), redis: None, council };
    let content = html! {
        (head("Schedules", "What is proposed at times of the clock: when it is due next, and what came of the last time."))
        @if let Some((schedules, next)) = found {
            @if schedules.is_empty() { div.empty { p { "There are no schedules." } } } @else {
                (table(&schedules, Utc::now()))
                (pager("/schedules", "", after.is_none(), next))
            }
        }
    };
    Ok(page(&request, &admin, Some(Section::Schedules), "Schedules", answered, content))
}

fn table(schedules: &[ScheduleView], now: DateTime<Utc>) -> Markup {
    html! {
        div.table.stacks {
            table {
                thead { tr { th { "Schedule" } th { "State" } th { "Next times" } th { "Last time" } th { "If missed" } th {} } }
                tbody {
                    @for schedule in schedules {
                        tr id={ "schedule-" (schedule.id) } {
                            td data-label="Schedule" {
                                div {
                                    (schedule.name)
                                    span.second { (schedule.workflow_type) }
                                    span.second { code { (schedule.cron) } " " (schedule.time_zone) }
                                }
                            }
                            td data-label="State" { div { (state(schedule)) } }
                            td data-label="Next times" { div { (next_times(schedule, now)) } }
                            td data-label="Last time" { div { (last_time(schedule.last.as_ref(), schedule.last_fired_at, now)) } }
                            td data-label="If missed" { (missed(schedule.missed)) }
                            td.acts { (act(schedule)) }
                        }
                    }
                }
            }
        }
    }
}

fn state(schedule: &ScheduleView) -> Markup {
    html! {
        @match schedule.state {
            ScheduleState::Active => (badge(Tone::Good, "active")),
            ScheduleState::Paused => (badge(Tone::Warn, "paused")),
        }
        @if let Some(why) = &schedule.paused_because { span.second { (cut(why, 300)) } }
        @if schedule.refusals > 0 { span.second { (schedule.refusals) " refused in a row" } }
    }
}

fn next_times(schedule: &ScheduleView, now: DateTime<Utc>) -> Markup {
    html! {
        @match schedule.next_times.split_first() {
            None => "none",
            Some((first, others)) => {
                span.nowrap title={ (first.local.format("%Y-%m-%d %H:%M %:z")) } { (first.utc.format("%Y-%m-%d %H:%M")) }
                span.second {
                    @if first.utc > now { "in " (length(first.utc - now)) } @else { "due " (ago(first.utc, now)) }
                }
                @if !others.is_empty() {
                    details id={ "times-" (schedule.id) } {
                        summary.small { "then" }
                        @for time in others {
                            span.second.nowrap title={ (time.local.format("%Y-%m-%d %H:%M %:z")) } { (time.utc.format("%Y-%m-%d %H:%M")) }
                        }
                    }
                }
            }
        }
    }
}

fn last_time(last: Option<&LastTime>, fired_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Markup {
    html! {
        @match (last, fired_at) {
            (Some(last), _) => {
                (outcome(last.outcome))
                span.second.nowrap { (ago(last.due_at, now)) }
                @if let Some(id) = last.workflow_id { a.small href={ "/runs/" (id) } { "the run" } }
                @if let Some(problem) = &last.problem { span.second { (cut(problem, 300)) } }
            }
            (None, Some(at)) => (ago(at, now)),
            (None, None) => "never",
        }
    }
}

fn outcome(outcome: RunOutcome) -> Markup {
    let tone = match outcome {
        RunOutcome::Proposed => Tone::Good,
        RunOutcome::Blocked | RunOutcome::Refused => Tone::Bad,
        RunOutcome::Missed => Tone::Warn,
    };
    badge(tone, outcome.as_str())
}

fn missed(missed: Missed) -> &'static str {
    match missed {
        Missed::Skip => "is let go",
        Missed::Once => "once for all",
        Missed::All => "each is made up for",
    }
}

fn act(schedule: &ScheduleView) -> Markup {
    let (path, word) = match schedule.state {
        ScheduleState::Active => ("pause", "Pause"),
        ScheduleState::Paused => ("resume", "Resume"),
    };
    html! {
        form.inline method="post" action={ "/schedules/" (schedule.id) "/" (path) } { button type="submit" { (word) } }
    }
}
