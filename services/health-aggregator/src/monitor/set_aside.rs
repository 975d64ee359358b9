use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use common::page::Cursor;
use maud::{Markup, html};
use queue::SetAside;

use super::Monitor;
use super::paging::{PageAsked, pager};
use super::refused::Refused;
use super::session::Admin;
use super::shell::{Answered, Section, head, page};
use super::words::cut;
use crate::pages::parts::ago;

/// How many a page has.
const ROWS: usize = 50;
/// How much of an entry is shown, in characters.
const PAYLOAD_SHOWN: usize = 2_000;

/// Entries of the streams that no worker could deal with.
#[get("/set-aside")]
pub async fn show(
    request: HttpRequest,
    admin: Admin,
    page_asked: web::Query<PageAsked>,
    monitor: web::Data<Monitor>,
) -> Result<HttpResponse, Refused> {
    let before: Option<String> = page_asked.into_inner().after()?;
    // Redis has its own form of ids; what has another is no cursor of ours.
    if before.as_deref().is_some_and(|id| !id.bytes().all(|b| b.is_ascii_digit() || b == b'-')) {
        return Err(Refused::Malformed);
    }
    let (found, council) =
        tokio::join!(monitor.redis(monitor.queue.set_aside(before.as_deref(), ROWS + 1)), monitor.council_is_there());
    let answered = Answered { postgres: None, redis: Some(found.is_some()), council };
    let content = html! {
        (head("Set aside", "Entries of the queues that no worker could deal with, the latest first, each with its reason. \
            PostgreSQL knows what has to run: nothing that was approved is lost with them."))
        @if let Some(mut entries) = found {
            @let more = entries.len() > ROWS;
            @let () = entries.truncate(ROWS);
            @if entries.is_empty() { div.empty { p { "Nothing was set aside." } } } @else {
                (table(&entries, Utc::now()))
                (pager("/set-aside", "", before.is_none(), entries.last().filter(|_| more).map(|last| Cursor(last.id.clone()))))
            }
        }
    };
    Ok(page(&request, &admin, Some(Section::SetAside), "Set aside", answered, content))
}

fn table(entries: &[SetAside], now: DateTime<Utc>) -> Markup {
    html! {
        div.table.stacks {
            table {
                thead { tr { th { "When" } th { "Queue" } th { "Reason" } th { "Entry" } } }
                tbody {
                    @for entry in entries {
                        tr id={ "entry-" (entry.id) } {
                            td.nowrap data-label="When" { @match entry.at { Some(at) => (ago(at, now)), None => "–" } }
                            td data-label="Queue" { (entry.queue.as_deref().unwrap_or("–")) }
                            td data-label="Reason" { div.error { (entry.reason.as_deref().unwrap_or("no reason was given")) } }
                            td data-label="Entry" {
                                div {
                                    code { (entry.entry.as_deref().unwrap_or("–")) }
                                    @if let Some(payload) = &entry.payload {
                                        details id={ "payload-" (entry.id) } { summary { "What it says" } pre { (cut(payload, PAYLOAD_SHOWN)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
