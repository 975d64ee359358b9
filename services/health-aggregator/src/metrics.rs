//! How everything is, for Prometheus. What is not watched has no series.

use std::collections::BTreeMap;

use chrono::Utc;
use common::metrics::Metrics;
use opentelemetry::KeyValue;

use crate::history::{History, OVERALL};
use crate::probe::{Health, Prober};

/// Adds this service's own metrics.
pub fn register(metrics: &Metrics, prober: &Prober, history: &History) {
    let meter = metrics.meter();
    let gauge =
        |name: &'static str, description: &'static str| meter.f64_observable_gauge(name).with_description(description);
    let asked = prober.clone();
    gauge("health_check_healthy", "How a part is: 1 healthy, 0.5 degraded, 0 unhealthy")
        .with_callback(move |gauge| {
            let findings = asked.findings();
            gauge.observe(value(findings.overall), &[KeyValue::new("check", OVERALL)]);
            for one in findings.parts {
                gauge.observe(value(one.health), &[KeyValue::new("check", one.part.as_str())]);
            }
        })
        .build();
    let asked = prober.clone();
    gauge("health_check_duration_seconds", "How long a part's last answer took, in seconds")
        .with_callback(move |gauge| {
            for one in asked.findings().parts {
                if let Some(latency) = one.latency {
                    gauge.observe(latency.as_secs_f64(), &[KeyValue::new("check", one.part.as_str())]);
                }
            }
        })
        .build();
    let asked = prober.clone();
    meter
        .u64_observable_gauge("service_instances")
        .with_description("Instances of a service that are announced, or went without a word")
        .with_callback(move |gauge| {
            let mut services: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for instance in asked.findings().instances {
                let (ready, not_ready) = services.entry(instance.service).or_default();
                *(if instance.status == Health::Healthy { ready } else { not_ready }) += 1;
            }
            for (service, (ready, not_ready)) in services {
                for (state, count) in [("ready", ready), ("not_ready", not_ready)] {
                    let labels = [KeyValue::new("service", service.clone()), KeyValue::new("state", state)];
                    gauge.observe(count, &labels);
                }
            }
        })
        .build();
    let asked = prober.clone();
    gauge("certificate_expiry_timestamp_seconds", "When the certificate of a host ends, in seconds since 1970")
        .with_callback(move |gauge| {
            for (host, end) in asked.findings().certificates {
                gauge.observe(seconds(end.timestamp_millis()), &[KeyValue::new("host", host)]);
            }
        })
        .build();
    let asked = prober.clone();
    gauge("backup_age_seconds", "How long ago the last backup or restore drill succeeded, in seconds")
        .with_callback(move |gauge| {
            for (kind, at) in asked.findings().backups {
                let age = (Utc::now() - at).num_milliseconds().max(0);
                gauge.observe(seconds(age), &[KeyValue::new("kind", kind.as_str())]);
            }
        })
        .build();
    let asked = prober.clone();
    gauge("replication_lag_seconds", "How far a replica is behind, in seconds")
        .with_callback(move |gauge| {
            for replica in asked.findings().replicas {
                gauge.observe(replica.lag_seconds, &[KeyValue::new("replica", replica.name)]);
            }
        })
        .build();
    let history = history.clone();
    meter
        .u64_observable_gauge("incidents_open")
        .with_description("Incidents that are open")
        .with_callback(move |gauge| gauge.observe(history.open_incidents().len() as u64, &[]))
        .build();
}

const fn value(health: Health) -> f64 {
    match health {
        Health::Healthy => 1.0,
        Health::Degraded => 0.5,
        Health::Unhealthy => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "times of centuries are far below 2^52 milliseconds")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
