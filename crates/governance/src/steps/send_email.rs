//! Sends an e-mail.

use common::text::Email;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use super::recipients::{MAX_RECIPIENTS, Recipients};
use crate::definition::Fault;

/// The longest subject, in characters.
const MAX_SUBJECT: usize = 200;
/// The longest text and the longest HTML, in bytes.
const MAX_BODY: usize = 512 * 1024;

/// What a `send_email` step sends, and to whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendEmail {
    /// Who it is for: an address, or a list of some.
    pub to: Recipients,
    /// Who gets it besides.
    #[serde(default)]
    pub cc: Recipients,
    /// What it is about, in a line.
    pub subject: String,
    /// What it says, as plain text.
    #[serde(default)]
    pub text: Option<String>,
    /// What it says, as HTML; what is inserted is escaped.
    #[serde(default)]
    pub html: Option<String>,
}

/// A mail that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who it is for.
    pub to: Vec<Email>,
    /// Who gets it besides; nobody twice.
    pub cc: Vec<Email>,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: Option<String>,
    /// The same as HTML.
    pub html: Option<String>,
}

impl SendEmail {
    /// The mail, or everything that is wrong with it, by JSON Pointer.
    pub fn letter(self) -> Result<Letter, Vec<Fault>> {
        let faults = self.faults(&|_| true);
        if !faults.is_empty() {
            return Err(faults);
        }
        let to = self.to.addresses();
        let cc = self.cc.addresses().into_iter().filter(|address| !to.contains(address)).collect();
        Ok(Letter { to, cc, subject: self.subject, text: self.text, html: self.html })
    }
}

/// What is wrong with a subject: more than a line of it would be headers.
pub(super) fn subject_fault(subject: &str) -> Option<String> {
    let is_line = !subject.chars().any(char::is_control) && !subject.trim().is_empty();
    let fits = subject.chars().count() <= MAX_SUBJECT;
    (!is_line || !fits).then(|| format!("must be one line of 1 to {MAX_SUBJECT} characters"))
}

impl Kind for SendEmail {
    const HAS_KEY: bool = true;
    const HTML: &'static [&'static str] = &["/html"];

    fn output_schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {"message_id": {"type": "string"}, "recipients": {"type": "integer"}},
        })
    }

    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = self.to.faults("/to", is_final);
        faults.extend(self.cc.faults("/cc", is_final));
        if self.to.len() == 0 {
            faults.push(("/to".to_owned(), "must have at least one address".to_owned()));
        }
        if self.to.len() + self.cc.len() > MAX_RECIPIENTS {
            faults.push(("/to".to_owned(), format!("must have at most {MAX_RECIPIENTS} addresses, with those in cc")));
        }
        if let Some(fault) = subject_fault(&self.subject)
            && is_final(&self.subject)
        {
            faults.push(("/subject".to_owned(), fault));
        }
        if self.text.is_none() && self.html.is_none() {
            faults.push((String::new(), "says nothing: give a text, HTML or both".to_owned()));
        }
        for (at, body) in [("/text", &self.text), ("/html", &self.html)] {
            if body.as_ref().is_some_and(|body| body.len() > MAX_BODY) {
                faults.push((at.to_owned(), format!("must have at most {MAX_BODY} bytes")));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::prepare;
    use crate::template::Scope;

    fn letter(with: Value, inputs: Value) -> Result<Letter, String> {
        let (mail, _) = prepare::<SendEmail>(&with, &Scope { inputs, ..Scope::default() })?;
        mail.letter().map_err(|faults| format!("{faults:?}"))
    }

    #[test]
    fn a_mail_is_rendered_and_its_html_is_escaped() {
        let with = json!({
            "to": "{{ inputs.to }}", "cc": ["Boss@example.com", "b@example.com"], "subject": "For {{ inputs.name }}",
            "text": "Dear {{ inputs.name }}", "html": "<p>{{ inputs.name }}</p>",
        });
        let sent = letter(with, json!({"to": ["a@example.com", "b@example.com"], "name": "A & B"})).expect("a letter");
        let address = |text: &str| text.parse::<Email>().expect("an address");
        assert_eq!(sent.to, [address("a@example.com"), address("b@example.com")]);
        assert_eq!(sent.cc, [address("boss@example.com")]);
        assert_eq!((sent.subject.as_str(), sent.text.as_deref()), ("For A & B", Some("Dear A & B")));
        assert_eq!(sent.html.as_deref(), Some("<p>A &amp; B</p>"));
    }

    #[test]
    fn nothing_gets_into_the_head_of_a_mail_and_not_everybody_gets_it() {
        let with = |more: Value| {
            let mut with = json!({"to": "a@example.com", "subject": "{{ inputs.x }}", "text": "x"});
            with.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            with
        };
        assert!(letter(with(json!({})), json!({"x": "One line"})).is_ok());
        for (more, x, told) in [
            (json!({}), json!("two\r\nBcc: all@example.com"), "/subject must be one line"),
            (json!({}), json!(" "), "/subject must be one line"),
            (
                json!({"to": "{{ inputs.x }}", "subject": "s"}),
                json!("a@example.com\r\nBcc: b@example.com"),
                "/to must be an e-mail",
            ),
            (json!({"to": "{{ inputs.x }}", "subject": "s"}), json!([]), "/to must have at least one"),
            (
                json!({"to": "{{ inputs.x }}", "subject": "s"}),
                json!(["a@example.com", "nobody"]),
                "/to/1 must be an e-mail",
            ),
            (
                json!({"cc": "{{ inputs.x }}", "subject": "s"}),
                json!(vec!["a@example.com"; 50]),
                "/to must have at most 50",
            ),
            (json!({"text": null, "subject": "s"}), json!(1), "says nothing"),
            (json!({"text": "{{ 'x' * 600000 }}", "subject": "s"}), json!(1), "/text must have at most"),
        ] {
            let fault = letter(with(more.clone()), json!({"x": x})).expect_err("is refused");
            assert!(fault.starts_with(told), "{more}: {fault}");
        }
    }
}
