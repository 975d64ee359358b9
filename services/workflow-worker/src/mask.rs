//! Takes secrets out of everything that comes back from a step, before any of it is stored, shown or logged.
//!
//! A secret is found as it is; in base64 and hexadecimal, also in the middle of a longer text; and behind what URLs, forms,
//! JSON and HTML make of it, twice over. Definitions can't change a secret otherwise (`governance::check`); a receiver
//! that sends it back in a form of its own making is past what masking can do, and `docs/secrets.md` says so.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use governance::secrets::{MASK, Secrets};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

/// Recognises the secrets of a workflow.
pub struct Masker {
    forms: AhoCorasick,
    /// Of each form, what may stand around it that tells something of it, too.
    edges: Vec<Edge>,
}

/// What belongs to a form besides its own bytes.
#[derive(Clone, Copy)]
enum Edge {
    /// Nothing.
    Sharp,
    /// A character of base64 on either side, which holds some bits of it.
    Base64,
}

impl Masker {
    /// Prepares to recognise these secrets; fails only when their forms are too many to be searched for.
    pub fn new(secrets: &Secrets) -> Result<Self, String> {
        let (mut forms, mut edges) = (Vec::new(), Vec::new());
        for secret in secrets.values() {
            let secret = secret.expose_secret();
            forms.push(secret.to_owned());
            edges.push(Edge::Sharp);
            forms.push(secret.bytes().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]).collect());
            edges.push(Edge::Sharp);
            let encoded: BTreeSet<_> = (0..3).flat_map(|shift| base64_cores(secret.as_bytes(), shift)).collect();
            edges.extend(encoded.iter().map(|_| Edge::Base64));
            forms.extend(encoded);
        }
        // Headers and host names come back in another case.
        let forms = AhoCorasick::builder().ascii_case_insensitive(true).build(forms);
        Ok(Self { forms: forms.map_err(|error| format!("the secrets can't be masked: {error}"))?, edges })
    }

    /// The text without secrets; none when there were none in it.
    pub fn without(&self, text: &str) -> Option<String> {
        let mut found = self.ranges(text.as_bytes());
        self.look_behind(&View::of(text.as_bytes()), 2, &mut found);
        if found.is_empty() {
            return None;
        }
        found.sort_by_key(|range| (range.start, range.end));
        let (mut masked, mut end) = (Vec::with_capacity(text.len()), 0);
        for range in found {
            if range.start >= end {
                masked.extend_from_slice(&text.as_bytes()[end..range.start]);
                masked.extend_from_slice(MASK.as_bytes());
            }
            end = end.max(range.end);
        }
        masked.extend_from_slice(&text.as_bytes()[end..]);
        // A range may begin or end within a character only where the decoded text did not: never with a form of ours.
        Some(String::from_utf8_lossy(&masked).into_owned())
    }

    /// Finds what stands behind so many layers of escapes, one view after the other: a long answer has long ones.
    fn look_behind(&self, view: &View, layers: u8, found: &mut Vec<Range<usize>>) {
        for decode in DECODINGS {
            if let Some(decoded) = decode(view) {
                found.extend(self.ranges(&decoded.bytes).into_iter().map(|range| decoded.source(range)));
                if layers > 1 {
                    self.look_behind(&decoded, layers - 1, found);
                }
            }
        }
    }

    /// Where forms of secrets stand.
    fn ranges(&self, text: &[u8]) -> Vec<Range<usize>> {
        let found = self.forms.find_overlapping_iter(text);
        found
            .map(|hit| match self.edges[hit.pattern().as_usize()] {
                Edge::Sharp => hit.range(),
                Edge::Base64 => {
                    let is_base64 = |at: usize| text.get(at).is_some_and(|byte| is_base64(*byte));
                    let before = hit.start().checked_sub(1).filter(|at| is_base64(*at));
                    let after = if is_base64(hit.end()) { hit.end() + 1 } else { hit.end() };
                    before.unwrap_or(hit.start())..after
                }
            })
            .collect()
    }

    /// The text with each secret masked.
    pub fn text(&self, text: String) -> String {
        self.without(&text).unwrap_or(text)
    }

    /// The value with each secret masked in its strings, in the names of its fields, and in numbers that are one.
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, item)| (self.text(name), self.value(item)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Number(number) => match self.without(&number.to_string()) {
                Some(masked) => Value::String(masked),
                None => Value::Number(number),
            },
            plain => plain,
        }
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or_default()
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The characters of base64 that depend on nothing but `secret`, when it begins so many bytes into a group of three.
fn base64_cores(secret: &[u8], shift: usize) -> [String; 2] {
    let padded = [&[0; 2][..shift], secret].concat();
    let (start, end) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
    [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)].map(|text| text[start..end].to_owned())
}

/// A text that was decoded, and where each of its bytes came from.
struct View {
    bytes: Vec<u8>,
    /// Of each byte, where its source begins; one more for the end.
    starts: Vec<usize>,
}

impl View {
    fn of(text: &[u8]) -> Self {
        Self { bytes: text.to_vec(), starts: (0..=text.len()).collect() }
    }

    /// Where a part of it came from.
    fn source(&self, range: Range<usize>) -> Range<usize> {
        self.starts[range.start]..self.starts[range.end]
    }

    /// Replaces what `read` recognises at a place, by the bytes that it stands for and how many it takes up; none when it
    /// recognises nothing.
    fn decode<'a>(&'a self, marks: &[u8], read: impl Fn(&'a [u8]) -> Option<(Vec<u8>, usize)>) -> Option<Self> {
        if !self.bytes.iter().any(|byte| marks.contains(byte)) {
            return None;
        }
        let (mut bytes, mut starts, mut at) = (Vec::with_capacity(self.bytes.len()), Vec::new(), 0);
        while at < self.bytes.len() {
            let decoded = if marks.contains(&self.bytes[at]) { read(&self.bytes[at..]) } else { None };
            let (text, length) = decoded.unwrap_or_else(|| (vec![self.bytes[at]], 1));
            starts.extend(std::iter::repeat_n(self.starts[at], text.len()));
            bytes.extend(text);
            at += length;
        }
        starts.push(self.starts[at]);
        Some(Self { bytes, starts })
    }
}

