//! JSON Schema (2020-12) of a workflow type's inputs.
//!
//! A schema is complete in itself, and checking against it is bounded: references lead to parts of the same schema and
//! never back, and patterns are regular expressions that take linear time.

use std::collections::BTreeMap;

use jsonschema::PatternOptions;
use serde_json::Value;

use crate::definition::Fault;
use crate::template::place;

/// The longest schema, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting.
const MAX_DEPTH: usize = 32;
/// How many parts a schema may have once each reference is replaced by what it leads to.
const MAX_PARTS: usize = 10_000;
/// The largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 2 * 1024 * 1024;
/// The only dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Keywords that make references hard to follow.
const REFUSED: [&str; 5] = ["$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$vocabulary"];

/// Tells what is wrong with a schema, by JSON Pointer into it.
pub fn faults(schema: &Value) -> Vec<Fault> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return vec![("/type".to_owned(), "must be \"object\": inputs have names".to_owned())];
    }
    if schema.to_string().len() > MAX_BYTES {
        return vec![(String::new(), format!("must have at most {MAX_BYTES} bytes"))];
    }
    let mut reader = Reader { root: schema, open: Vec::new(), parts: BTreeMap::new(), faults: Vec::new() };
    let parts = reader.count(schema, "", MAX_DEPTH);
    if reader.faults.is_empty() && parts > MAX_PARTS {
        let fault = format!("has more than {MAX_PARTS} parts, counting what each reference leads to");
        reader.faults.push((String::new(), fault));
    }
    if reader.faults.is_empty()
        && let Err(fault) = compile(schema)
    {
        reader.faults.push(fault);
    }
    reader.faults
}

/// Checks inputs against a schema; each fault with its place in the inputs.
pub fn violations(schema: &Value, inputs: &Value) -> Vec<Fault> {
    match compile(schema) {
        Ok(validator) => {
            validator.iter_errors(inputs).map(|error| (error.instance_path().to_string(), error.to_string())).collect()
        }
        Err((_, fault)) => vec![(String::new(), fault)],
    }
}

fn compile(schema: &Value) -> Result<jsonschema::Validator, Fault> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
        .build(schema)
        .map_err(|error| (error.instance_path().to_string(), format!("is not a usable JSON Schema: {error}")))
}

