//! Logs and error reports.

use std::borrow::Cow;
use std::io::IsTerminal;

use anyhow::Context;
use secrecy::ExposeSecret;
use sentry::ClientInitGuard;
use sentry::protocol::Event;
use tracing_subscriber::layer::SubscriberExt;
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
        // Not the subscriber's own: that writes a request's fields anew each time one of them becomes known.
        LogFormat::Json => json_subscriber::fmt::layer()
            .flatten_event(true)
            .flatten_current_span_on_top_level(true)
            .with_span_list(false)
            .boxed(),
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
