//! Metrics through OpenTelemetry, shown in Prometheus's text format.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::Method;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter, MeterProvider};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

/// A service's metrics: one registry, one meter.
///
/// Nothing is global, so several services can live in one process, as they do in tests.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Starts metrics for the service of this name.
    pub fn new(service: &'static str) -> anyhow::Result<Self> {
        let registry = Registry::new();
        // Names are the mission's, to the letter: nothing is to be appended to them.
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_counter_suffixes()
            .without_units()
            .scope_info_enabled(false)
            .build()?;
        let resource = Resource::builder().with_service_name(StringValue::from(service)).build();
        let provider = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource).build();
        Ok(Self { registry, provider })
    }

    /// The meter that instruments are made from.
    pub fn meter(&self) -> Meter {
        self.provider.meter("codex-dominion")
    }

    /// Everything measured, in Prometheus's text format 0.0.4.
    pub fn exposition(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Shows how many connections of a pool are in use as `db_connections_active`.
    pub fn watch_connections(&self, active: impl Fn() -> u64 + Send + Sync + 'static) {
        self.meter()
            .u64_observable_gauge("db_connections_active")
            .with_description("Connections to PostgreSQL in use")
            .with_callback(move |gauge| gauge.observe(active(), &[]))
            .build();
    }
}

/// Counts and times requests. Each thread that serves has a clone of its own.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Counter<u64>,
    duration: Histogram<f64>,
    /// By route pattern, of which there are as many as the service has routes.
    series: RefCell<HashMap<Box<str>, Vec<Series>>>,
}

/// What requests of one method, route and status are counted in. Bound to its labels once: to look them up for each
/// request takes longer than to count it.
#[derive(Clone)]
struct Series {
    method: &'static str,
    status: u16,
    requests: BoundCounter<u64>,
    duration: BoundHistogram<f64>,
}

impl HttpMetrics {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        Self {
            requests: meter.u64_counter("http_requests_total").with_description("Requests answered").build(),
            duration: meter
                .f64_histogram("http_request_duration_seconds")
                .with_description("Time from a request's head to its answer's head, in seconds")
                .with_boundaries(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
                .build(),
            series: RefCell::default(),
        }
    }

    /// Counts one request under its route pattern; a raw path would make endless series.
    pub fn record(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = method_name(method);
        let mut routes = self.series.borrow_mut();
        let known =
            routes.get(route).and_then(|all| all.iter().find(|one| (one.method, one.status) == (method, status)));
        if let Some(series) = known {
            series.count(took);
        } else {
            let series = self.bind(method, route, status);
            series.count(took);
            routes.entry(route.into()).or_default().push(series);
        }
    }

    fn bind(&self, method: &'static str, route: &str, status: u16) -> Series {
        let labels = [KeyValue::new("method", method), KeyValue::new("route", route.to_owned())];
        let [method_label, route_label] = labels.clone();
        Series {
            method,
            status,
            requests: self.requests.bind(&[method_label, route_label, KeyValue::new("status", i64::from(status))]),
            duration: self.duration.bind(&labels),
        }
    }
}

impl Series {
    fn count(&self, took: Duration) {
        self.duration.record(took.as_secs_f64());
        self.requests.add(1);
    }
}

/// A method as a label; one that HTTP does not define could be anything, and is one series.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_the_missions() {
        let metrics = Metrics::new("test").expect("metrics");
        let http = HttpMetrics::new(&metrics.meter());
        // As in two threads that serve.
        for thread in [http.clone(), http] {
            for status in [200, 200, 404] {
                thread.record(&Method::GET, "/api/x/{id}", status, Duration::from_millis(3));
            }
            thread.record(&Method::PUT, "/api/x/{id}", 200, Duration::from_millis(3));
        }
        metrics.watch_connections(|| 2);
        let text = metrics.exposition().expect("encodes");
        for line in [
            "http_requests_total{method=\"GET\",route=\"/api/x/{id}\",status=\"200\"} 4",
            "http_requests_total{method=\"GET\",route=\"/api/x/{id}\",status=\"404\"} 2",
            "http_requests_total{method=\"PUT\",route=\"/api/x/{id}\",status=\"200\"} 2",
            "http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/x/{id}\",le=\"0.005\"} 6",
            "db_connections_active 2",
        ] {
            assert!(text.contains(line), "{line} not in\n{text}");
        }
    }
}
