//! Structs read off JSON objects, and off nothing else.
//!
//! What serde derives for a struct takes its fields from an array, too, in their order. Nobody means that, and no schema
//! says it. [`crate::http::Body`] sees to it for a body; a struct within one names a function of this module in
//! `#[serde(deserialize_with)]`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads one struct.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object(PhantomData).deserialize(deserializer)
}

/// Reads an array of structs.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Objects(PhantomData))
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Object<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(Object(PhantomData))? {
            read.push(item);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind")]
    enum Rule {
        All,
        Some { of: u8 },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Policy {
        #[serde(deserialize_with = "object")]
        rule: Rule,
        #[serde(default, deserialize_with = "objects")]
        others: Vec<Rule>,
    }

    #[test]
    fn the_fields_of_a_struct_are_taken_from_an_object_only() {
        let read = |json: &str| serde_json::from_str::<Policy>(json).map_err(|error| error.to_string());
        let good = r#"{"rule": {"of": 2, "kind": "Some"}, "others": [{"kind": "All"}]}"#;
        assert_eq!(read(good), Ok(Policy { rule: Rule::Some { of: 2 }, others: vec![Rule::All] }));
        for bad in [r#"{"rule": ["All"]}"#, r#"{"rule": {"kind": "All"}, "others": [["Some", 2]]}"#] {
            let error = read(bad).expect_err("an array");
            assert!(error.starts_with("invalid type: sequence, expected an object"), "{error}");
        }
    }
}
