use actix_web::{get, web};
use common::problem::{Problem, ProblemDetails};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::{Health, Prober};

/// The queues, as they stand.
#[derive(Serialize, ToSchema)]
pub struct Queues {
    /// The queues.
    queues: Vec<QueueState>,
}

/// A queue, as it stands.
#[derive(Serialize, ToSchema)]
pub struct QueueState {
    /// Which queue.
    name: &'static str,
    /// Workflows that wait for a worker, as Redis knows it.
    length: u64,
    /// Entries that nobody could deal with.
    dead_letters: u64,
    /// Workflows that wait for a worker, as PostgreSQL knows it.
    queued: i64,
    /// Workflows that a worker has claimed.
    running: i64,
}

/// Tells how the queues stand.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Queues), (status = 503, body = ProblemDetails)))]
#[get("/api/queues")]
pub async fn queues(prober: web::Data<Prober>) -> Result<web::Json<Queues>, Problem> {
    let findings = prober.probe().await;
    let (Some(backlog), Some(dead_letters), Health::Healthy) =
        (findings.backlog, findings.dead_letters, findings.redis)
    else {
        return Err(Problem::unavailable("the queues can't be read now: see /health"));
    };
    let workflows = QueueState {
        name: "workflows",
        length: findings.queue.length,
        dead_letters,
        queued: backlog.queued,
        running: backlog.running,
    };
    Ok(web::Json(Queues { queues: vec![workflows] }))
}
