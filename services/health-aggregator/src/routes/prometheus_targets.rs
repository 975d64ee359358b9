use actix_web::web;
use common::problem::Problem;
use serde::Serialize;

use crate::probe::Prober;

/// Something to scrape, as Prometheus's HTTP service discovery wants it.
#[derive(Serialize)]
pub struct Target {
    targets: [String; 1],
    labels: Labels,
}

#[derive(Serialize)]
struct Labels {
    service: String,
    instance_id: String,
}

/// Tells Prometheus which instances there are. When that can't be known it is an error, and Prometheus keeps its last list.
pub async fn targets(prober: web::Data<Prober>) -> Result<web::Json<Vec<Target>>, Problem> {
    let announced = prober.announced();
    let announced =
        announced.ok_or_else(|| Problem::unavailable("the announcements can't be read now: see /health"))?;
    let target = |instance: queue::Instance| {
        let address = instance.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Target { targets: [address], labels: Labels { service: instance.service, instance_id: instance.id } }
    };
    Ok(web::Json(announced.into_iter().map(target).collect()))
}
