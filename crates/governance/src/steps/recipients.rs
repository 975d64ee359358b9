//! Whom a mail goes to.

use common::text::Email;
use serde::{Deserialize, Serialize};

use crate::definition::Fault;

/// How many people one mail may go to.
pub(super) const MAX_RECIPIENTS: usize = 50;

/// Addresses, as a definition says them: one, or a list; an expression may give either.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recipients {
    /// One address.
    One(String),
    /// Some.
    Many(Vec<String>),
}

impl Default for Recipients {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Recipients {
    /// Each text with its place behind `at`.
    fn places(&self, at: &str) -> Vec<(String, &str)> {
        match self {
            Self::One(text) => vec![(at.to_owned(), text)],
            Self::Many(texts) => {
                texts.iter().enumerate().map(|(index, text)| (format!("{at}/{index}"), text.as_str())).collect()
            }
        }
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.places("").len()
    }

    /// The addresses, each once; what is none is left out, and told by `faults`.
    pub(super) fn addresses(&self) -> Vec<Email> {
        let mut addresses: Vec<Email> = Vec::new();
        for address in self.places("").into_iter().filter_map(|(_, text)| Email::try_from(text.to_owned()).ok()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// What is no address, of what is final.
    pub(super) fn faults(&self, at: &str, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        let places = self.places(at).into_iter().filter(|(_, text)| is_final(text));
        places.filter_map(|(at, text)| Some((at, Email::try_from(text.to_owned()).err()?))).collect()
    }
}
