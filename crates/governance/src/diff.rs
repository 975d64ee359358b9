//! How two policies differ, for people.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One place where two documents differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// Where (RFC 6901).
    pub pointer: String,
    /// What stood there; none where there was nothing.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// What stands there; none where there is nothing.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The same as a sentence.
    pub sentence: String,
}

/// Everything that differs between two JSON objects, by place. Lists are compared as a whole: what one holds more, or
/// less, the sentence says.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(pointer: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        changes.push(change(pointer, Some(before), Some(after)));
        return;
    };
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (old.get(name), new.get(name)) {
            (Some(before), Some(after)) => compare(&at, before, after, changes),
            (before, after) => changes.push(change(&at, before, after)),
        }
    }
}

fn change(pointer: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    let what = pointer.trim_start_matches('/').replace('/', ", ").replace('_', " ");
    let sentence = match (before, after) {
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let missing = |list: &[Value], other: &[Value]| {
                let missing: Vec<_> = list.iter().filter(|item| !other.contains(item)).map(show).collect();
                missing.join(", ")
            };
            match (missing(new, old), missing(old, new)) {
                (added, removed) if removed.is_empty() => format!("{what}: {added} added"),
                (added, removed) if added.is_empty() => format!("{what}: {removed} removed"),
                (added, removed) => format!("{what}: {added} added, {removed} removed"),
            }
        }
        (Some(old), Some(new)) => format!("{what} changed from {} to {}", show(old), show(new)),
        (None, Some(new)) => format!("{what} is new: {}", show(new)),
        (Some(old), None) => format!("{what} is gone; it was {}", show(old)),
        (None, None) => String::new(),
    };
    Change { pointer: pointer.to_owned(), before: before.cloned(), after: after.cloned(), sentence }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_is_a_sentence_with_its_place() {
        let before = json!({
            "decision_rule": {"kind": "approvals", "required": 2}, "chair_veto": false,
            "review_actions": ["web.*", "shop.*"], "review_threshold_weekly_savings": null,
        });
        let after = json!({
            "decision_rule": {"kind": "unanimous"}, "chair_veto": false,
            "review_actions": ["*", "shop.*"], "review_threshold_weekly_savings": "100.00",
        });
        let told: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| format!("{} - {}", change.pointer, change.sentence))
            .collect();
        assert_eq!(
            told,
            [
                "/decision_rule/kind - decision rule, kind changed from approvals to unanimous",
                "/decision_rule/required - decision rule, required is gone; it was 2",
                "/review_actions - review actions: * added, web.* removed",
                "/review_threshold_weekly_savings - review threshold weekly savings changed from none to 100.00",
            ]
        );
        assert_eq!(changes(&before, &before), []);
    }
}
