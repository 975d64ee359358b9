//! Metrics through OpenTelemetry, shown in Prometheus's text format.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter, MeterProvider};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

/// The commit that this was built from, where the build says it (`BUILD_COMMIT`, a variable of the build).
const COMMIT: &str = match option_env!("BUILD_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// A service's metrics: one registry, one meter.
///
/// Nothing is global, so several services can live in one process, as they do in tests.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Starts metrics for the service of this name, with those of its process and its build.
    pub fn new(service: &'static str) -> anyhow::Result<Self> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        // Names are the mission's, to the letter: nothing is to be appended to them.
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_counter_suffixes()
            .without_units()
            .scope_info_enabled(false)
            .build()?;
        let resource = Resource::builder().with_service_name(StringValue::from(service)).build();
        let provider = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource).build();
        let metrics = Self { registry, provider };
        metrics.show_build(service);
        Ok(metrics)
    }

    fn show_build(&self, service: &'static str) {
        let labels = [
            KeyValue::new("service", service),
            KeyValue::new("version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("commit", COMMIT),
        ];
        self.meter()
            .u64_observable_gauge("build_info")
            .with_description("What was built; always 1")
            .with_callback(move |gauge| gauge.observe(1, &labels))
            .build();
    }

    /// The meter that instruments are made from.
    pub fn meter(&self) -> Meter {
        self.provider.meter("codex-dominion")
    }

    /// Everything measured, in Prometheus's text format 0.0.4.
    pub fn exposition(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Shows how a pool stands as `db_connections_active`, `db_connections_max` and `db_connections_waiting`.
    pub fn watch_connections(&self, connections: impl Fn() -> Connections + Send + Sync + 'static) {
        type Reading = fn(&Connections) -> u64;
        let gauges: [(&str, &str, Reading); 3] = [
            ("db_connections_active", "Connections to PostgreSQL in use", |pool| pool.active),
            ("db_connections_max", "The most connections to PostgreSQL that this process holds", |pool| pool.max),
            ("db_connections_waiting", "Callers who wait for a connection to PostgreSQL", |pool| pool.waiting),
        ];
        let connections = Arc::new(connections);
        for (name, description, read) in gauges {
            let connections = connections.clone();
            self.meter()
                .u64_observable_gauge(name)
                .with_description(description)
                .with_callback(move |gauge| gauge.observe(read(&connections()), &[]))
                .build();
        }
    }
}

/// How a pool of connections stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// In use.
    pub active: u64,
    /// The most that there may be.
    pub max: u64,
    /// Callers who wait for one.
    pub waiting: u64,
}

/// The most values of a label that people make up, in one process.
pub const MOST_VALUES: usize = 200;
/// What values beyond those are called.
const OTHER: &str = "other";

/// A label whose values people make up, such as a workflow type. The first [`MOST_VALUES`] that a process sees keep
/// their names and the rest are `other`, so that no label can grow without bound. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct BoundedLabel(Arc<Mutex<HashSet<Arc<str>>>>);

impl BoundedLabel {
    /// What a value is called.
    pub fn of(&self, value: &str) -> StringValue {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(value) {
            return value.clone().into();
        }
        if known.len() >= MOST_VALUES {
            return OTHER.into();
        }
        let value: Arc<str> = value.into();
        known.insert(value.clone());
        value.into()
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
pub(crate) fn method_name(method: &Method) -> &'static str {
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
        metrics.watch_connections(|| Connections { active: 2, max: 10, waiting: 1 });
        let text = metrics.exposition().expect("encodes");
        for line in [
            "http_requests_total{method=\"GET\",route=\"/api/x/{id}\",status=\"200\"} 4",
            "http_requests_total{method=\"GET\",route=\"/api/x/{id}\",status=\"404\"} 2",
            "http_requests_total{method=\"PUT\",route=\"/api/x/{id}\",status=\"200\"} 2",
            "http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/x/{id}\",le=\"0.005\"} 6",
            "db_connections_active 2",
            "db_connections_max 10",
            "db_connections_waiting 1",
            "build_info{commit=\"unknown\",service=\"test\",version=\"0.1.0\"} 1",
        ] {
            assert!(text.contains(line), "{line} not in\n{text}");
        }
        assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
    }

    #[test]
    fn a_label_that_people_make_up_is_bounded() {
        let label = BoundedLabel::default();
        for number in 0..MOST_VALUES {
            let value = format!("web.type_{number}");
            assert_eq!(label.of(&value).as_str(), value);
        }
        assert_eq!(label.of("web.one_more").as_str(), "other");
        assert_eq!(label.clone().of("web.type_7").as_str(), "web.type_7");
    }
}
