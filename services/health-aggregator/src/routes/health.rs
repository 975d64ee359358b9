use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::{Health, Prober, QueueHealth};

/// How the whole is.
#[derive(Serialize, ToSchema)]
pub struct WholeHealth {
    /// In a word.
    status: Health,
    /// Part by part.
    checks: Checks,
    /// When it was asked.
    checked_at: DateTime<Utc>,
}

/// How each part is.
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
    let findings = prober.probe().await;
    let status = findings.overall();
    let code = if status == Health::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let checks = Checks { database: findings.database, redis: findings.redis, rq_queue: findings.queue };
    HttpResponse::build(code).json(WholeHealth { status, checks, checked_at: Utc::now() })
}
