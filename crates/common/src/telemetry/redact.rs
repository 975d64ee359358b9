//! Taking secrets out of text that leaves the house.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// What stands in the place of a secret.
pub const REMOVED: &str = "[removed]";

/// Words in the name of a field that holds a secret.
const SECRET_WORDS: [&str; 14] = [
    "api_key",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "dsn",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "recovery_code",
    "secret",
    "token",
    "totp",
];

/// What looks like a secret, and what is put in its place.
static SECRETS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        // Keys of agents, of webhooks, private ones.
        (r"cdx_[A-Za-z0-9]+_[A-Za-z0-9_-]+", "cdx_[removed]"),
        (r"whsec_[A-Za-z0-9+/=_-]+", "whsec_[removed]"),
        (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", REMOVED),
        // Tokens: RFC 7519, RFC 6750, RFC 7617.
        (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?", REMOVED),
        (r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}", "$1$2[removed]"),
        // Who is named in a URL, with a password or without: RFC 3986, 3.2.1. What is asked in one.
        (r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@", "$1[removed]@"),
        (r#"((?:://|/)[^\s?"'<>]*)\?[^\s"'<>]+"#, "$1?[removed]"),
        // `password=...`, `"token": "..."`.
        (
            r#"(?i)((?:api[_-]?key|authorization|cookie|credential|passphrase|passwd|password|private[_-]?key|secret|token|totp)[a-z_]*["']?\s*[:=]\s*)(?:"[^"]*"?|'[^']*'?|[^\s"',;&})]+)"#,
            "$1[removed]",
        ),
    ];
    patterns.into_iter().filter_map(|(pattern, instead)| Some((Regex::new(pattern).ok()?, instead))).collect()
});

/// The text without what looks like a secret.
pub fn text(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for (pattern, instead) in SECRETS.iter() {
        if let Cow::Owned(changed) = pattern.replace_all(&clean, *instead) {
            clean = Cow::Owned(changed);
        }
    }
    clean
}

/// Whether a field of this name holds a secret.
fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Takes secrets out of every text of a value, and out of every field that is called after one.
pub fn value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = self::text(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(fields) => {
            for (name, field) in fields {
                if names_a_secret(name) && (field.is_string() || field.is_number()) {
                    *field = Value::from(REMOVED);
                } else {
                    self::value(field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(SECRETS.len(), 8);
    }

    #[test]
    fn what_looks_like_a_secret_is_removed_and_the_rest_is_kept() {
        for (before, after) in [
            ("key cdx_a1b2c3d4e5f6_c2VjcmV0LXNlY3JldA is unknown", "key cdx_[removed] is unknown"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!", "whsec_[removed]!"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ends", "token [removed] ends"),
            ("Authorization: Bearer abcdefgh12345678", "Authorization: [removed] [removed]"),
            ("sent Bearer abcdefgh12345678", "sent Bearer [removed]"),
            ("postgres://codex:hunter2@db:5432/x failed", "postgres://[removed]@db:5432/x failed"),
            ("https://0123abc@sentry.example.com/1", "https://[removed]@sentry.example.com/1"),
            ("GET /api/workflows?cursor=abc&x=1 failed", "GET /api/workflows?[removed] failed"),
            ("https://x.example/a?key=1 \"x\"", "https://x.example/a?[removed] \"x\""),
            (r#"{"password":"correct horse","name":"Ada"}"#, r#"{"password":[removed],"name":"Ada"}"#),
            ("new_password=hunter2&name=Ada", "new_password=[removed]&name=Ada"),
            ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----", "[removed]"),
            ("column users.token_count does not exist", "column users.token_count does not exist"),
            ("what? nothing", "what? nothing"),
        ] {
            assert_eq!(text(before), after, "{before}");
        }
    }

    #[test]
    fn fields_that_are_called_after_a_secret_are_emptied() {
        let mut fields = json!({"a": {"X-Api-Key": "1", "totp_code": 123_456, "n": 1}, "list": ["Bearer 12345678"]});
        value(&mut fields);
        assert_eq!(
            fields,
            json!({"a": {"X-Api-Key": "[removed]", "totp_code": "[removed]", "n": 1}, "list": ["Bearer [removed]"]})
        );
    }
}
