//! Logs, error reports and profiles: how a service is watched. `docs/logs.md` is about it.

mod files;
mod json_lines;
mod level;
mod profile;
mod redact;
mod reports;
pub mod traces;

use std::error::Error;
use std::io::IsTerminal;

use anyhow::Context;
use files::{Files, Limits, Lines, Lost};
pub use level::{LevelControl, LogLevel};
use opentelemetry::metrics::Meter;
pub use profile::{ProfileError, take as take_profile};
use sentry::ClientInitGuard;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, TelemetrySettings};
use traces::Traces;

/// The target of lines that tell of panics.
const PANIC: &str = "panic";

/// Keeps telemetry running; what is still unwritten or unsent goes out when it is dropped.
#[must_use]
pub struct Telemetry {
    level: LevelControl,
    lost: Lost,
    _traces: Option<Traces>,
    // Reports are sent first: what that logs is written, too.
    _sentry: Option<ClientInitGuard>,
    _files: Option<Files>,
}

impl Telemetry {
    /// What changes the level of the logs.
    pub fn level(&self) -> LevelControl {
        self.level.clone()
    }

    /// Counts the lines that did not get into their file as `log_lines_dropped_total`.
    pub fn count_lost_lines(&self, meter: &Meter) {
        let lost = self.lost.clone();
        meter
            .u64_observable_counter("log_lines_dropped_total")
            .with_description("Log lines that did not get into their file")
            .with_callback(move |counter| counter.observe(lost.count(), &[]))
            .build();
    }
}

/// Starts logging to standard output, and to files in `LOG_DIR`; with a DSN, reporting errors to Sentry.
pub fn start(settings: &TelemetrySettings, service: &'static str, version: &'static str) -> anyhow::Result<Telemetry> {
    // Before Sentry, which calls the hook that it finds.
    log_panics();
    let sentry = settings.sentry_dsn.as_ref().map(|dsn| reports::start(dsn, settings, service, version)).transpose()?;
    let files =
        settings.log_dir.as_deref().map(|folder| Files::open(folder, service, Limits::PRODUCTION)).transpose()?;
    let lost = files.as_ref().map(Files::lost).unwrap_or_default();
    let (filter, level) = LevelControl::new(settings.log_level.clone()).context("LOG_LEVEL is not understood")?;
    // Files are for programs to read. Where standard output is, too, a line is put together once for both.
    let (json, pretty) = match (settings.log_format, &files) {
        (LogFormat::Json, None) => (Some(Lines::to(std::io::stdout)), false),
        (LogFormat::Json, Some(files)) => (Some(files.lines(Some(std::io::stdout))), false),
        (LogFormat::Pretty, files) => (files.as_ref().map(|files| files.lines(None)), true),
    };
    let for_people = || tracing_subscriber::fmt::layer().compact().with_ansi(std::io::stdout().is_terminal());
    tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(level::may_be_told))
        .with(json.map(|lines| json_layer(service, lines)))
        .with(pretty.then(for_people))
        .with(sentry.is_some().then(reports::layer))
        .init();
    let traces = Traces::start(&settings.traces, service, version, settings.environment)?;
    Ok(Telemetry { level, lost, _traces: traces, _sentry: sentry, _files: files })
}

/// An error as a field: `tracing::warn!(error = chain(&error), "it can't be done now")` tells it and all that led to it.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error
}

/// Makes a panic a line like any other, in the place of the library's words on standard error.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.payload_as_str().unwrap_or("something that is no text");
        let place = panic.location().map(ToString::to_string);
        // Empty unless `RUST_BACKTRACE` asks for it.
        let backtrace = std::backtrace::Backtrace::capture();
        let backtrace =
            (backtrace.status() == std::backtrace::BacktraceStatus::Captured).then(|| backtrace.to_string());
        tracing::error!(target: PANIC, place, backtrace, "panicked: {said}");
    }));
}

/// Writes log lines in JSON.
///
/// The subscriber's own form of it nests what is known of a request, and writes it anew each time more becomes known.
fn json_layer<S, W>(service: &'static str, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer)
        .fmt_fields(json_lines::JsonFields)
        .event_format(json_lines::JsonLines { service })
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
        json_layer("test-service", move || log.clone())
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("lines").clone()).expect("UTF-8")
    }

    /// The lines.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
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
