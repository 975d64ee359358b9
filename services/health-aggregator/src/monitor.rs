//! The job monitor: a page that works when the front end does not. It shows numbers and instances, never what a
//! workflow is about, and listens where only operators of the machine come.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, Responder, get, web};
use chrono::Utc;
use maud::{DOCTYPE, Markup, html};
use tokio_util::sync::CancellationToken;

use crate::probe::{Findings, Health, Prober};

/// Serves the page until the token is cancelled.
pub fn serve(listener: TcpListener, prober: Prober, stop: CancellationToken) -> std::io::Result<Server> {
    let prober = web::Data::new(prober);
    HttpServer::new(move || App::new().app_data(prober.clone()).service(page).service(style))
        .workers(1)
        .shutdown_timeout(1)
        .shutdown_signal(async move { stop.cancelled().await })
        .listen(listener)
        .map(HttpServer::run)
}

#[get("/")]
async fn page(prober: web::Data<Prober>) -> Markup {
    render(&prober.probe().await)
}

#[get("/style.css")]
async fn style() -> impl Responder {
    include_str!("monitor.css").customize().insert_header(("content-type", "text/css"))
}

fn render(findings: &Findings) -> Markup {
    let overall = findings.overall();
    let backlog = findings.backlog.unwrap_or_default();
    let age = backlog.oldest_queued.map(|since| (Utc::now() - since).num_seconds().max(0));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="5";
                title { "Job monitor · Codex Dominion" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/style.css";
            }
            body {
                header {
                    h1 { "Job monitor" }
                    (badge(overall))
                }
                main {
                    section aria-label="Queue" {
                        (figure("Waiting for a worker", &findings.queue.length.to_string()))
                        (figure("Running", &backlog.running.to_string()))
                        (figure("Waiting for review", &backlog.pending_review.to_string()))
                        (figure("Dead letters", &findings.dead_letters.map_or("?".to_owned(), |dead| dead.to_string())))
                        (figure("Oldest waiting", &age.map_or("–".to_owned(), |age| format!("{age} s"))))
                    }
                    h2 { "Parts" }
                    table {
                        thead { tr { th { "Part" } th { "Instance" } th { "Version" } th { "Status" } } }
                        tbody {
                            tr { td { "PostgreSQL" } td { "–" } td { "–" } td { (badge(findings.database)) } }
                            tr { td { "Redis" } td { "–" } td { "–" } td { (badge(findings.redis)) } }
                            @for instance in &findings.instances {
                                tr {
                                    td { (instance.service) }
                                    td { code { (instance.instance) } }
                                    td { (instance.version) }
                                    td { (badge(instance.status)) }
                                }
                            }
                        }
                    }
                }
                footer { "As of " (Utc::now().format("%Y-%m-%d %H:%M:%S")) " UTC; renews every 5 seconds." }
            }
        }
    }
}

fn badge(health: Health) -> Markup {
    html! { span class={ "badge " (health) } { (health) } }
}

fn figure(label: &str, value: &str) -> Markup {
    html! { div class="figure" { b { (value) } span { (label) } } }
}
