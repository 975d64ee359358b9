//! Log lines in JSON: what happened, and beside it what is known of the request that it happened in.
//!
//! What is known of a request is written when its span begins, and what becomes known later is appended to it: few
//! requests log anything, so the others should not pay for it.

use std::error::Error;
use std::fmt::{self, Write};
use std::iter;

use chrono::{SecondsFormat, Utc};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The fields that a line has besides the first ones, known or not: then they are null.
const ALWAYS: [&str; 5] = ["message", "request_id", "trace_id", "user_id", "error"];

/// Writes one JSON object a line: time, level, service, target, the event's fields and those of its spans. Where two
/// have a field of the same name, the inner one is told.
pub struct JsonLines {
    /// Which service says it.
    pub service: &'static str,
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // What comes by way of the `log` crate says in fields of its own where it is from.
        let of_log = event.normalized_metadata();
        let metadata = of_log.as_ref().unwrap_or_else(|| event.metadata());
        let time = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let (level, service, target) = (metadata.level(), self.service, metadata.target());
        write!(line, r#"{{"timestamp":"{time}","level":"{level}","service":"{service}","target":"{target}""#)?;
        let mut known = String::with_capacity(512);
        context.format_fields(Writer::new(&mut known), event)?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                add_unknown(&mut known, fields);
            }
        }
        line.write_str(&known)?;
        for name in ALWAYS.into_iter().filter(|name| !has(&known, name)) {
            write!(line, r#","{name}":null"#)?;
        }
        line.write_str("}\n")
    }
}

/// Whether there is a field of this name: inside a text, the quotes would be escaped.
fn has(known: &str, name: &str) -> bool {
    known.match_indices(name).any(|(at, _)| known[..at].ends_with(",\"") && known[at + name.len()..].starts_with("\":"))
}

/// Adds the fields of these that are not known yet.
fn add_unknown(known: &mut String, fields: &str) {
    if known.is_empty() {
        known.push_str(fields);
        return;
    }
    let mut rest = fields;
    while let Some(end) = field_end(rest) {
        let (field, others) = rest.split_at(end);
        let name = field[2..].split('"').next().unwrap_or_default();
        if !has(known, name) {
            known.push_str(field);
        }
        rest = others;
    }
}

/// Where the first of some fields, each written as `,"name":value`, ends: before the comma of the next one that is
/// outside of texts and lists.
fn field_end(fields: &str) -> Option<usize> {
    let (mut in_text, mut escaped, mut depth) = (false, false, 0_u32);
    for (at, byte) in fields.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    (!fields.is_empty()).then_some(fields.len())
}

/// Writes each field as `,"name":value`.
pub struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        // Put together here first: what is written to grows by every piece.
        let mut text = Fields(String::with_capacity(256));
        fields.record(&mut text);
        writer.write_str(&text.0)
    }

    fn add_fields(&self, known: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(known.as_writer(), fields)
    }
}

/// Fields as they are visited.
struct Fields(String);

