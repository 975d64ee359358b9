use actix_web::{get, web};
use chrono::{DateTime, Utc};
use common::priority::Priority;
use common::problem::{Problem, ProblemDetails};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::{Health, Part, Prober};

/// The queues, as they stand.
#[derive(Serialize, ToSchema)]
pub struct QueueReport {
    /// The queues, the most urgent first.
    queues: Vec<QueueView>,
    /// Workflows that wait for a time, as Redis knows it.
    delayed: u64,
    /// Entries that nobody could deal with.
    dead_letters: u64,
    /// Workflows that wait for a worker, as PostgreSQL knows it.
    queued: i64,
    /// Workflows that are under way: a worker has claimed them, or they wait for a time.
    running: i64,
}

/// A queue, as it stands.
#[derive(Serialize, ToSchema)]
pub struct QueueView {
    /// Which queue.
    name: Priority,
    /// Workflows that wait for a worker, as Redis knows it.
    length: u64,
    /// Since when nothing of it is started; null when it is not paused.
    paused_at: Option<DateTime<Utc>>,
}

/// Tells how the queues stand.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = QueueReport), (status = 503, body = ProblemDetails)))]
#[get("/api/queues")]
pub async fn queues(prober: web::Data<Prober>) -> Result<web::Json<QueueReport>, Problem> {
    let findings = prober.findings();
    let (Some(backlog), Some(delayed), Some(dead_letters), Health::Healthy) =
        (findings.backlog, findings.delayed, findings.dead_letters, findings.known(Part::Redis))
    else {
        return Err(Problem::unavailable("the queues can't be read now: see /health"));
    };
    let paused_at = |name| findings.queues.iter().find(|queue| queue.priority == name)?.paused_at;
    let view = |(name, length)| QueueView { name, length, paused_at: paused_at(name) };
    Ok(web::Json(QueueReport {
        queues: findings.waiting.iter().copied().map(view).collect(),
        delayed,
        dead_letters,
        queued: backlog.queued,
        running: backlog.running,
    }))
}
