use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use common::priority::Priority;
use database::execution::monitor::{COUNTED, Counts, HeldBack, counts, held_back, names};
use database::execution::queues::{self, QueueState};
use futures_util::future::join_all;
use maud::{Markup, html};
use queue::Instance;

use super::Monitor;
use super::session::Admin;
use super::shell::{Answered, Section, head, page};
use super::throughput::Hour;
use super::words::unknown;
use crate::pages::parts::{Tone, ago, badge, count, figure, length};

/// The services, as they are listed.
const SERVICES: [&str; 3] = ["auth-service", "council-service", "workflow-worker"];

/// What Redis says of a queue.
struct Depth {
    waiting: u64,
    oldest: Option<Duration>,
}

/// What PostgreSQL says.
struct Stored {
    counts: Counts,
    held_back: Vec<HeldBack>,
    /// Each with the name of who paused it.
    queues: Vec<(QueueState, Option<String>)>,
}

/// The queues, and how much is where.
#[get("/")]
pub async fn show(request: HttpRequest, admin: Admin, monitor: web::Data<Monitor>) -> HttpResponse {
    let now = Utc::now();
    let (stored, hours, depths, others, instances, council) = tokio::join!(
        monitor.stored(),
        monitor.last_hour(now),
        join_all(Priority::ALL.iter().map(|&priority| monitor.depth(priority))),
        monitor.redis(async { Ok((monitor.queue.delayed().await?, monitor.queue.dead().await?)) }),
        monitor.neighbours.announced(),
        monitor.council_is_there(),
    );
    let answered = Answered {
        postgres: Some(stored.is_some()),
        redis: Some(others.is_some() && instances.is_some() && depths.iter().all(Option::is_some)),
        council,
    };
    let content = html! {
        (head("Overview", "What waits, what runs, and what has failed, across all queues."))
        div.figures {
            (in_numbers(stored.as_ref().map(|stored| stored.counts), others, instances.as_deref()))
        }
        h2 { "Queues" }
        div.cards {
            @for (&priority, depth) in Priority::ALL.iter().zip(&depths) {
                (card(now, priority, depth.as_ref(), stored.as_ref(), hours.as_ref().and_then(|hours| hours.get(&priority))))
            }
        }
        h2 { "Parts" }
        (parts(answered, instances.as_deref()))
    };
    page(&request, &admin, Some(Section::Overview), "Overview", answered, content)
}

impl Monitor {
    async fn stored(&self) -> Option<Stored> {
        self.postgres(async |connection| {
            let (counts, held_back) = (counts(connection).await?, held_back(connection).await?);
            let queues = queues::list(connection).await?;
            let people = queues.iter().filter_map(|queue| Some(queue.paused_by?.0)).collect();
            let names = names(connection, people).await?;
            let with_name = |queue: QueueState| {
                let name = queue.paused_by.and_then(|id| names.get(&id.0).cloned());
                (queue, name)
            };
            Ok(Stored { counts, held_back, queues: queues.into_iter().map(with_name).collect() })
        })
        .await
    }

    async fn depth(&self, priority: Priority) -> Option<Depth> {
        let asked = Box::pin(async {
            let (waiting, oldest) = tokio::try_join!(self.queue.waiting(priority), self.queue.oldest_wait(priority))?;
            Ok(Depth { waiting, oldest })
        });
        self.redis(asked).await
    }
}

fn in_numbers(counts: Option<Counts>, others: Option<(u64, u64)>, instances: Option<&[Instance]>) -> Markup {
    let number = |of: fn(Counts) -> i64| match counts.map(of) {
        Some(n) if n >= COUNTED => html! { (count(n)) "+" },
        Some(n) => html! { (count(n)) },
        None => unknown(),
    };
    let known = |n: Option<u64>| n.map_or_else(unknown, |n| html! { (count(n)) });
    let workers = instances.map(|all| all.iter().filter(|one| one.service == "workflow-worker").count() as u64);
    html! {
        a.figure href="/workers" { (inner("Running", number(|counts| counts.held))) }
        (figure("Queued", number(|counts| counts.queued), None))
        (figure("Delayed", known(others.map(|(delayed, _)| delayed)), None))
        (figure("Waiting for review", number(|counts| counts.pending_review), None))
        a.figure href="/failed" { (inner("Failed runs", number(|counts| counts.failed))) }
        a.figure href="/set-aside" { (inner("Set aside", known(others.map(|(_, dead)| dead)))) }
        a.figure href="/workers" { (inner("Workers", known(workers))) }
    }
}

