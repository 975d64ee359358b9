//! The public status page: how everything is, how it was on each of the last 90 days, and what went wrong. It works when the
//! front end does not, and without any script.

mod days;

use actix_web::http::header::IfNoneMatch;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, TimeDelta, Utc};
use database::health::incidents::Impact;
use maud::{Markup, html};

use crate::history::{self, History, OVERALL, OpenIncident, Record, Uptime};
use crate::pages::parts::{Tone, ago, badge, brand, length, moment, notice};
use crate::pages::{Page, asset, document};
use crate::probe::{Findings, Health, Part, PartHealth, Prober};
use crate::routes::status::percent;

/// The shared stylesheet, and what only this page has.
const STYLESHEET: &str = concat!(include_str!("../pages/style.css"), include_str!("style.css"));
/// After how many seconds the page asks again.
const REFRESH: &str = "30";
/// Nothing from elsewhere, and nothing that runs.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// What users deal with; the rest is what that stands on.
const USED: [Part; 6] =
    [Part::Console, Part::Edge, Part::AuthService, Part::CouncilService, Part::WorkflowWorker, Part::Mail];

/// The page.
pub async fn page(prober: web::Data<Prober>, history: web::Data<History>) -> HttpResponse {
    let (findings, record) = (prober.findings(), history.record());
    let view = View { findings: &findings, record: &record, open: history.open_incidents(), now: Utc::now() };
    let markup = view.render();
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("content-security-policy", POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("refresh", REFRESH))
        .body(markup.into_string())
}

/// Its stylesheet.
pub async fn stylesheet(kept: web::Header<IfNoneMatch>) -> HttpResponse {
    asset("text/css; charset=utf-8", STYLESHEET, &kept)
}

/// What the page shows.
struct View<'a> {
    findings: &'a Findings,
    record: &'a Record,
    open: Vec<OpenIncident>,
    now: DateTime<Utc>,
}

