//! What a JSON Schema says about the parts of a value before there is one.

use serde_json::Value;

/// A value that does not exist yet, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// Nothing is known.
    Unknown,
    /// It will fit this part of a schema.
    Described {
        /// The whole schema, for its references.
        root: &'a Value,
        /// The part.
        node: &'a Value,
    },
}

/// Why a value can't have a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lacks<'a> {
    /// It is of a type that has no parts.
    Type(&'a str),
    /// It has others.
    Others(Vec<&'a str>),
}

impl<'a> Shape<'a> {
    /// A value that will fit a schema whose references do not lead back to themselves.
    pub(crate) fn of(schema: &'a Value) -> Self {
        Self::Described { root: schema, node: schema }
    }

    /// A field of the value, unless the schema rules it out.
    pub(crate) fn field(self, name: &str) -> Result<Self, Lacks<'a>> {
        let Self::Described { root, node } = self else { return Ok(Self::Unknown) };
        if let Some(kind) = node.get("type").and_then(Value::as_str).filter(|kind| *kind != "object") {
            return Err(Lacks::Type(kind));
        }
        let properties = node.get("properties").and_then(Value::as_object);
        if let Some(node) = properties.and_then(|properties| properties.get(name)) {
            return Ok(Self::Described { root, node });
        }
        // It speaks of its own properties only, whatever else the schema demands.
        let closed = node.get("additionalProperties") == Some(&Value::Bool(false));
        if closed && node.get("patternProperties").is_none() {
            let names = properties.map(|properties| properties.keys().map(String::as_str).collect());
            return Err(Lacks::Others(names.unwrap_or_default()));
        }
        self.and_by_reference(|shape| shape.field(name))
    }

    /// An item of the value, which is a list.
    pub(crate) fn item(self) -> Self {
        let Self::Described { root, node } = self else { return Self::Unknown };
        match node.get("items") {
            Some(items) if node.get("prefixItems").is_none() => Self::Described { root, node: items },
            _ => self.and_by_reference(|shape| Ok(shape.item())).unwrap_or(Self::Unknown),
        }
    }

    /// Asks the schemas that must hold as well: what one rules out is ruled out.
    fn and_by_reference(self, ask: impl Fn(Self) -> Result<Self, Lacks<'a>>) -> Result<Self, Lacks<'a>> {
        let Self::Described { root, node } = self else { return Ok(Self::Unknown) };
        let referred = node.get("$ref").and_then(Value::as_str).and_then(|to| root.pointer(to.strip_prefix('#')?));
        let all = node.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let mut known = Self::Unknown;
        for node in referred.into_iter().chain(all) {
            let found = ask(Self::Described { root, node })?;
            if matches!(known, Self::Unknown) {
                known = found;
            }
        }
        Ok(known)
    }
}

/// The name among these that was probably meant.
pub(crate) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let distance = |other: &&str| strsim::damerau_levenshtein(name, other);
    names.iter().copied().min_by_key(distance).filter(|other| distance(other) <= 1 + name.len() / 5)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_is_known_open_or_ruled_out() {
        let schema = json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "title": {"type": "string"},
                "open": {"type": "object"},
                "author": {"$ref": "#/$defs/person"},
                "tags": {"type": "array", "items": {"$ref": "#/$defs/person"}},
                "both": {"allOf": [{"type": "object"}, {"$ref": "#/$defs/person"}]},
                "either": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "string"}]},
                "by_pattern": {"type": "object", "patternProperties": {"^x": {}}, "additionalProperties": false},
            },
            "$defs": {"person": {"type": "object", "properties": {"name": {}}, "additionalProperties": false}},
        });
        let inputs = Shape::of(&schema);
        let field = |path: &str| path.split('.').try_fold(inputs, Shape::field).map(|_| ());
        for good in ["title", "open.x.y", "author.name", "author.name.first", "both.name", "either.x", "by_pattern.y"] {
            assert_eq!(field(good), Ok(()), "{good}");
        }
        assert_eq!(field("title.upper"), Err(Lacks::Type("string")));
        for bad in ["author.nam", "both.nam"] {
            assert_eq!(field(bad), Err(Lacks::Others(vec!["name"])), "{bad}");
        }
        assert!(matches!(field("titel"), Err(Lacks::Others(names)) if names.len() == 7));
        let tag = inputs.field("tags").expect("tags").item();
        assert!(tag.field("name").is_ok());
        assert!(tag.field("nam").is_err());
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["title", "amount_in_cents", "x"];
        assert_eq!(nearest("titel", &names), Some("title"));
        assert_eq!(nearest("amount_cents", &names), Some("amount_in_cents"));
        assert_eq!(nearest("recipient", &names), None);
        assert_eq!(nearest("y", &[]), None);
    }
}
