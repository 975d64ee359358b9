use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use database::execution::monitor::{Running, running};
use futures_util::future::join_all;
use maud::{Markup, html};
use queue::Instance;

use super::Monitor;
use super::session::Admin;
use super::shell::{Answered, Section, head, page};
use super::words::unknown;
use crate::pages::parts::{Tone, ago, badge, count, length, moment};

const WORKER: &str = "workflow-worker";

/// A worker: what it says of itself, and what it has in hand.
struct Worker {
    id: String,
    state: State,
    version: Option<String>,
    since: Option<DateTime<Utc>>,
    runs: Vec<Running>,
}

/// A worker that has announced itself.
struct Seen {
    instance: Instance,
    /// Whether it answers that it is ready.
    ready: bool,
    since: Option<DateTime<Utc>>,
}

/// How a worker is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It answers, and renews what it holds.
    Working,
    /// It is announced, and answers that it is not ready, or nothing; or it lets its leases run out.
    Hung,
    /// It is not announced any more, and still holds runs: others take them over when their leases end.
    Gone,
    /// Redis does not answer: who is announced is not known.
    Unknown,
}

/// Who runs what.
#[get("/workers")]
pub async fn show(request: HttpRequest, admin: Admin, monitor: web::Data<Monitor>) -> HttpResponse {
    let asked = async {
        let announced = monitor.neighbours.announced().await?;
        let workers = announced.into_iter().filter(|one| one.service == WORKER);
        Some(join_all(workers.map(|one| monitor.look_at(one))).await)
    };
    let (runs, announced, council) = tokio::join!(monitor.postgres(running), asked, monitor.council_is_there());
    let answered = Answered { postgres: Some(runs.is_some()), redis: Some(announced.is_some()), council };
    let workers = assemble(runs.unwrap_or_default(), announced);
    let now = Utc::now();
    let content = html! {
        (head("Workers", "Each instance of workflow-worker, and what it has in hand now."))
        @if workers.is_empty() {
            div.empty { p { "No worker has announced itself: nothing that is approved is run until one does." } }
        }
        @for worker in &workers { (card(worker, answered, now)) }
    };
    page(&request, &admin, Some(Section::Workers), "Workers", answered, content)
}

/// When instances were started. It does not change, and is asked for once.
#[derive(Default)]
pub struct Starts(Mutex<HashMap<String, DateTime<Utc>>>);

impl Starts {
    fn of(&self, id: &str) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn keep(&self, id: &str, at: DateTime<Utc>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Instances come and go.
        if known.len() >= 1000 {
            known.clear();
        }
        known.insert(id.to_owned(), at);
    }
}

impl Monitor {
    /// Whether a worker answers that it is ready, and since when it runs.
    async fn look_at(&self, instance: Instance) -> Seen {
        let ready_url = format!("{}/health/ready", instance.url);
        let ready = self.neighbours.answers(&ready_url);
        let since = async {
            if let Some(known) = self.starts.of(&instance.id) {
                return Some(known);
            }
            let at = started_at(&self.neighbours.read(&format!("{}/metrics", instance.url)).await?)?;
            self.starts.keep(&instance.id, at);
            Some(at)
        };
        let (ready, since) = tokio::join!(ready, since);
        Seen { instance, ready, since }
    }
}

/// When a process was started, as its metrics have it.
fn started_at(metrics: &str) -> Option<DateTime<Utc>> {
    let line = metrics.lines().find(|line| line.starts_with("process_start_time_seconds"))?;
    let seconds: f64 = line.rsplit(' ').next()?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are shown")]
    DateTime::from_timestamp(seconds as i64, 0)
}

fn assemble(runs: Vec<Running>, announced: Option<Vec<Seen>>) -> Vec<Worker> {
    let mut held: BTreeMap<String, Vec<Running>> = BTreeMap::new();
    for run in runs {
        held.entry(run.holder.clone()).or_default().push(run);
    }
    let is_known = announced.is_some();
    let mut workers: Vec<Worker> = Vec::new();
    for Seen { instance, ready, since } in announced.into_iter().flatten() {
        let runs = held.remove(&instance.id).unwrap_or_default();
        let lapsed = runs.iter().any(|run| run.is_overdue);
        let state = if ready && !lapsed { State::Working } else { State::Hung };
        workers.push(Worker { id: instance.id, state, version: Some(instance.version), since, runs });
    }
    let state = if is_known { State::Gone } else { State::Unknown };
    workers.extend(held.into_iter().map(|(id, runs)| Worker { id, state, version: None, since: None, runs }));
    workers
}