impl Fields {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut String)) {
        // Of the `log` crate, and of those that turn spans into traces: of no interest to whoever reads lines.
        if !["log.", "otel.", "sentry."].iter().any(|prefix| field.name().starts_with(prefix)) {
            for part in [",\"", field.name(), "\":"] {
                self.0.push_str(part);
            }
            value(&mut self.0);
        }
    }

    // Writing to a string does not fail.
    fn add_literal(&mut self, field: &Field, literal: impl fmt::Display) {
        self.add(field, |text| {
            let _ = write!(text, "{literal}");
        });
    }

    fn add_text(&mut self, field: &Field, value: impl FnOnce(&mut Escaping<'_>) -> fmt::Result) {
        self.add(field, |text| {
            text.push('"');
            let _ = value(&mut Escaping(text));
            text.push('"');
        });
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.add_literal(field, value);
        } else {
            self.add_text(field, |text| write!(text, "{value}"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_literal(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_literal(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_literal(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, |text| text.write_str(value));
    }

    /// An error is told with all that led to it, as a list.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, |text| {
            let causes = iter::successors(Some(value), |&error| error.source());
            for (number, cause) in causes.enumerate() {
                text.push_str(if number == 0 { "[\"" } else { "\",\"" });
                let _ = write!(Escaping(text), "{cause}");
            }
            text.push_str("\"]");
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, |text| write!(text, "{value:?}"));
    }
}

/// The inside of a JSON string (RFC 8259, 7).
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        // Most texts are plain. To look at all of one at once is faster than to stop at the first byte that is not.
        if !text.bytes().fold(false, |found, byte| found | special(byte)) {
            self.0.push_str(text);
            return Ok(());
        }
        while let Some(at) = text.bytes().position(special) {
            self.0.push_str(&text[..at]);
            match text.as_bytes()[at] {
                b'\n' => self.0.push_str(r"\n"),
                byte if byte < b' ' => write!(self.0, r"\u{byte:04x}")?,
                byte => self.0.extend(['\\', char::from(byte)]),
            }
            text = &text[at + 1..];
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tracing_subscriber::layer::SubscriberExt;

    use crate::telemetry::{Captured, chain};

    #[derive(Debug, thiserror::Error)]
    #[error("the seat \"chair\" can't be filled")]
    struct Outer(#[source] std::io::Error);

    /// A line without its time, which is checked.
    fn timeless(mut line: serde_json::Value) -> serde_json::Value {
        let time = line.as_object_mut().and_then(|line| line.remove("timestamp")).expect("a time");
        chrono::DateTime::parse_from_rfc3339(time.as_str().expect("text")).expect("RFC 3339");
        line
    }

    #[test]
    fn a_line_says_what_is_known_of_its_request_and_stays_one_line_of_json() {
        let log = Captured::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log.layer()), || {
            let span = tracing::info_span!("request", route = "/api/\"x\"", user_id = tracing::field::Empty);
            span.in_scope(|| {
                tracing::info!("before");
                span.record("user_id", tracing::field::display("ada\\\n\u{1}ä"));
                tracing::warn!(status = 503, share = 0.5, lost = f64::NAN, known = true, cause = ?Some("x"), "{}", "two\nlines");
            });
            tracing::error!("outside");
        });
        let lines: Vec<_> = log.lines().into_iter().map(timeless).collect();
        let common = json!({
            "service": "test-service", "target": "common::telemetry::json_lines::tests", "message": null,
            "request_id": null, "trace_id": null, "user_id": null, "error": null,
        });
        let with = |fields: serde_json::Value| {
            let mut line = common.clone();
            line.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
            line
        };
        assert_eq!(
            lines,
            [
                with(json!({"level": "INFO", "message": "before", "route": "/api/\"x\""})),
                with(json!({
                    "level": "WARN", "message": "two\nlines", "status": 503, "share": 0.5, "lost": "NaN",
                    "known": true, "cause": "Some(\"x\")", "route": "/api/\"x\"", "user_id": "ada\\\n\u{1}ä",
                })),
                with(json!({"level": "ERROR", "message": "outside"})),
            ]
        );
    }

    #[test]
    fn an_error_is_told_with_all_that_led_to_it() {
        let log = Captured::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log.layer()), || {
            let error = Outer(std::io::Error::other("the table\nis gone"));
            tracing::error!(error = chain(&error), "a request failed");
        });
        assert_eq!(log.lines()[0]["error"], json!(["the seat \"chair\" can't be filled", "the table\nis gone"]));
    }

    #[test]
    fn a_field_is_told_once_and_the_innermost_is_the_one() {
        let log = Captured::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log.layer()), || {
            let outer =
                tracing::info_span!("outer", workflow_id = 1, note = "a,\"workflow_id\":9 \\", otel.kind = "server");
            let _outer = outer.entered();
            let _inner = tracing::info_span!("inner", workflow_id = 2, step = "x").entered();
            tracing::info!(workflow_id = 3, "once");
            tracing::info!("twice");
        });
        let told: Vec<_> = log.text().lines().map(|line| line.matches("\"workflow_id\":").count()).collect();
        assert_eq!(told, [1, 1], "{}", log.text());
        let lines = log.lines();
        assert_eq!((&lines[0]["workflow_id"], &lines[1]["workflow_id"]), (&json!(3), &json!(2)));
        assert_eq!(lines[0]["note"], "a,\"workflow_id\":9 \\");
        assert_eq!(lines[1]["step"], "x");
        assert_eq!(lines[0].get("otel.kind"), None);
    }
}
