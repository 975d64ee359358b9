//! JSON Schema (2020-12) of a workflow type's inputs.

use serde_json::Value;

use crate::definition::Fault;

/// Tells what is wrong with a schema, if anything.
pub fn fault(schema: &Value) -> Option<String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Some("must be a JSON Schema with \"type\": \"object\"".to_owned());
    }
    compile(schema).err()
}

/// Checks inputs against a schema; each fault with its place in the inputs.
pub fn violations(schema: &Value, inputs: &Value) -> Vec<Fault> {
    match compile(schema) {
        Ok(validator) => {
            validator.iter_errors(inputs).map(|error| (error.instance_path().to_string(), error.to_string())).collect()
        }
        Err(fault) => vec![(String::new(), fault)],
    }
}

/// Remote references are not followed: a schema is complete in itself.
fn compile(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("is not a usable JSON Schema: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_violation_is_named_with_its_place() {
        let schema = json!({
            "type": "object", "required": ["title"], "additionalProperties": false,
            "properties": {"title": {"type": "string", "maxLength": 5}, "tags": {"type": "array", "items": {"type": "string"}}},
        });
        assert_eq!(fault(&schema), None);
        assert_eq!(violations(&schema, &json!({"title": "short"})), []);
        let found = violations(&schema, &json!({"title": "far too long", "tags": ["a", 1]}));
        let places: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(places, ["/tags/1", "/title"]);
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for bad in [
            json!({}),
            json!({"type": "array"}),
            json!({"type": "object", "properties": 7}),
            json!({"type": "object", "$ref": "https://example.com/schema.json"}),
        ] {
            assert!(fault(&bad).is_some(), "{bad}");
        }
    }
}
