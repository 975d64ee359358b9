//! Where traces are sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use tokio_util::sync::CancellationToken;

/// A span that was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedSpan {
    /// What is said of whoever exported it.
    pub resource: BTreeMap<String, String>,
    /// The trace that it is part of, in hexadecimal digits.
    pub trace_id: String,
    /// Its own id.
    pub id: String,
    /// Its parent's; empty when it has none.
    pub parent_id: String,
    /// What it is called.
    pub name: String,
    /// Its kind.
    pub kind: SpanKind,
    /// What it says.
    pub attributes: BTreeMap<String, String>,
    /// The spans that it links to: trace and span.
    pub links: Vec<(String, String)>,
    /// Whether it says that it failed.
    pub failed: bool,
}

type Spans = Mutex<Vec<ExportedSpan>>;

/// A real HTTP server that takes traces over OTLP and keeps them.
pub struct Collector {
    url: String,
    spans: Arc<Spans>,
    stop: CancellationToken,
}

impl Collector {
    /// Starts it on a free port of the loopback address.
    pub fn start() -> Self {
        let spans = Arc::new(Spans::default());
        let (stop, shared) = (CancellationToken::new(), web::Data::from(spans.clone()));
        let stopped = stop.clone();
        let server = HttpServer::new(move || {
            let limit = web::PayloadConfig::new(64 * 1024 * 1024);
            App::new().app_data(shared.clone()).app_data(limit).route("/v1/traces", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        .shutdown_signal(async move { stopped.cancelled().await })
        .bind(("127.0.0.1", 0))
        .expect("a free port");
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, spans, stop }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it has taken so far.
    pub fn spans(&self) -> Vec<ExportedSpan> {
        lock(&self.spans).clone()
    }

    /// Waits until what it has taken of a trace is enough.
    pub async fn wait_for(&self, trace_id: &str, is_enough: impl Fn(&[ExportedSpan]) -> bool) -> Vec<ExportedSpan> {
        for _ in 0..3000 {
            let so_far: Vec<_> = self.spans().into_iter().filter(|span| span.trace_id == trace_id).collect();
            if is_enough(&so_far) {
                return so_far;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not enough of the trace {trace_id} came in 30 s: {:#?}", self.spans());
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn lock(spans: &Spans) -> MutexGuard<'_, Vec<ExportedSpan>> {
    spans.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(body: web::Bytes, spans: web::Data<Spans>) -> HttpResponse {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return HttpResponse::BadRequest().finish() };
    lock(&spans).extend(request.resource_spans.into_iter().flat_map(exported));
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    HttpResponse::Ok().content_type("application/x-protobuf").body(answer)
}

fn exported(of_resource: ResourceSpans) -> impl Iterator<Item = ExportedSpan> {
    let resource = texts(of_resource.resource.map(|resource| resource.attributes).unwrap_or_default());
    let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(move |span| ExportedSpan {
        resource: resource.clone(),
        trace_id: hex::encode(&span.trace_id),
        id: hex::encode(&span.span_id),
        parent_id: hex::encode(&span.parent_span_id),
        kind: span.kind(),
        failed: span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error),
        links: links(&span),
        name: span.name,
        attributes: texts(span.attributes),
    })
}

fn links(span: &Span) -> Vec<(String, String)> {
    span.links.iter().map(|link| (hex::encode(&link.trace_id), hex::encode(&link.span_id))).collect()
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        other => format!("{other:?}"),
    }
}
