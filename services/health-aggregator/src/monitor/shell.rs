//! What stands around every page of the job monitor.

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::Monitor;
use super::said::Outcome;
use super::session::Admin;
use crate::pages::parts::{Tone, brand, notice};
use crate::pages::{Page, document};

const NAME: &str = "Job monitor";
/// How often a browser without script asks again, in seconds: long enough to type a reason.
const REFRESH: u32 = 20;

/// The pages, as the bar at the top lists them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The queues.
    Overview,
    /// Who runs what.
    Workers,
    /// Dead letters.
    Failed,
    /// Entries that nobody could deal with.
    SetAside,
    /// What is proposed when.
    Schedules,
}

const SECTIONS: [(Section, &str, &str); 5] = [
    (Section::Overview, "/", "Overview"),
    (Section::Workers, "/workers", "Workers"),
    (Section::Failed, "/failed", "Failed"),
    (Section::SetAside, "/set-aside", "Set aside"),
    (Section::Schedules, "/schedules", "Schedules"),
];

/// Which parts answered while a page was made.
#[derive(Clone, Copy)]
pub struct Answered {
    /// Whether PostgreSQL did; none when it was not asked.
    pub postgres: Option<bool>,
    /// Whether Redis did.
    pub redis: Option<bool>,
    /// Whether council-service did.
    pub council: bool,
}

/// A page for an admin. `content` is renewed while they look.
pub fn page(
    request: &HttpRequest,
    admin: &Admin,
    section: Option<Section>,
    title: &str,
    answered: Answered,
    content: Markup,
) -> HttpResponse {
    let told = Outcome::told(request);
    let bar = html! {
        (brand("/", NAME))
        nav aria-label="Pages" {
            @for (one, href, name) in SECTIONS {
                a href=(href) aria-current=[(Some(one) == section).then_some("page")] { (name) }
            }
        }
        div.who {
            span title=(admin.claims.user.email) { (admin.claims.user.name) }
            form.inline method="post" action="/logout" { button.plain type="submit" { "Log out" } }
        }
    };
    let content = html! {
        @if let Some(told) = told { (told.show()) }
        div #live { (silent(answered)) (content) }
    };
    let title = format!("{title} · {NAME}");
    let page = Page {
        title: &title,
        stylesheet: "/style.css",
        script: Some("/live.js"),
        refresh_without_script: Some(REFRESH),
        bar,
        content,
        footer: html! { "Times are UTC. What is done here is done in your name, and on the record." },
    };
    let mut answer = HttpResponse::Ok();
    if told.is_some() {
        answer.cookie(Outcome::told_cookie(request));
    }
    answer.content_type("text/html; charset=utf-8").body(document(&page).into_string())
}

/// Which parts did not answer, and what that means for the page.
fn silent(answered: Answered) -> Markup {
    html! {
        @if answered.postgres == Some(false) {
            (notice(Tone::Bad, "PostgreSQL does not answer: runs, schedules and whether queues are paused are not known now."))
        }
        @if answered.redis == Some(false) {
            (notice(Tone::Bad, "Redis does not answer: how much waits in the queues, and which instances run, are not known now."))
        }
        @if !answered.council {
            (notice(Tone::Bad, "council-service does not answer: nothing can be paused, resumed or tried again until it does."))
        }
    }
}

/// A heading, and when what stands below it was so.
pub fn head(title: impl maud::Render, lead: impl maud::Render) -> Markup {
    html! {
        div.head { h1 { (title) } span.asof { "As of " (Utc::now().format("%H:%M:%S")) } }
        p.lead { (lead) }
    }
}

/// A page for somebody who is not inside.
pub fn door(title: &str, content: Markup) -> Markup {
    let title_bar = format!("{title} · {NAME}");
    document(&Page {
        title: &title_bar,
        stylesheet: "/style.css",
        script: None,
        refresh_without_script: None,
        bar: brand("/", NAME),
        content: html! { div.door { div.card { h1 { (title) } (content) } } },
        footer: html! {},
    })
}

impl Monitor {
    /// Whether acts can be asked for now.
    pub async fn council_is_there(&self) -> bool {
        self.neighbours.is_there("council-service").await
    }
}
