//! The cursor of a list, which clients send back: read, it is written as one that means the same, and what it means can
//! be asked of PostgreSQL.

#![no_main]

use chrono::{DateTime, Utc};
use common::ids::{SecretName, WorkflowId, WorkflowTypeId};
use common::moment::Moment;
use common::page::{Cursor, Limit};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a cursor of this kind of key.
fn read<K: DeserializeOwned + Serialize + Clone + PartialEq + std::fmt::Debug>(text: &str) -> Option<K> {
    let cursor = Cursor::<K>::try_from(text.to_owned()).ok()?;
    let written = String::from(cursor.clone());
    assert_eq!(Cursor::try_from(written.clone()).as_ref(), Ok(&cursor), "{text:?} is written as {written:?}");
    Some(cursor.0)
}

/// Whether PostgreSQL keeps this time: it has its own first and last year, and a time beyond them fails in a query.
fn is_kept(time: DateTime<Utc>) -> bool {
    let first: DateTime<Utc> = "-4712-01-01T00:00:00Z".parse().expect("a time");
    let last: DateTime<Utc> = "+262000-01-01T00:00:00Z".parse().expect("a time");
    (first..last).contains(&time)
}

fuzz_target!(|text: &str| {
    let _ = read::<i64>(text);
    let _ = read::<i32>(text);
    let _ = read::<WorkflowId>(text);
    let names = [read::<SecretName>(text).map(String::from), read::<WorkflowTypeId>(text).map(String::from)];
    for name in names.into_iter().flatten() {
        assert!(!name.contains('\0'), "PostgreSQL knows no text with {name:?}");
    }
    if let Some((at, _)) = read::<(Moment, WorkflowId)>(text) {
        assert!(is_kept(at.get()), "PostgreSQL knows no time {at:?}");
    }
    if let Ok(limit) = text.parse::<i64>().map_err(|_| "").and_then(Limit::try_from) {
        assert!((1..=200).contains(&limit.get()));
    }
});