/// Goes through a schema, and counts its parts.
struct Reader<'a> {
    root: &'a Value,
    /// The references that led here.
    open: Vec<&'a str>,
    /// How many parts each reference leads to, of those that are counted.
    parts: BTreeMap<&'a str, usize>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, at: &str, fault: impl Into<String>) {
        if !self.faults.iter().any(|(other, _)| other == at) {
            self.faults.push((at.to_owned(), fault.into()));
        }
    }

    fn count(&mut self, schema: &'a Value, at: &str, depth: usize) -> usize {
        let Value::Object(keywords) = schema else { return 1 };
        let Some(depth) = depth.checked_sub(1) else {
            self.fault(at, format!("is nested more than {MAX_DEPTH} levels deep"));
            return 1;
        };
        let mut parts = 1_usize;
        for (keyword, value) in keywords {
            let at = place(at, keyword);
            if REFUSED.contains(&keyword.as_str()) || (keyword == "$id" && !std::ptr::eq(schema, self.root)) {
                self.fault(&at, "is not supported: refer to a part of this schema, such as \"#/$defs/name\"");
            }
            let counted = match (keyword.as_str(), value) {
                ("$schema", dialect) if dialect != DIALECT => {
                    self.fault(&at, format!("must be {DIALECT:?}"));
                    0
                }
                ("$ref", Value::String(to)) => self.follow(to, &at, depth),
                ("pattern", Value::String(pattern)) => {
                    self.pattern(pattern, &at);
                    0
                }
                ("enum" | "const" | "default" | "examples", _) => 0,
                ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(named)) => {
                    let mut counted = 0_usize;
                    for (name, part) in named {
                        let at = place(&at, name);
                        if keyword == "patternProperties" {
                            self.pattern(name, &at);
                        }
                        counted = counted.saturating_add(self.count(part, &at, depth));
                    }
                    counted
                }
                (_, Value::Array(items)) => {
                    let items = items.iter().enumerate();
                    items.fold(0_usize, |sum, (index, item)| {
                        sum.saturating_add(self.count(item, &format!("{at}/{index}"), depth))
                    })
                }
                (_, part @ Value::Object(_)) => self.count(part, &at, depth),
                _ => 0,
            };
            parts = parts.saturating_add(counted);
        }
        parts
    }

    fn follow(&mut self, to: &'a str, at: &str, depth: usize) -> usize {
        if self.open.contains(&to) || to == "#" {
            self.fault(at, "leads back to where it stands: inputs have a fixed depth");
            return 0;
        }
        if let Some(parts) = self.parts.get(to) {
            return *parts;
        }
        let Some(target) = to.strip_prefix("#/").and_then(|_| self.root.pointer(&to[1..])) else {
            self.fault(at, "must lead to a part of this schema, such as \"#/$defs/name\"");
            return 0;
        };
        self.open.push(to);
        let parts = self.count(target, &to[1..], depth);
        self.open.pop();
        self.parts.insert(to, parts);
        parts
    }

    fn pattern(&mut self, pattern: &str, at: &str) {
        // As part of a schema, so that it is translated as it will be when inputs are checked.
        if compile(&serde_json::json!({"type": "string", "pattern": pattern})).is_err() {
            let fault = "must be a regular expression that is not too large, without look-around and back-references: \
                         those may take for ever";
            self.fault(at, fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::*;

    #[test]
    fn a_violation_is_named_with_its_place() {
        let schema = json!({
            "type": "object", "required": ["title"], "additionalProperties": false,
            "properties": {"title": {"type": "string", "maxLength": 5}, "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}}},
            "$defs": {"tag": {"type": "string"}},
        });
        assert_eq!(faults(&schema), []);
        assert_eq!(violations(&schema, &json!({"title": "short"})), []);
        let found = violations(&schema, &json!({"title": "far too long", "tags": ["a", 1]}));
        let places: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(places, ["/tags/1", "/title"]);
    }

    fn with(name: &str, schema: Value) -> Value {
        let mut whole =
            json!({"type": "object", "$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/b"}}}, "b": {}}});
        whole["properties"] = json!({name: schema});
        whole
    }

    #[test]
    fn what_is_no_schema_is_refused_with_the_place() {
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({"items": deep});
        }
        for (schema, place) in [
            (json!({}), "/type"),
            (json!({"type": "array"}), "/type"),
            (json!({"type": "object", "properties": 7}), "/properties"),
            (json!({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema"),
            (json!({"type": "object", "description": "x".repeat(70_000)}), ""),
            (with("x", json!({"type": "text"})), "/properties/x/type"),
            (with("x", json!({"minLength": -1})), "/properties/x/minLength"),
            (with("x", json!({"$ref": "https://example.com/schema.json"})), "/properties/x/$ref"),
            (with("x", json!({"$ref": "other.json#/a"})), "/properties/x/$ref"),
            (with("x", json!({"$ref": "#/$defs/c"})), "/properties/x/$ref"),
            (with("x", json!({"$ref": "#anchor"})), "/properties/x/$ref"),
            (with("x", json!({"$dynamicRef": "#a"})), "/properties/x/$dynamicRef"),
            (with("x", json!({"$id": "https://example.com/"})), "/properties/x/$id"),
            (with("x", json!({"items": {"$ref": "#"}})), "/properties/x/items/$ref"),
            (with("x", json!({"items": {"$ref": "#/properties/x"}})), "/properties/x/items/$ref"),
            (with("x", json!({"pattern": "("})), "/properties/x/pattern"),
            (with("x", json!({"pattern": "^(?=a)a"})), "/properties/x/pattern"),
            (with("x", json!({"pattern": r"(a)\1"})), "/properties/x/pattern"),
            (with("x", json!({"pattern": "((a{100}){100}){100}"})), "/properties/x/pattern"),
            (with("x", json!({"patternProperties": {"(": {}}})), "/properties/x/patternProperties/("),
        ] {
            let places: Vec<_> = faults(&schema).into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, [place], "{schema}");
        }
        assert!(faults(&with("x", deep))[0].1.contains("32 levels"));
        for good in
            [json!({"$ref": "#/$defs/a"}), json!({"pattern": "^[A-Z]{2}-\\d+$"}), json!({"const": {"$ref": "x"}})]
        {
            assert_eq!(faults(&with("$ref", good.clone())), [], "{good}");
        }
    }

    #[test]
    fn references_do_not_multiply_without_end() {
        let mut doubling = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": {"d40": {}}});
        for level in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            doubling["$defs"][format!("d{level}")] = json!({"anyOf": [next, next]});
        }
        let before = Instant::now();
        assert!(faults(&doubling)[0].1.contains("levels") || faults(&doubling)[0].1.contains("parts"));
        assert!(before.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let schema = with("x", json!({"type": "string", "pattern": "^(a+)+$"}));
        assert_eq!(faults(&schema), []);
        let before = Instant::now();
        let hostile = json!({"x": format!("{}!", "a".repeat(100_000))});
        assert_eq!(violations(&schema, &hostile).len(), 1);
        assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    }
}
