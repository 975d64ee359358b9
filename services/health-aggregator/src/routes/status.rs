use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::{Health, Prober};

/// How each service is.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// The whole, in a word.
    status: Health,
    /// Each service that has announced itself, and how many of its instances are ready.
    services: Vec<ServiceStatus>,
}

/// How a service is.
#[derive(Serialize, ToSchema)]
pub struct ServiceStatus {
    /// Which service.
    service: String,
    /// Instances that are ready.
    ready: usize,
    /// Instances that have announced themselves.
    instances: usize,
}

/// Tells how each service is, without saying where it runs: this is public.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Status)))]
#[get("/api/status")]
pub async fn status(prober: web::Data<Prober>) -> web::Json<Status> {
    let findings = prober.probe().await;
    let status = findings.overall();
    let mut services: Vec<ServiceStatus> = Vec::new();
    // The instances come sorted by service.
    for instance in findings.instances {
        let ready = usize::from(instance.status == Health::Healthy);
        match services.last_mut().filter(|last| last.service == instance.service) {
            Some(last) => (last.ready, last.instances) = (last.ready + ready, last.instances + 1),
            None => services.push(ServiceStatus { service: instance.service, ready, instances: 1 }),
        }
    }
    web::Json(Status { status, services })
}
