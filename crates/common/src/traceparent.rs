//! Where in which trace something happens, as programs tell each other (W3C Trace Context, version 00).

use std::fmt;
use std::str::FromStr;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

const LENGTH: usize = 55;

/// A span of a trace: what follows from it names it as its parent. Holds its text, which is all that most requests need
/// of it.
///
/// ```
/// use common::Traceparent;
///
/// let parent: Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
/// assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert!(parent.is_sampled());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Traceparent([u8; LENGTH]);

/// Why a text is no traceparent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no traceparent of version 00")]
pub struct NoTraceparent;

impl Traceparent {
    /// A trace of its own that nobody exports: its id is for the logs.
    pub fn untraced() -> Self {
        let ids = RandomIdGenerator::default();
        Self::of(ids.new_trace_id(), ids.new_span_id(), TraceFlags::NOT_SAMPLED)
    }

    fn of(trace: TraceId, span: SpanId, flags: TraceFlags) -> Self {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        // They fit: each byte takes two characters.
        let _ = hex::encode_to_slice(trace.to_bytes(), &mut text[3..35]);
        let _ = hex::encode_to_slice(span.to_bytes(), &mut text[36..52]);
        let _ = hex::encode_to_slice([flags.to_u8()], &mut text[53..]);
        Self(text)
    }

    /// As a header's value.
    pub fn as_str(&self) -> &str {
        // It is made of ASCII only.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What every line of log in this trace says.
    pub fn trace_id(&self) -> &str {
        &self.as_str()[3..35]
    }

    /// Whether the trace is exported, as was decided where it began.
    pub fn is_sampled(&self) -> bool {
        // The lowest of eight bits in two hexadecimal digits.
        matches!(self.0[LENGTH - 1], b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f')
    }

    /// As the library has it.
    pub fn span_context(&self) -> SpanContext {
        let text = self.as_str();
        let trace = TraceId::from_hex(&text[3..35]).unwrap_or(TraceId::INVALID);
        let span = SpanId::from_hex(&text[36..52]).unwrap_or(SpanId::INVALID);
        let flags = TraceFlags::new(u8::from_str_radix(&text[53..], 16).unwrap_or_default());
        SpanContext::new(trace, span, flags, true, TraceState::NONE)
    }
}

impl From<&SpanContext> for Traceparent {
    fn from(span: &SpanContext) -> Self {
        Self::of(span.trace_id(), span.span_id(), span.trace_flags())
    }
}

impl FromStr for Traceparent {
    type Err = NoTraceparent;

    fn from_str(text: &str) -> Result<Self, NoTraceparent> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| NoTraceparent)?;
        let is_hex = |part: &[u8]| part.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
        let (trace, span, flags) = (&bytes[3..35], &bytes[36..52], &bytes[53..]);
        let is_one = bytes.starts_with(b"00-") && bytes[35] == b'-' && bytes[52] == b'-';
        let are_ids = [trace, span].iter().all(|id| is_hex(id) && id.iter().any(|b| *b != b'0'));
        if is_one && are_ids && is_hex(flags) { Ok(Self(bytes)) } else { Err(NoTraceparent) }
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_none() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parsed: Traceparent = good.parse().expect("parses");
        assert_eq!(parsed.to_string(), good);
        assert_eq!(Traceparent::from(&parsed.span_context()), parsed);
        for bad in [
            "",
            "00-x-y-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00-4bf92f3577b34da6a3ce929d0e0e47ä-00f067aa0ba902b7-01",
        ] {
            assert_eq!(bad.parse::<Traceparent>(), Err(NoTraceparent), "{bad}");
        }
    }

    #[test]
    fn one_that_nobody_exports_says_so() {
        let (one, other) = (Traceparent::untraced(), Traceparent::untraced());
        assert!(!one.is_sampled());
        assert_ne!(one.trace_id(), other.trace_id());
        assert_eq!(one.as_str().parse(), Ok(one));
    }
}
