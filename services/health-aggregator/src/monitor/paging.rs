//! The pages of a list: which one is asked for, and the way to the others.

use common::page::Cursor;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::refused::Refused;

/// Which page of a list a query asks for.
#[derive(Deserialize)]
pub struct PageAsked {
    cursor: Option<String>,
}

impl PageAsked {
    /// The key after which the page begins; none is the first page.
    pub fn after<K: DeserializeOwned>(self) -> Result<Option<K>, Refused> {
        let cursor = self.cursor.map(Cursor::try_from).transpose().map_err(|_| Refused::Malformed)?;
        Ok(cursor.map(|Cursor(key)| key))
    }
}

/// The way to the next page of a list, and back to its beginning. `query` says the rest of the address.
pub fn pager<K: Serialize + Clone>(path: &str, query: &str, is_first: bool, next: Option<Cursor<K>>) -> Markup {
    let first = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let next = next.map(|cursor| {
        let cursor = String::from(cursor);
        if query.is_empty() { format!("{path}?cursor={cursor}") } else { format!("{path}?{query}&cursor={cursor}") }
    });
    html! {
        @if !is_first || next.is_some() {
            nav.pager aria-label="Pages of the list" {
                @if is_first { span {} } @else { a.button href=(first) { "To the first page" } }
                @if let Some(next) = next { a.button href=(next) { "Next page" } }
            }
        }
    }
}
