//! Keyset pages: a cursor says where the last page ended, so that a page costs the same at any depth.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many rows a page has: 1 to 200, 50 when not said.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "i64")]
#[schema(value_type = i64, minimum = 1, maximum = 200, default = 50)]
pub struct Limit(i64);

impl Limit {
    /// The number of rows.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for Limit {
    type Error = &'static str;

    fn try_from(rows: i64) -> Result<Self, Self::Error> {
        if (1..=200).contains(&rows) { Ok(Self(rows)) } else { Err("limit must be 1 to 200") }
    }
}

/// The sort key of the last row of a page, opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[serde(bound(deserialize = "K: DeserializeOwned", serialize = "K: Serialize + Clone"))]
#[schema(value_type = String)]
pub struct Cursor<K>(pub K);

impl<K: DeserializeOwned> TryFrom<String> for Cursor<K> {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "cursor must be a next_cursor of an earlier page")?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| "cursor must be a next_cursor of an earlier page")
    }
}

impl<K: Serialize> From<Cursor<K>> for String {
    fn from(cursor: Cursor<K>) -> Self {
        // A key is ids and times: it always has a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor.0).unwrap_or_default())
    }
}

/// Which page of a list: what its query says.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, bound(deserialize = "K: DeserializeOwned"))]
#[into_params(parameter_in = Query)]
pub struct PageQuery<K: utoipa::PartialSchema> {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    pub cursor: Option<Cursor<K>>,
}

impl<K: utoipa::PartialSchema> PageQuery<K> {
    /// The number of rows, and the key after which they begin.
    pub fn into_parts(self) -> (Limit, Option<K>) {
        (self.limit, self.cursor.map(|Cursor(key)| key))
    }
}

/// Cuts the one row too many that a query fetched to learn whether there is a next page, and names where it begins.
pub fn cut<T, K>(rows: &mut Vec<T>, limit: Limit, key: impl Fn(&T) -> K) -> Option<Cursor<K>> {
    let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| Cursor(key(row)))
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Limit, cut};

    #[test]
    fn a_cursor_survives_the_round_trip_and_refuses_garbage() {
        let text = String::from(Cursor((7_i64, "x".to_owned())));
        assert_eq!(Cursor::<(i64, String)>::try_from(text), Ok(Cursor((7, "x".to_owned()))));
        for bad in ["", "!!", "bm90IGpzb24", "e30"] {
            assert!(Cursor::<(i64, String)>::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_has_a_next_one_only_when_rows_are_left() {
        let limit = Limit::try_from(2).unwrap_or_default();
        let mut rows = vec![1, 2, 3];
        assert_eq!(cut(&mut rows, limit, |&row| row), Some(Cursor(2)));
        assert_eq!(rows, [1, 2]);
        assert_eq!(cut(&mut rows, limit, |&row| row), None);
    }
}