impl View<'_> {
    fn render(&self) -> Markup {
        let (used, below): (Vec<_>, Vec<_>) = self.findings.parts.iter().partition(|one| USED.contains(&one.part));
        let content = html! {
            (self.headline())
            @if !self.open.is_empty() {
                section aria-labelledby="open" {
                    h2 #open { "Open incidents" }
                    @for incident in &self.open { (self.open_incident(incident)) }
                }
            }
            section aria-labelledby="used" {
                div.over {
                    h2 #used { "What you use" }
                    (legend())
                }
                (self.parts(&used))
            }
            section aria-labelledby="below" {
                h2 #below { "What it stands on" }
                (self.parts(&below))
            }
            section aria-labelledby="past" {
                h2 #past { "Past incidents" }
                (self.past_incidents())
            }
        };
        document(&Page {
            title: "Status · Codex Dominion",
            stylesheet: "/status/style.css",
            script: None,
            refresh_without_script: None,
            bar: html! {
                (brand("/status", "Status"))
                div.who { a href="/api/status" { "For programs" } }
            },
            content,
            footer: html! {
                "All times and days are of UTC. A part is up when it works, well or not; time in which nobody looked counts for \
                 nothing. As of " (moment(self.now)) "; the page renews itself every " (REFRESH) " seconds."
            },
        })
    }

    fn headline(&self) -> Markup {
        let (tone, title, text) = match self.findings.overall {
            Health::Healthy => (Tone::Good, "Everything works", "Every part that we watch is well."),
            Health::Degraded => (
                Tone::Warn,
                "Something does not work as it should",
                "Sign-ins, proposals and votes are taken as ever. What is approved may run late.",
            ),
            Health::Unhealthy => (
                Tone::Bad,
                "A part that you need does not work",
                "Nothing that was accepted is lost: it goes on when the part is back.",
            ),
        };
        let uptime = self.record.uptimes.get(OVERALL).copied().unwrap_or_default();
        let ill = self.findings.parts.iter().filter(|one| one.health != Health::Healthy);
        let ill: Vec<_> = ill.map(|one| one.part.title()).collect();
        html! {
            div class={ "headline " (tone.class()) } role="status" {
                div {
                    h1 { (title) }
                    p { (text) }
                    @if !ill.is_empty() { p { "Affected: " b { (ill.join(", ")) } } }
                }
                dl.uptimes {
                    @for (span, share) in [("24 hours", uptime.day), ("7 days", uptime.week), ("30 days", uptime.month), ("90 days", uptime.quarter)] {
                        div { dt { (span) } dd { (share_text(share)) } }
                    }
                }
            }
            @if self.record.read_at.is_none_or(|at| self.now - at > TimeDelta::minutes(2)) {
                (notice(Tone::Quiet, "The history can't be read at the moment. What is said about now is current."))
            }
        }
    }

    fn parts(&self, parts: &[&PartHealth]) -> Markup {
        html! {
            ul.parts { @for one in parts { (self.part(one)) } }
        }
    }

    fn part(&self, one: &PartHealth) -> Markup {
        let name = one.part.as_str();
        let uptime = self.record.uptimes.get(name).copied().unwrap_or_default();
        let days = self.record.days.get(name);
        html! {
            li.part {
                div.head {
                    div {
                        h3 { (one.part.title()) }
                        span.soft.small { (one.part.purpose()) (instances(one)) }
                    }
                    (state(one.health))
                }
                (days::bar(one.part.title(), days, self.now))
                div.scale {
                    span { "90 days ago" }
                    span.uptime { (uptime_text(uptime)) }
                    span { "today" }
                }
            }
        }
    }

    fn open_incident(&self, incident: &OpenIncident) -> Markup {
        let (tone, word) = impact_words(incident.impact);
        let since = incident.opened_at;
        html! {
            div class={ "notice " (tone.class()) } {
                div.row { b { (history::title(&incident.check)) } (badge(tone, word)) span.soft.small { "since " (moment(since)) " (" (ago(since, self.now)) ")" } }
                @if let Some(note) = &incident.note { p.note { (note) } }
            }
        }
    }

    fn past_incidents(&self) -> Markup {
        let past: Vec<_> = self
            .record
            .incidents
            .iter()
            .filter_map(|incident| Some((incident, incident.closed_at?)))
            .take(20)
            .collect();
        html! {
            @if past.is_empty() {
                div.empty { p { "None in the last 30 days." } }
            } @else {
                ol.timeline {
                    @for (incident, closed_at) in past {
                        @let (tone, word) = impact_words(incident.impact);
                        li class=(tone.class()) {
                            div.row {
                                b { (history::title(&incident.check)) }
                                (badge(tone, word))
                            }
                            div.soft.small {
                                (moment(incident.opened_at)) ", for " (length(closed_at - incident.opened_at))
                            }
                            @if let Some(note) = &incident.note { p.note { (note) } }
                        }
                    }
                }
                p.soft.small { "Those before: " a href="/api/status/incidents" { "all incidents" } ", for programs." }
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        ul.legend.small aria-label="What the bars mean" {
            @for (tone, word) in [(Tone::Good, "up"), (Tone::Warn, "in part"), (Tone::Bad, "down"), (Tone::Quiet, "not known")] {
                li class=(tone.class()) { (word) }
            }
        }
    }
}

/// How many instances are there, when that says more than the part's state.
fn instances(one: &PartHealth) -> Markup {
    html! {
        @if let Some(service) = one.instances.filter(|service| service.instances > 1 || service.ready < service.instances) {
            " · " (service.ready) " of " (service.instances) " instances ready"
        }
    }
}

fn state(health: Health) -> Markup {
    match health {
        Health::Healthy => badge(Tone::Good, "works"),
        Health::Degraded => badge(Tone::Warn, "degraded"),
        Health::Unhealthy => badge(Tone::Bad, "down"),
    }
}

const fn impact_words(impact: Impact) -> (Tone, &'static str) {
    match impact {
        Impact::Degraded => (Tone::Warn, "degraded"),
        Impact::Unhealthy => (Tone::Bad, "down"),
    }
}

fn uptime_text(uptime: Uptime) -> String {
    match uptime.quarter {
        Some(share) => format!("{} up", share_words(share)),
        None => "nothing measured yet".to_owned(),
    }
}

fn share_text(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), share_words)
}

/// A share as people read it. Only what never failed is 100 %.
fn share_words(share: f64) -> String {
    if share >= 1.0 { "100 %".to_owned() } else { format!("{:.2} %", (percent(share) * 100.0).floor() / 100.0) }
}
