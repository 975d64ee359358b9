//! Traces: what a request led to, across programs, sent to a collector over OTLP when there is one.
//!
//! Spans are begun by name, with what they say written beside them, and not made of the log's spans: no log level takes
//! any away, nothing gets into a trace that was meant for a log, and what belongs to no exported trace costs next to
//! nothing. None of them says what a workflow was given, what came of it, or who somebody is.

use std::borrow::Cow;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::trace::{Span as _, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue, StringValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use reqwest::Url;
use tokio::runtime::Handle;

use crate::Traceparent;
use crate::config::{Env, Environment};

pub use opentelemetry::KeyValue as Attribute;
pub use opentelemetry::trace::SpanKind as Kind;

/// The share of traces that is exported when nothing is said about it.
const DEFAULT_RATIO: f64 = 0.1;
/// How long a collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is told that traces can't be sent.
const TELL: Duration = Duration::from_mins(1);
/// How long the end of a program may wait for its last spans to be sent.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Like the log, there is one in a process.
static EXPORTING: OnceLock<Exporting> = OnceLock::new();

struct Exporting {
    tracer: SdkTracer,
    ratio: f64,
}

/// Where traces are sent, and which.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// What takes them; none are exported without.
    pub endpoint: Option<Url>,
    /// The share that is exported of those that begin here, 0 to 1. Of others, whoever began them decided.
    pub ratio: f64,
}

