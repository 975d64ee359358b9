use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{milliseconds, percent};
use crate::history::{History, OVERALL, OpenIncident, Uptime};
use crate::probe::{Health, Part, Prober};

/// How everything is, and has been.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the same word as in /health")]
pub struct Status {
    /// The whole, in a word.
    status: Health,
    /// How much of the time the whole has worked.
    uptime_percent: UptimePercent,
    /// Each service that has announced itself, and how many of its instances are ready.
    services: Vec<ServiceStatus>,
    /// Each part that is asked.
    checks: Vec<CheckStatus>,
    /// The incidents that are open.
    incidents: Vec<OpenIncident>,
    /// The version of who answers.
    version: &'static str,
    /// When this was said.
    checked_at: DateTime<Utc>,
    /// When the history was read; null when it never was since the start.
    history_read_at: Option<DateTime<Utc>>,
}

/// How a service is.
#[derive(Serialize, ToSchema)]
pub struct ServiceStatus {
    /// Which service.
    service: Part,
    /// How it is.
    status: Health,
    /// Instances that are ready.
    ready: usize,
    /// Instances that have announced themselves, and those that went without a word.
    instances: usize,
}

/// How a part is.
#[derive(Serialize, ToSchema)]
pub struct CheckStatus {
    /// Which part.
    name: Part,
    /// What people call it.
    title: &'static str,
    /// How it is.
    status: Health,
    /// Whether nothing works for users without it.
    needed: bool,
    /// How long its last answer took, in milliseconds; null when it gave none.
    latency_ms: Option<f64>,
    /// How much of the time it has worked.
    uptime_percent: UptimePercent,
}

/// The share of time in which something worked, well or not, of the time in which somebody looked; null when nobody did.
#[derive(Serialize, ToSchema)]
pub struct UptimePercent {
    /// In the last 24 hours.
    #[serde(rename = "24h")]
    day: Option<f64>,
    /// In the last 7 days.
    #[serde(rename = "7d")]
    week: Option<f64>,
    /// In the last 30 days.
    #[serde(rename = "30d")]
    month: Option<f64>,
    /// In the last 90 days.
    #[serde(rename = "90d")]
    quarter: Option<f64>,
}

impl From<Uptime> for UptimePercent {
    fn from(uptime: Uptime) -> Self {
        Self {
            day: uptime.day.map(percent),
            week: uptime.week.map(percent),
            month: uptime.month.map(percent),
            quarter: uptime.quarter.map(percent),
        }
    }
}

/// Tells how everything is and has been, without saying where it runs: this is public.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Status)))]
#[get("/api/status")]
pub async fn status(prober: web::Data<Prober>, history: web::Data<History>) -> HttpResponse {
    let (findings, record) = (prober.findings(), history.record());
    let uptime = |check: &str| record.uptimes.get(check).copied().unwrap_or_default().into();
    let services = findings.parts.iter().filter_map(|one| {
        let ready = one.instances?;
        Some(ServiceStatus { service: one.part, status: one.health, ready: ready.ready, instances: ready.instances })
    });
    let checks = findings.parts.iter().map(|one| CheckStatus {
        name: one.part,
        title: one.part.title(),
        status: one.health,
        needed: one.part.is_needed(),
        latency_ms: one.latency.map(milliseconds),
        uptime_percent: uptime(one.part.as_str()),
    });
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(Status {
        status: findings.overall,
        uptime_percent: uptime(OVERALL),
        services: services.collect(),
        checks: checks.collect(),
        incidents: history.open_incidents(),
        version: common::VERSION,
        checked_at: Utc::now(),
        history_read_at: record.read_at,
    })
}