fn card(worker: &Worker, answered: Answered, now: DateTime<Utc>) -> Markup {
    let (tone, word) = match worker.state {
        State::Working if worker.runs.is_empty() => (Tone::Good, "idle"),
        State::Working => (Tone::Good, "working"),
        State::Hung => (Tone::Bad, "hung"),
        State::Gone => (Tone::Bad, "gone"),
        State::Unknown => (Tone::Quiet, "not known"),
    };
    html! {
        section id={ "worker-" (worker.id) } aria-label={ "Worker " (worker.id) } {
            h2.row { code { (worker.id) } (badge(tone, word)) }
            p.soft {
                @if let Some(version) = &worker.version { "Version " (version) " · " }
                @if let Some(since) = worker.since { "up for " (length(now - since)) ", since " (moment(since)) " · " }
                @if answered.postgres == Some(true) { (count(worker.runs.len().cast_signed() as i64)) " in hand" } @else { (unknown()) " in hand" }
                @match worker.state {
                    State::Hung => { " · it does not answer that it is ready, or lets its leases run out" }
                    State::Gone => { " · it is not announced any more: others take its runs over when their leases end" }
                    _ => {}
                }
            }
            @if !worker.runs.is_empty() { (table(&worker.runs, now)) }
        }
    }
}

fn table(runs: &[Running], now: DateTime<Utc>) -> Markup {
    html! {
        div.table.stacks {
            table {
                thead {
                    tr { th { "Run" } th { "Step" } th.number { "Attempt" } th { "Since" } th { "Lease" } th.number { "Fence" } }
                }
                tbody {
                    @for run in runs {
                        tr id={ "run-" (run.id) } {
                            td data-label="Run" {
                                div { a href={ "/runs/" (run.id) } { (run.workflow_type) } span.second.mono { (run.id) } }
                            }
                            td data-label="Step" { (run.step.as_deref().unwrap_or("–")) }
                            td.number data-label="Attempt" { @match run.attempt { Some(attempt) => (attempt), None => "–" } }
                            td data-label="Since" {
                                @match run.step_started_at.or(run.started_at) { Some(at) => (ago(at, now)), None => "–" }
                            }
                            td data-label="Lease" {
                                @if run.is_overdue { (badge(Tone::Bad, "ran out")) " " (ago(run.lease_expires_at, now)) }
                                @else { "for " (length(run.lease_expires_at - now)) }
                            }
                            td.number data-label="Fence" { (run.fence) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str) -> Instance {
        let (id, url) = (id.to_owned(), "http://127.0.0.1:1".to_owned());
        Instance { service: WORKER.to_owned(), id, url, version: "1.2.3".to_owned() }
    }

    fn run(holder: &str, is_overdue: bool) -> Running {
        Running {
            id: common::ids::WorkflowId::new(),
            workflow_type: "web.page".parse().expect("an id"),
            holder: holder.to_owned(),
            lease_expires_at: Utc::now(),
            is_overdue,
            fence: 1,
            started_at: None,
            step: None,
            attempt: None,
            step_started_at: None,
        }
    }

    #[test]
    fn a_worker_that_hangs_or_is_gone_is_told_from_one_that_works() {
        let announced = [("a", true), ("b", false), ("c", true)]
            .map(|(id, ready)| Seen { instance: instance(id), ready, since: None })
            .into();
        let runs = vec![run("a", false), run("c", true), run("d", false)];
        let states: Vec<_> =
            assemble(runs, Some(announced)).into_iter().map(|worker| (worker.id, worker.state)).collect();
        let expected = [("a", State::Working), ("b", State::Hung), ("c", State::Hung), ("d", State::Gone)];
        assert!(states.iter().map(|(id, state)| (id.as_str(), *state)).eq(expected));
        assert!(assemble(vec![run("a", true)], None).first().is_some_and(|worker| worker.state == State::Unknown));
    }

    #[test]
    fn the_start_is_read_off_the_metrics() {
        let metrics = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1800000000\nother 1\n";
        assert_eq!(started_at(metrics), DateTime::from_timestamp(1_800_000_000, 0));
        let labelled = "process_start_time_seconds{service=\"w\"} 1.8e9\n";
        assert_eq!(started_at(labelled), DateTime::from_timestamp(1_800_000_000, 0));
        assert_eq!(started_at("nothing"), None);
    }
}
