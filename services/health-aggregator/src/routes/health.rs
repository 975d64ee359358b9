use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::{Health, Part, Prober, QueueHealth};
use crate::routes::status::milliseconds;

/// How the whole is.
#[derive(Serialize, ToSchema)]
pub struct WholeHealth {
    /// In a word.
    status: Health,
    /// Part by part.
    checks: Checks,
    /// Every other part that is asked, by name.
    parts: BTreeMap<&'static str, Health>,
    /// How long each part's last answer took, in milliseconds; a part that gave none is not in it.
    latency_ms: BTreeMap<&'static str, f64>,
    /// The version of who answers.
    version: &'static str,
    /// When this was said.
    checked_at: DateTime<Utc>,
}

/// How the parts are that everything stands on.
#[derive(Serialize, ToSchema)]
pub struct Checks {
    /// PostgreSQL.
    database: Health,
    /// Redis.
    redis: Health,
    /// The queue of approved workflows, under the name that the mission gives it.
    rq_queue: QueueHealth,
}

/// Tells how the whole is: 200 while it works, 503 when a part that users need does not.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = WholeHealth), (status = 503, body = WholeHealth)))]
#[get("/health")]
pub async fn health(prober: web::Data<Prober>) -> HttpResponse {
    let findings = prober.findings();
    let status = findings.overall;
    let code = if status == Health::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let name = |part| if part == Part::Queue { "rq_queue" } else { Part::as_str(part) };
    let latencies = findings.parts.iter().filter_map(|one| Some((name(one.part), milliseconds(one.latency?))));
    let others = findings.parts.iter().filter(|one| !matches!(one.part, Part::Database | Part::Redis | Part::Queue));
    HttpResponse::build(code).insert_header(("cache-control", "no-store")).json(WholeHealth {
        status,
        checks: Checks {
            database: findings.known(Part::Database),
            redis: findings.known(Part::Redis),
            rq_queue: findings.queue,
        },
        latency_ms: latencies.collect(),
        parts: others.map(|one| (one.part.as_str(), one.health)).collect(),
        version: common::VERSION,
        checked_at: Utc::now(),
    })
}
