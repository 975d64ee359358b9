use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use common::page::Limit;
use database::governance::dead_letters::{DeadLetter, Filter, Place, list};
use governance::definition::StepKind;
use governance::retry::RetryFrom;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::Monitor;
use super::paging::{PageAsked, pager};
use super::refused::Refused;
use super::session::Admin;
use super::shell::{Answered, Section, head, page};
use super::words::{class, cut, plain};
use crate::pages::parts::{Tone, ago, notice};

/// How much of an error a list shows, in characters.
const ERROR_SHOWN: usize = 300;

/// A filter as a form has it: what is empty is not asked for.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct FilterForm {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    workflow_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    step_kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    error: String,
}

impl FilterForm {
    /// The filter, or what is wrong with it.
    pub fn read(&self) -> Result<Filter, String> {
        let Self { workflow_type, step_kind, error } = self;
        Ok(Filter {
            workflow_type: said(workflow_type, str::parse).map_err(|why| format!("the type {why}"))?,
            step_kind: said(step_kind, str::parse).map_err(|why| format!("the kind of step {why}"))?,
            error: said(error, |text| text.to_owned().try_into()).map_err(|why| format!("the error {why}"))?,
            ..Filter::default()
        })
    }

    /// The same as a part of an address.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [("workflow_type", &self.workflow_type), ("step_kind", &self.step_kind), ("error", &self.error)];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()));
        query.finish()
    }
}

fn said<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// Which page of the list.
#[derive(Deserialize)]
pub struct Query {
    #[serde(flatten)]
    filter: FilterForm,
    #[serde(flatten)]
    page: PageAsked,
}

/// The dead letters: runs that failed for good.
#[get("/failed")]
pub async fn show(
    request: HttpRequest,
    admin: Admin,
    query: web::Query<Query>,
    monitor: web::Data<Monitor>,
) -> Result<HttpResponse, Refused> {
    let Query { filter: form, page: asked } = query.into_inner();
    let after: Option<Place> = asked.after()?;
    let (is_first, filter) = (after.is_none(), form.read());
    let listed = async {
        let filter = filter.as_ref().ok()?;
        let read =
            async |connection: &mut database::Connection| list(connection, filter, Limit::default(), after).await;
        Some(monitor.postgres(read).await)
    };
    let (listed, council) = tokio::join!(listed, monitor.council_is_there());
    let answered = Answered { postgres: listed.as_ref().map(Option::is_some), redis: None, council };
    let content = html! {
        (head("Failed runs", "Runs that failed for good, the latest first: the dead letters. They wait here until somebody has them tried again."))
        (search(&form))
        @match (&filter, listed.flatten()) {
            (Err(why), _) => (notice(Tone::Warn, format!("Nothing is listed: {why}."))),
            (_, None) => {}
            (_, Some((letters, next))) => {
                @if letters.is_empty() {
                    div.empty { p { @if form.query().is_empty() { "No run has failed for good." } @else { "No failed run is like that." } } }
                } @else {
                    (retry_all(&form))
                    (table(&letters, Utc::now()))
                    (pager("/failed", &form.query(), is_first, next))
                }
            }
        }
        h2 { "Any run" }
        form.filter method="get" action="/runs" {
            label { "By its id" input id="by-id" name="id" required maxlength="50" autocomplete="off" spellcheck="false"; }
            button type="submit" { "Show" }
        }
    };
    Ok(page(&request, &admin, Some(Section::Failed), "Failed runs", answered, content))
}

fn search(form: &FilterForm) -> Markup {
    html! {
        form.filter method="get" action="/failed" role="search" {
            label { "Type" input id="by-type" name="workflow_type" value=(form.workflow_type) maxlength="100" autocomplete="off"; }
            label { "Kind of the failed step"
                select id="by-kind" name="step_kind" {
                    option value="" { "any" }
                    @for kind in StepKind::ALL {
                        option value=(kind.as_str()) selected[form.step_kind == kind.as_str()] { (kind) }
                    }
                }
            }
            label { "Error contains" input id="by-error" name="error" value=(form.error) maxlength="200" autocomplete="off"; }
            button type="submit" { "Filter" }
            @if !form.query().is_empty() { a.button href="/failed" { "Show all" } }
        }
    }
}

fn retry_all(form: &FilterForm) -> Markup {
    html! {
        details.more #retry-all {
            summary.button { @if form.query().is_empty() { "Requeue all…" } @else { "Requeue all of this filter…" } }
            form method="post" action="/failed/retry" {
                @for (name, value) in
                    [("workflow_type", &form.workflow_type), ("step_kind", &form.step_kind), ("error", &form.error)] {
                    @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
                }
                p.soft {
                    "Those that failed first go first, up to 200 at a time, also those on other pages. Where its approval does not \
                     carry another try, a run's councils vote again first."
                }
                (from_buttons())
            }
        }
    }
}

/// The two buttons that have something tried again.
pub fn from_buttons() -> Markup {
    html! {
        div.row {
            button.primary type="submit" name="from" value=(RetryFrom::FailedStep) { "Requeue from the failed step" }
            button type="submit" name="from" value=(RetryFrom::Start) { "Requeue from the start" }
        }
    }
}

fn table(letters: &[DeadLetter], now: DateTime<Utc>) -> Markup {
    html! {
        div.table.stacks {
            table {
                thead { tr { th { "Run" } th { "Error" } th { "Failed step" } th { "When" } th {} } }
                tbody {
                    @for letter in letters {
                        @let id = letter.workflow_id;
                        tr id={ "run-" (id) } {
                            td data-label="Run" {
                                div { a href={ "/runs/" (id) } { (letter.workflow_type.id) } span.second.mono { (id) } }
                            }
                            td data-label="Error" {
                                div.error { (cut(letter.error.as_deref().unwrap_or("no reason was given"), ERROR_SHOWN)) }
                            }
                            td data-label="Failed step" {
                                div {
                                    @if let Some(step) = &letter.step {
                                        (step.name) " " (class(letter.class)) span.second { (plain(step.kind.as_str())) ", attempt " (step.attempts) " of " (step.max_attempts) }
                                    } @else { (class(letter.class)) }
                                }
                            }
                            td.nowrap data-label="When" { (ago(letter.failed_at, now)) }
                            td.acts {
                                form.inline method="post" action={ "/runs/" (id) "/retry" } {
                                    button type="submit" name="from" value=(RetryFrom::FailedStep)
                                        title="Try it again, from the step that failed" { "Requeue" }
                                    " "
                                    button.plain type="submit" name="from" value=(RetryFrom::Start) { "from the start" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use common::text::Text;

    use super::*;

    #[test]
    fn a_filter_is_what_is_filled_in_and_survives_the_address() {
        let form =
            FilterForm { error: " a & b=c ".to_owned(), step_kind: "http_request".to_owned(), ..Default::default() };
        let filter = form.read().expect("a filter");
        assert_eq!(filter.error.as_ref().map(Text::as_str), Some("a & b=c"));
        assert_eq!(filter.step_kind, Some(StepKind::HttpRequest));
        assert_eq!(form.query(), "step_kind=http_request&error=+a+%26+b%3Dc+");
        let wrong = FilterForm { step_kind: "nonsense".to_owned(), ..Default::default() };
        assert!(wrong.read().expect_err("is no kind").starts_with("the kind of step must be one of "));
    }
}