fn inner(label: &str, value: Markup) -> Markup {
    html! { span.label { (label) } b.value { (value) } }
}

fn card(
    now: DateTime<Utc>,
    priority: Priority,
    depth: Option<&Depth>,
    stored: Option<&Stored>,
    hour: Option<&Hour>,
) -> Markup {
    let state = stored.and_then(|stored| stored.queues.iter().find(|(queue, _)| queue.priority == priority));
    let paused_at = state.and_then(|(queue, _)| queue.paused_at);
    let held = stored.map(|stored| stored.held_back.iter().find(|held| held.priority == priority));
    let name = priority.as_str();
    html! {
        section.card id={ "queue-" (name) } aria-label={ "Queue " (name) } {
            div.head {
                h3 { (capital(name)) }
                @match (state, paused_at) {
                    (None, _) => (badge(Tone::Quiet, "not known")),
                    (_, None) => (badge(Tone::Good, "running")),
                    (_, Some(_)) => (badge(Tone::Warn, "paused")),
                }
            }
            @if let (Some((queue, who)), Some(at)) = (state, paused_at) {
                p.small {
                    "Paused " (ago(at, now))
                    @if let Some(who) = who { " by " (who) }
                    @if let Some(reason) = &queue.reason { ": " q { (reason) } }
                }
            }
            dl {
                dt { "Waiting" } dd { @match depth { Some(depth) => b { (count(depth.waiting.cast_signed())) }, None => (unknown()) } }
                dt { "Oldest" }
                dd {
                    @match depth {
                        Some(Depth { oldest: Some(oldest), .. }) =>
                            (length(TimeDelta::from_std(*oldest).unwrap_or(TimeDelta::MAX))),
                        Some(_) => "–",
                        None => (unknown()),
                    }
                }
                dt { "Held back" }
                dd {
                    @match held {
                        Some(Some(held)) => { (count(held.count)) ", since " (length(now - held.since)) },
                        Some(None) => "0",
                        None => (unknown()),
                    }
                }
                @match hour.map(Hour::lately) {
                    Some((completed, failed)) => {
                        dt { "Completed / min" } dd { (completed) }
                        dt { "Failed / min" } dd { (failed) }
                    }
                    None => { dt { "Throughput" } dd { (unknown()) } }
                }
            }
            @if let Some(hour) = hour { (hour.draw()) }
            @if paused_at.is_some() {
                form.act method="post" action={ "/queues/" (name) "/resume" } { button type="submit" { "Resume" } }
            } @else {
                details.act id={ "pause-" (name) } {
                    summary.button { "Pause…" }
                    form.filter method="post" action={ "/queues/" (name) "/pause" } {
                        label { "Why, for those who wonder"
                            input id={ "reason-" (name) } name="reason" required maxlength="2000" autocomplete="off";
                        }
                        button type="submit" { "Pause " (name) }
                    }
                }
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn parts(answered: Answered, instances: Option<&[Instance]>) -> Markup {
    let answers = |yes: Option<bool>| match yes {
        Some(true) => badge(Tone::Good, "answers"),
        _ => badge(Tone::Bad, "does not answer"),
    };
    html! {
        div.table {
            table {
                thead { tr { th { "Part" } th.number { "Instances" } th { "State" } } }
                tbody {
                    tr { td { "PostgreSQL" } td.number { "–" } td { (answers(answered.postgres)) } }
                    tr { td { "Redis" } td.number { "–" } td { (answers(answered.redis)) } }
                    @for service in SERVICES {
                        @let running = instances.map(|all| all.iter().filter(|one| one.service == service).count() as u64);
                        tr {
                            td { (service) }
                            td.number { @match running { Some(n) => (count(n.cast_signed())), None => (unknown()) } }
                            td {
                                @match running {
                                    _ if service == "council-service" && !answered.council => (answers(Some(false))),
                                    Some(0) => (badge(Tone::Bad, "none runs")),
                                    Some(_) => (badge(Tone::Good, "announced")),
                                    None => (badge(Tone::Quiet, "not known")),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