impl TraceSettings {
    /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_TRACES_SAMPLER_ARG`, as the
    /// OpenTelemetry specification has them.
    pub fn read(env: &mut Env) -> Option<Self> {
        let collector = env.optional::<Url>("OTEL_EXPORTER_OTLP_ENDPOINT").and_then(|collector| {
            let Some(mut url) = collector else { return Some(None) };
            match url.path_segments_mut() {
                Ok(mut path) => _ = path.pop_if_empty().extend(["v1", "traces"]),
                Err(()) => return env.fault("OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an http or https URL"),
            }
            Some(Some(url))
        });
        let exact = env.optional::<Url>("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let ratio = env.or("OTEL_TRACES_SAMPLER_ARG", DEFAULT_RATIO).and_then(|ratio| {
            let is_share = (0.0..=1.0).contains(&ratio);
            if is_share { Some(ratio) } else { env.fault("OTEL_TRACES_SAMPLER_ARG is invalid: must be 0 to 1") }
        });
        Some(Self { endpoint: exact?.or(collector?), ratio: ratio? })
    }
}

/// A span under way; it ends with the value. Holds nothing but its place when its trace is not exported.
#[must_use]
pub struct Span {
    recorded: Option<Box<opentelemetry_sdk::trace::Span>>,
    traceparent: Traceparent,
}

impl Span {
    /// Begins a span under a parent, or a trace. It is named only if somebody will see it: by what happens, of which there
    /// are few kinds, never by to whom.
    pub fn begin(kind: Kind, parent: Option<Traceparent>, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        let exporting = EXPORTING.get().filter(|exporting| match parent {
            Some(parent) => parent.is_sampled(),
            None => rand::random::<f64>() < exporting.ratio,
        });
        exporting.and_then(|Exporting { tracer, .. }| Self::record(tracer, kind, parent, name())).unwrap_or_else(|| {
            // Whoever comes next is the child of the last span that somebody sees.
            Self { recorded: None, traceparent: parent.unwrap_or_else(Traceparent::untraced) }
        })
    }

    fn record(tracer: &SdkTracer, kind: Kind, parent: Option<Traceparent>, name: Cow<'static, str>) -> Option<Self> {
        let above =
            parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent.span_context()));
        let span = tracer.build_with_context(tracer.span_builder(name).with_kind(kind), &above);
        // At the end of the program, the library makes none any more.
        let traceparent = Some(span.span_context()).filter(|context| context.is_valid())?.into();
        Some(Self { recorded: Some(Box::new(span)), traceparent })
    }

    /// Where what follows from it belongs.
    pub const fn traceparent(&self) -> Traceparent {
        self.traceparent
    }

    /// Says more of it.
    pub fn says<const N: usize>(&mut self, attributes: impl FnOnce() -> [Attribute; N]) {
        if let Some(span) = &mut self.recorded {
            span.set_attributes(attributes());
        }
    }

    /// Says that it has to do with a span of another trace, if somebody will see that one.
    pub fn links(&mut self, other: Option<Traceparent>) {
        if let (Some(span), Some(other)) = (&mut self.recorded, other.filter(Traceparent::is_sampled)) {
            span.add_link(other.span_context(), Vec::new());
        }
    }

    /// Says that it failed, by what kind of failure: a message might hold what no trace should.
    pub fn fails(&mut self, kind: impl Into<StringValue>) {
        if let Some(span) = &mut self.recorded {
            span.set_status(Status::error(""));
            span.set_attribute(KeyValue::new("error.type", kind.into()));
        }
    }

    /// Says that it failed, if it did.
    pub fn fails_if(&mut self, kind: Option<&'static str>) {
        if let Some(kind) = kind {
            self.fails(kind);
        }
    }
}

/// Sends traces until it is dropped; then, what is still unsent.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts to export traces, if there is somebody who takes them.
    pub fn start(
        settings: &TraceSettings,
        service: &'static str,
        version: &'static str,
        environment: Environment,
    ) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let client = OnRuntime { client, runtime: Handle::try_current()? };
        let exporter = OtlpExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint.as_str())
            .build()
            .context("traces can't be exported")?;
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attributes([
                KeyValue::new("service.version", version),
                KeyValue::new("deployment.environment", environment.as_str()),
            ])
            .build();
        // What is to be exported is decided before a span is begun. Spans wait for a thread of the library's own, in a queue
        // of limited length: when it is full they are dropped, and nobody waits.
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_batch_exporter(Telling { exporter, told: Mutex::new(None) })
            .with_resource(resource)
            .build();
        let _ = EXPORTING.set(Exporting { tracer: provider.tracer("codex-dominion"), ratio: settings.ratio });
        Ok(Some(Self(provider)))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What could not be sent was told.
        let _ = self.0.shutdown_with_timeout(LAST_WORDS);
    }
}

/// Sends spans, and tells from time to time that it can't.
#[derive(Debug)]
struct Telling {
    exporter: OtlpExporter,
    told: Mutex<Option<Instant>>,
}

impl SpanExporter for Telling {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        if let Err(error) = &sent {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|told| told.elapsed() >= TELL) {
                *told = Some(Instant::now());
                tracing::warn!(spans, "traces can't be sent now, these spans are lost: {error}");
            }
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// The library sends from a thread of its own; the HTTP client needs the program's runtime.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<TraceSettings, Vec<String>> {
        let variables = variables.iter().chain(&[("APP_ENV", "development")]).copied();
        Env::of(variables).read(TraceSettings::read).map_err(|error| error.0)
    }

    #[test]
    fn the_variables_are_those_of_the_specification() {
        let endpoint = |variables: &[(&str, &str)]| read(variables).expect("reads").endpoint.map(String::from);
        let collector = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
        assert_eq!(endpoint(&[]), None);
        assert_eq!(endpoint(&[collector]).as_deref(), Some("http://collector:4318/v1/traces"));
        let below = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector/otlp");
        assert_eq!(endpoint(&[below]).as_deref(), Some("https://collector/otlp/v1/traces"));
        let exact = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:4318/mine");
        assert_eq!(endpoint(&[collector, exact]).as_deref(), Some("http://other:4318/mine"));
        let faults = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "data:x"), ("OTEL_TRACES_SAMPLER_ARG", "2")]);
        assert_eq!(
            faults.expect_err("faults"),
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an http or https URL",
                "OTEL_TRACES_SAMPLER_ARG is invalid: must be 0 to 1",
            ]
        );
    }

    #[test]
    fn without_a_collector_a_place_in_a_trace_is_handed_on_as_it_came() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("parses");
        let span = Span::begin(Kind::Server, Some(parent), || unreachable!("nobody sees it"));
        assert_eq!(span.traceparent(), parent);
        let made = Span::begin(Kind::Server, None, || unreachable!("nobody sees it")).traceparent();
        assert!(!made.is_sampled());
    }
}
