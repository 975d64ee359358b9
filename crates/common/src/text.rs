//! Bounded text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Text of `MIN` to `MAX` characters, without control characters other than line breaks and tabs.
///
/// PostgreSQL refuses the NUL character, and nobody means the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.trim().chars().count();
        if length < MIN || text.chars().count() > MAX {
            Err(format!("must have {MIN} to {MAX} characters"))
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            Err("must not contain control characters".to_owned())
        } else {
            Ok(Self(text))
        }
    }
}

impl<const MIN: usize, const MAX: usize> From<Text<MIN, MAX>> for String {
    fn from(text: Text<MIN, MAX>) -> Self {
        text.0
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        // What is no control character but a line break or a tab.
        let any = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]";
        let seen = r"[^\s\x00-\x1f\x7f-\x9f]";
        let pattern = match MIN {
            0 => format!("^{any}*$"),
            // Spaces around it do not count.
            1 => format!("^{any}*{seen}{any}*$"),
            _ => format!("^{any}*{seen}{any}{{{},}}{seen}{any}*$", MIN - 2),
        };
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        text.min_length(Some(MIN).filter(|&least| least > 0)).max_length(Some(MAX)).into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }
}

impl<const MAX: usize> Default for Text<0, MAX> {
    fn default() -> Self {
        Self(String::new())
    }
}

/// The name of a person, council, agent or workflow type.
pub type Name = Text<1, 100>;

/// What somebody has to say: a vote's comment, a proposal's reason.
pub type Remark = Text<1, 2000>;

/// An e-mail address, in lower case so that each address is one account.
///
/// Only the shape that every deliverable address has is checked; whether it exists, only a message to it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = "email", max_length = 254)]
pub struct Email(String);

impl Email {
    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // First of all: some letters are longer in lower case.
        let text = text.to_lowercase();
        let well_formed = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
        });
        // RFC 5321, 4.5.3.1.3: 256 octets with the angle brackets.
        if !well_formed || text.len() > 254 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("must be an e-mail address".to_owned());
        }
        Ok(Self(text))
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl std::str::FromStr for Email {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn an_address_is_measured_in_lower_case_as_it_is_kept() {
        // U+0130 has two bytes, and three in lower case.
        let address = |letters| format!("{}@example.com", "\u{130}".repeat(letters));
        let kept = Email::try_from(address(80)).expect("is short enough");
        assert_eq!(Email::try_from(kept.as_str().to_owned()), Ok(kept));
        assert!(Email::try_from(address(120)).is_err(), "is longer than an address can be");
        assert_eq!(Email::try_from("Ada@Example.com".to_owned()).expect("an address").as_str(), "ada@example.com");
    }
}
