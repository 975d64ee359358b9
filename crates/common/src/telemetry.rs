//! Logs and error reports.

mod json_lines;

use std::borrow::Cow;
use std::io::IsTerminal;

use anyhow::Context;
use secrecy::ExposeSecret;
use sentry::ClientInitGuard;
use sentry::protocol::Event;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, TelemetrySettings};

/// Keeps telemetry running; what is still unsent goes out when it is dropped.
#[must_use]
pub struct Telemetry {
    _sentry: Option<ClientInitGuard>,
}

/// Starts logging to standard output and, with a DSN, reporting errors to Sentry.
pub fn start(settings: &TelemetrySettings, service: &'static str, version: &'static str) -> anyhow::Result<Telemetry> {
    let sentry = match &settings.sentry_dsn {
        None => None,
        Some(dsn) => Some(sentry::init(
            sentry::ClientOptions::new()
                .dsn(&checked_dsn(dsn.expose_secret())?)
                .release(Cow::from(format!("{service}@{version}")))
                .environment(Cow::from(settings.environment.as_str()))
                .traces_sample_rate(settings.sentry_traces_sample_rate)
                .send_default_pii(false)
                .before_send(|event| Some(without_secrets(event))),
        )),
    };
    // The MCP library tells the start and end of every request, which our own spans do; a later directive overrides.
    let directives = format!("rmcp=warn,{}", settings.log_level);
    let filter = EnvFilter::try_new(directives).context("LOG_LEVEL is not a level or filter directive")?;
    let lines = match settings.log_format {
        LogFormat::Json => json_layer(std::io::stdout).boxed(),
        LogFormat::Pretty => {
            tracing_subscriber::fmt::layer().compact().with_ansi(std::io::stdout().is_terminal()).boxed()
        }
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(sentry.is_some().then(sentry_tracing::SpanLayer::new))
        .with(sentry.is_some().then(sentry_tracing::ErrorLayer::new))
        .init();
    Ok(Telemetry { _sentry: sentry })
}

/// Writes log lines in JSON.
///
/// The subscriber's own form of it nests what is known of a request, and writes it anew each time more becomes known.
fn json_layer<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer)
        .fmt_fields(json_lines::JsonFields)
        .event_format(json_lines::JsonLines)
}

/// The library panics on a malformed DSN; this tells.
fn checked_dsn(dsn: &str) -> anyhow::Result<String> {
    dsn.parse::<sentry::types::Dsn>().context("SENTRY_DSN is not a Sentry DSN")?;
    Ok(dsn.to_owned())
}

/// Removes the headers that carry credentials, and bodies, which may.
fn without_secrets(mut event: Event<'static>) -> Event<'static> {
    if let Some(request) = &mut event.request {
        request.headers.retain(|name, _| {
            !["authorization", "cookie", "set-cookie", "x-forwarded-for"].contains(&name.to_ascii_lowercase().as_str())
        });
        request.cookies = None;
        request.data = None;
        request.query_string = None;
    }
    event
}

/// What a test has logged.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Captured(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(test)]
impl Captured {
    /// Takes lines as they would be written.
    pub(crate) fn layer<S: Subscriber + for<'lookup> LookupSpan<'lookup>>(&self) -> impl Layer<S> {
        let log = self.clone();
        json_layer(move || log.clone())
    }

    /// The lines.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().expect("lines").clone()).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

#[cfg(test)]
impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
