//! The job monitor: for admins, on a port of its own, and whole when the console is down.
//!
//! It only reads: the queues in Redis, the runs in PostgreSQL. What an admin does here is asked of council-service with the
//! admin's own token, so that the record names them and the rules are the API's.

mod acts;
mod failed;
mod guard;
mod login;
mod neighbours;
mod overview;
mod paging;
mod reading;
mod refused;
mod run;
mod said;
mod schedules;
mod session;
mod set_aside;
mod shell;
mod throughput;
mod words;
mod workers;

use std::net::TcpListener;

use access::Access;
use actix_web::dev::Server;
use actix_web::http::header::IfNoneMatch;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, get, web};
use common::config::HttpSettings;
use common::verifier::Verifier;
use database::Pool;
use queue::Queue;
use tokio_util::sync::CancellationToken;

use crate::pages;
pub use neighbours::Addresses;
use neighbours::Neighbours;
use refused::Refused;
use throughput::Throughput;
use workers::Starts;

/// What the pages are made from.
pub struct Monitor {
    pool: Pool,
    queue: Queue,
    neighbours: Neighbours,
    throughput: Throughput,
    starts: Starts,
    verifier: web::Data<Verifier>,
    http: HttpSettings,
}

impl Monitor {
    /// Prepares it. `http` says whose word on a client's address is believed, `addresses` where the other services are.
    pub fn new(
        pool: Pool,
        queue: Queue,
        access: &Access,
        http: &HttpSettings,
        addresses: Addresses,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            neighbours: Neighbours::new(queue.clone(), addresses)?,
            pool,
            queue,
            throughput: Throughput::default(),
            starts: Starts::default(),
            verifier: access.verifier.clone(),
            http: http.clone(),
        })
    }

    /// Serves it until the token is cancelled.
    pub fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<Server> {
        let (verifier, http) = (self.verifier.clone(), web::Data::new(self.http.clone()));
        let monitor = web::Data::new(self);
        HttpServer::new(move || {
            App::new()
                .app_data(monitor.clone())
                .app_data(verifier.clone())
                .app_data(http.clone())
                .app_data(web::FormConfig::default().error_handler(|_, _| Refused::Malformed.into()))
                .app_data(web::PathConfig::default().error_handler(|_, _| Refused::NotFound.into()))
                .app_data(web::QueryConfig::default().error_handler(|_, _| Refused::Malformed.into()))
                .configure(routes)
                .default_service(web::to(nothing_here))
                .wrap(from_fn(guard::same_site))
                .wrap(from_fn(guard::headers))
        })
        .workers(1)
        .client_request_timeout(std::time::Duration::from_secs(10))
        .shutdown_timeout(1)
        .shutdown_signal(async move { stop.cancelled().await })
        .listen(listener)
        .map(HttpServer::run)
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/style.css", web::get().to(pages::stylesheet))
        .service(script)
        .service(login::show)
        .service(login::log_in)
        .service(login::log_out)
        .service(overview::show)
        .service(acts::pause_queue)
        .service(acts::resume_queue)
        .service(workers::show)
        .service(failed::show)
        .service(acts::retry_all)
        .service(run::find)
        .service(run::show)
        .service(acts::retry)
        .service(set_aside::show)
        .service(schedules::show)
        .service(acts::pause_schedule)
        .service(acts::resume_schedule);
}

#[get("/live.js")]
async fn script(kept: web::Header<IfNoneMatch>) -> HttpResponse {
    pages::asset("text/javascript; charset=utf-8", include_str!("live.js"), &kept)
}

async fn nothing_here() -> Result<HttpResponse, Refused> {
    Err(Refused::NotFound)
}
