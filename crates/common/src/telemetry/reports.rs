//! Reports to Sentry: errors and panics, and a share of the traces. What is sent goes through one gate, which takes the
//! secrets out.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sentry::protocol::{EnvelopeItem, Request};
use sentry::transports::DefaultTransportFactory;
use sentry::{ClientInitGuard, ClientOptions, Envelope, Transport, TransportFactory, TransportOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use super::{PANIC, redact};
use crate::config::TelemetrySettings;

/// The headers of a request that are told; any other may carry a credential.
const HARMLESS_HEADERS: [&str; 6] = ["accept", "content-length", "content-type", "host", "user-agent", "x-request-id"];

/// Starts reporting to this DSN.
pub fn start(
    dsn: &SecretString,
    settings: &TelemetrySettings,
    service: &'static str,
    version: &'static str,
) -> anyhow::Result<ClientInitGuard> {
    let dsn = dsn.expose_secret();
    // The library panics on a malformed DSN; this tells.
    dsn.parse::<sentry::types::Dsn>().context("SENTRY_DSN is not a Sentry DSN")?;
    Ok(sentry::init(
        ClientOptions::new()
            .dsn(dsn)
            .release(Cow::from(format!("{service}@{version}")))
            .environment(Cow::from(settings.environment.as_str()))
            .traces_sample_rate(settings.sentry_traces_sample_rate)
            .send_default_pii(false)
            .transport(Gate),
    ))
}

/// Turns what is logged into reports: errors into events, with what was said before as breadcrumbs, spans into traces.
///
/// It has levels of its own, so that a debug level of the logs reports nothing more.
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let before = |metadata: &Metadata<'_>| metadata.is_span() || [Level::INFO, Level::WARN].contains(metadata.level());
    // A panic is reported by the library itself, with its backtrace.
    let errors = |metadata: &Metadata<'_>| {
        metadata.is_span() || (*metadata.level() == Level::ERROR && metadata.target() != PANIC)
    };
    sentry_tracing::SpanLayer::new()
        .with_filter(LevelFilter::INFO)
        .and_then(sentry_tracing::BreadcrumbLayer::new().with_filter(filter_fn(before)))
        .and_then(sentry_tracing::ErrorLayer::new().enable_span_attributes().with_filter(filter_fn(errors)))
}

/// Makes the transport with the gate in front.
struct Gate;

impl TransportFactory for Gate {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(Gated(DefaultTransportFactory.create_transport_with_options(options)))
    }
}

/// Sends what is left when the secrets are taken out.
struct Gated(Arc<dyn Transport>);

impl Transport for Gated {
    fn send_envelope(&self, envelope: Envelope) {
        let headers = envelope.headers().clone();
        let mut clean = Envelope::new();
        for item in envelope.into_items().filter_map(without_secrets) {
            clean.add_item(item);
        }
        if clean.items().next().is_some() {
            self.0.send_envelope(clean.with_headers(headers));
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        self.0.shutdown(timeout)
    }
}

/// What may be sent of an item. Kinds that are not known here are not sent at all.
fn without_secrets(item: EnvelopeItem) -> Option<EnvelopeItem> {
    match item {
        EnvelopeItem::Event(mut event) => {
            event.request = event.request.take().map(harmless);
            cleaned(&*event).map(|event: sentry::protocol::Event<'static>| event.into())
        }
        EnvelopeItem::Transaction(mut transaction) => {
            transaction.request = transaction.request.take().map(harmless);
            cleaned(&*transaction).map(|transaction: sentry::protocol::Transaction<'static>| transaction.into())
        }
        item
        @ (EnvelopeItem::SessionUpdate(_) | EnvelopeItem::SessionAggregates(_) | EnvelopeItem::ClientReport(_)) => {
            Some(item)
        }
        _ => None,
    }
}

/// A copy in which no text looks like a secret. What can't be copied is not sent.
fn cleaned<T: Serialize + DeserializeOwned>(report: &T) -> Option<T> {
    let mut json = serde_json::to_value(report).ok()?;
    redact::value(&mut json);
    serde_json::from_value(json).ok()
}

/// A request without what may carry a credential: headers, cookies, body, query.
fn harmless(request: Request) -> Request {
    let mut url = request.url;
    if let Some(url) = &mut url {
        url.set_query(None);
        url.set_fragment(None);
    }
    let mut headers = request.headers;
    headers.retain(|name, _| HARMLESS_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    Request { url, headers, method: request.method, ..Request::default() }
}

#[cfg(test)]
mod tests {
    use sentry::protocol::{Breadcrumb, Event, Map, Span, Transaction, Value};

    use super::*;

    const MARK: &str = "hunter2-hunter2";

    fn request() -> Request {
        let headers = [
            ("Authorization", format!("Bearer {MARK}")),
            ("X-Csrf", MARK.to_owned()),
            ("Cookie", format!("refresh={MARK}")),
            ("User-Agent", "curl".to_owned()),
        ];
        Request {
            url: format!("https://api.example.com/api/x?key={MARK}").parse().ok(),
            method: Some("GET".to_owned()),
            data: Some(MARK.to_owned()),
            query_string: Some(MARK.to_owned()),
            cookies: Some(MARK.to_owned()),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..Request::default()
        }
    }

    fn fields() -> Map<String, Value> {
        [
            ("password", format!("\"{MARK}\"")),
            ("url", format!("postgres://codex:{MARK}@db/x")),
            ("route", "/api/x".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
    }

    fn sent(item: impl Into<EnvelopeItem>) -> String {
        let mut envelope = Envelope::new();
        envelope.add_item(without_secrets(item.into()).expect("is sent"));
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).expect("writes");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn an_event_and_its_breadcrumbs_lose_their_secrets_and_nothing_else() {
        let breadcrumb =
            Breadcrumb { message: Some(format!("called with Bearer {MARK}")), data: fields(), ..Breadcrumb::default() };
        let event = Event {
            message: Some(format!("login failed: token={MARK}, status 500")),
            request: Some(request()),
            breadcrumbs: vec![breadcrumb].into(),
            extra: fields(),
            tags: [("request_id".to_owned(), "request-1".to_owned())].into(),
            ..Event::default()
        };
        let sent = sent(event);
        assert!(!sent.contains(MARK), "{sent}");
        for kept in ["request-1", "/api/x", "status 500", "curl", "https://api.example.com/api/x\"", "called with"] {
            assert!(sent.contains(kept), "{kept} is missing in {sent}");
        }
    }

    #[test]
    fn a_trace_and_its_spans_lose_their_secrets() {
        let span = Span { description: Some(format!("GET /x?token={MARK}")), data: fields(), ..Span::default() };
        let transaction = Transaction {
            name: Some("GET /api/x".to_owned()),
            request: Some(request()),
            spans: vec![span],
            extra: fields(),
            ..Transaction::default()
        };
        let sent = sent(transaction);
        assert!(!sent.contains(MARK), "{sent}");
        assert!(sent.contains("GET /x?[removed]") && sent.contains("GET /api/x"), "{sent}");
    }
}
