//! The record as a file: JSON Lines that can be verified offline, or CSV for spreadsheets.

use actix_web::web::Bytes;
use clap::ValueEnum;
use common::page::Limit;
use database::audit::{self, Checkpoint, Filter, Link};
use database::{ReadPool, Result};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many rows are read at a time: what an export holds in memory.
const BATCH: i64 = 1000;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object a line: it can be verified offline.
    #[default]
    Jsonl,
    /// Comma-separated values (RFC 4180), for spreadsheets.
    Csv,
}

impl Format {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// A line of an export in JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A statement of how far the chain had come.
    Checkpoint {
        /// It.
        checkpoint: Checkpoint,
    },
    /// A sealed row.
    Link(Box<Link>),
}

enum Position {
    Head,
    Rows(i64),
    Checkpoints(i64),
    End,
}

/// The sealed rows in batches, oldest first, then, in JSON, the newest checkpoints of those rows.
pub fn stream(pool: ReadPool, filter: Filter, format: Format) -> impl Stream<Item = Result<Bytes>> {
    stream::try_unfold((pool, filter, Position::Head), move |(pool, filter, position)| async move {
        let (part, next) = match (position, format) {
            (Position::Head, Format::Csv) => (head(), Position::Rows(0)),
            (Position::Head, Format::Jsonl) => (Vec::new(), Position::Rows(0)),
            (Position::Rows(after), format) => {
                let links = audit::export(&mut *pool.get().await?, &filter, after, BATCH).await?;
                match (links.last().and_then(|link| link.position), format) {
                    (Some(last), Format::Jsonl) => {
                        (lines(links.into_iter().map(|link| Line::Link(link.into()))), Position::Rows(last))
                    }
                    (Some(last), Format::Csv) => (table(&links), Position::Rows(last)),
                    (None, _) => (Vec::new(), Position::Checkpoints(after)),
                }
            }
            (Position::Checkpoints(last), Format::Jsonl) => {
                let newest = Limit::try_from(200).unwrap_or_default();
                // None from beyond the last row: a reader would take the rows up to it for cut off.
                let (checkpoints, _) = audit::checkpoints(&mut *pool.get().await?, newest, Some(last + 1)).await?;
                (lines(checkpoints.into_iter().map(|checkpoint| Line::Checkpoint { checkpoint })), Position::End)
            }
            (Position::Checkpoints(_), Format::Csv) | (Position::End, _) => return Ok(None),
        };
        Ok(Some((Bytes::from(part), (pool, filter, next))))
    })
}

fn lines(lines: impl Iterator<Item = Line>) -> Vec<u8> {
    // What the database gave always has a JSON form.
    lines.flat_map(|line| [serde_json::to_vec(&line).unwrap_or_default(), b"\n".to_vec()].concat()).collect()
}

const COLUMNS: [&str; 12] = [
    "position",
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "resource_kind",
    "resource_id",
    "address",
    "request_id",
    "detail",
    "hash",
];

fn head() -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_record(COLUMNS);
    writer.into_inner().unwrap_or_default()
}

fn table(links: &[Link]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for link in links {
        let fields = COLUMNS.map(|column| match column {
            "position" => link.position.map(|position| position.to_string()).unwrap_or_default(),
            "hash" => link.hash.map(|hash| hash.to_string()).unwrap_or_default(),
            column => match &link.record[column] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => inert(text),
                other => other.to_string(),
            },
        });
        // Writing to memory does not fail.
        let _ = writer.write_record(fields);
    }
    writer.into_inner().unwrap_or_default()
}

/// Keeps a spreadsheet from taking a text for a formula.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn no_text_becomes_a_formula() {
        assert_eq!(inert("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(inert("web.publish"), "web.publish");
    }
}
