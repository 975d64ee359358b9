//! Log lines in JSON: what happened, and beside it what is known of the request that it happened in.
//!
//! What is known of a request is written when its span begins, and what becomes known later is appended to it: few
//! requests log anything, so the others should not pay for it.

use std::fmt::{self, Write};

use chrono::{SecondsFormat, Utc};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes one JSON object a line: level, target, time, the event's fields and those of its spans, the outermost first.
pub struct JsonLines;

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
        write!(line, r#"{{"level":"{}","target":"{}","timestamp":"{time}""#, metadata.level(), metadata.target())?;
        context.format_fields(line.by_ref(), event)?;
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
        }
        line.write_str("}\n")
    }
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
        if !field.name().starts_with("log.") {
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

    use crate::telemetry::Captured;

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
        let mut lines = log.lines();
        for line in &mut lines {
            let time = line.as_object_mut().and_then(|line| line.remove("timestamp")).expect("a time");
            chrono::DateTime::parse_from_rfc3339(time.as_str().expect("text")).expect("RFC 3339");
        }
        let target = "common::telemetry::json_lines::tests";
        assert_eq!(
            lines,
            [
                json!({"level": "INFO", "target": target, "message": "before", "route": "/api/\"x\""}),
                json!({
                    "level": "WARN", "target": target, "message": "two\nlines", "status": 503, "share": 0.5, "lost": "NaN",
                    "known": true, "cause": "Some(\"x\")", "route": "/api/\"x\"", "user_id": "ada\\\n\u{1}ä",
                }),
                json!({"level": "ERROR", "target": target, "message": "outside"}),
            ]
        );
    }
}