type Decode = fn(&View) -> Option<View>;

/// What is undone: percent-encoding (RFC 3986), the same with `+` for a space, JSON's escapes (RFC 8259), and HTML's.
const DECODINGS: [Decode; 4] = [
    |view| view.decode(b"%", percent),
    |view| view.decode(b"%+", |rest| if rest[0] == b'+' { Some((vec![b' '], 1)) } else { percent(rest) }),
    |view| view.decode(b"\\", json),
    |view| view.decode(b"&", html),
];

fn percent(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    Some((vec![u8::try_from(number(rest.get(1..3)?, 16)?).ok()?], 3))
}

fn json(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let plain = match rest.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'u' => return unicode(rest),
        mark @ (b'"' | b'\\' | b'/' | b'\'') => *mark,
        _ => return None,
    };
    Some((vec![plain], 2))
}

/// `\uXXXX`, or two of them that are one character.
fn unicode(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let unit = |at: usize| {
        let escape = rest.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::try_from(number(escape, 16)?).ok()
    };
    let first = unit(0)?;
    let units: Vec<u16> =
        [Some(first), unit(6).filter(|_| (0xd800..0xdc00).contains(&first))].into_iter().flatten().collect();
    let text = String::from_utf16(&units).ok()?;
    Some((text.into_bytes(), units.len() * 6))
}

fn html(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let character = match &rest[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((character.to_string().into_bytes(), end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    // `from_str_radix` takes a sign, too.
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn masker(values: &[&str]) -> Masker {
        let names = ["one", "two", "three"].map(|name| name.parse().expect("a name"));
        let secrets = names.into_iter().zip(values.iter().map(|value| (*value).into())).collect();
        Masker::new(&secrets).expect("a masker")
    }

    const SECRET: &str = "p\u{e4}ss/w\"rd+<4> & m\u{1f511}re";

    #[test]
    fn a_secret_is_masked_in_every_form_that_it_is_sent_or_told_in() {
        let masker = masker(&[SECRET]);
        let json = serde_json::to_string(SECRET).expect("json");
        let ascii: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
        let percent: String = SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let form = url_form(SECRET);
        let html: String = SECRET.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect::<Vec<_>>().concat();
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat();
        let inner = json.trim_matches('"').to_owned();
        for form in [
            SECRET.to_owned(),
            SECRET.to_uppercase().replace('\u{c4}', "\u{e4}"),
            inner.clone(),
            inner.replace('/', "\\/"),
            serde_json::to_string(&inner).expect("json").trim_matches('"').to_owned(),
            ascii,
            percent.to_lowercase(),
            percent.replace('%', "%25"),
            form,
            SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
            html,
            hex,
            STANDARD.encode(SECRET),
            URL_SAFE.encode(SECRET),
            percent,
        ] {
            assert_eq!(masker.text(format!("before {form} after")).replace('=', ""), "before *** after", "{form}");
        }
    }

    fn url_form(text: &str) -> String {
        let mut pairs = reqwest::Url::parse("http://x/").expect("a URL");
        pairs.query_pairs_mut().append_pair("k", text);
        pairs.query().and_then(|query| query.strip_prefix("k=")).expect("a query").to_owned()
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_in_a_value() {
        let masker = masker(&["s3cr3t-value", "12345678"]);
        let value = json!({
            "list": ["x s3cr3t-value y", {"s3cr3t-value": 1}], "number": 12_345_678, "within": 9_123_456_780_i64,
            "json": "{\"a\": \"s3cr3t-value\"}", "none": null, "plain": [true, 1.5, "secret"],
        });
        assert_eq!(
            masker.value(value),
            json!({
                "list": ["x *** y", {"***": 1}], "number": "***", "within": "9***0",
                "json": "{\"a\": \"***\"}", "none": null, "plain": [true, 1.5, "secret"],
            })
        );
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_each_other() {
        let masker = masker(&["abcdefgh", "fghabcdefghij", "aaaaaaaa"]);
        assert_eq!(masker.text("-abcdefghabcdefghij-".to_owned()), "-***-");
        assert_eq!(masker.text("-aaaaaaaaaaa-".to_owned()), "-***-");
        assert_eq!(masker.text("abcdefg aaaaaaa".to_owned()), "abcdefg aaaaaaa");
    }

    proptest! {
        #[test]
        fn no_surroundings_hide_a_secret_in_base64(
            secret in "[ -~]{8,40}", before in "[ -~]{0,5}", after in "[ -~]{0,5}",
        ) {
            let masker = masker(&[&secret]);
            for text in [STANDARD.encode(format!("{before}{secret}{after}")), URL_SAFE.encode(format!("{before}{secret}{after}"))] {
                let masked = masker.text(text.clone());
                prop_assert!(masked.contains(MASK));
                let kept: usize = masked.split(MASK).map(|part| part.trim_end_matches('=').len()).sum();
                prop_assert!(kept <= (before.len() * 8).div_ceil(6) + (after.len() * 8).div_ceil(6), "{text}: {masked}");
            }
        }

        #[test]
        fn what_holds_no_secret_stays_as_it_is(text in "\\PC{0,80}") {
            let masked = masker(&["\u{1}never-to-be-found\u{1}"]).text(text.clone());
            prop_assert_eq!(masked, text);
        }
    }
}
