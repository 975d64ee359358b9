//! How two versions of a policy or of a workflow type differ, for people.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::template::place;

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

/// How much of a value a sentence shows, in characters.
const SHOWN: usize = 200;

/// Everything that differs between two JSON objects, by place. Lists of things with names are compared by name, other
/// lists as a whole: what one holds more, or less, the sentence says.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&Place::default(), before, after, &mut changes);
    changes
}

/// A place in a document, for programs and for people.
#[derive(Clone, Default)]
struct Place {
    pointer: String,
    words: Vec<String>,
}

impl Place {
    fn field(&self, name: &str) -> Self {
        Self { pointer: place(&self.pointer, name), words: self.with(name.replace('_', " ")) }
    }

    fn item(&self, index: usize, name: &str) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), words: self.with(name.to_owned()) }
    }

    fn with(&self, word: String) -> Vec<String> {
        self.words.iter().cloned().chain([word]).collect()
    }
}

fn compare(at: &Place, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    if let (Some(old), Some(new)) = (named(before), named(after)) {
        compare_named(at, &old, &new, changes);
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        changes.push(change(at, Some(before), Some(after)));
        return;
    };
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let at = at.field(name);
        match (old.get(name), new.get(name)) {
            (Some(before), Some(after)) => compare(&at, before, after, changes),
            (before, after) => changes.push(change(&at, before, after)),
        }
    }
}

/// The items of a list of things that have names, each another one.
fn named(list: &Value) -> Option<Vec<(&str, &Value)>> {
    let items = list.as_array()?.iter();
    let items: Vec<_> = items.map(|item| Some((item.get("name")?.as_str()?, item))).collect::<Option<_>>()?;
    let names: BTreeSet<_> = items.iter().map(|(name, _)| name).collect();
    (!items.is_empty() && names.len() == items.len()).then_some(items)
}

fn compare_named(at: &Place, old: &[(&str, &Value)], new: &[(&str, &Value)], changes: &mut Vec<Change>) {
    let find = |items: &[(&str, &Value)], name: &str| items.iter().position(|(other, _)| *other == name);
    for (index, (name, before)) in old.iter().enumerate() {
        if find(new, name).is_none() {
            changes.push(change(&at.item(index, name), Some(before), None));
        }
    }
    for (index, (name, after)) in new.iter().enumerate() {
        let at = at.item(index, name);
        match find(old, name) {
            Some(was) => compare(&at, old[was].1, after, changes),
            None => changes.push(change(&at, None, Some(after))),
        }
    }
    let order = |items: &[(&str, &Value)], other: &[(&str, &Value)]| -> Vec<String> {
        items.iter().filter(|(name, _)| find(other, name).is_some()).map(|(name, _)| (*name).to_owned()).collect()
    };
    let (was, is) = (order(old, new), order(new, old));
    if was != is {
        let sentence = format!("{} come in another order: {}", at.words.join(", "), is.join(", "));
        let (before, after) = (Some(json!(was)), Some(json!(is)));
        changes.push(Change { pointer: at.pointer.clone(), before, after, sentence });
    }
}

fn change(at: &Place, before: Option<&Value>, after: Option<&Value>) -> Change {
    let what = at.words.join(", ");
    let sentence = match (before, after) {
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let missing = |list: &[Value], other: &[Value]| {
                let missing: Vec<_> = list.iter().filter(|item| !other.contains(item)).map(show).collect();
                missing.join(", ")
            };
            match (missing(new, old), missing(old, new)) {
                (added, removed) if added.is_empty() && removed.is_empty() => format!("{what} come in another order"),
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
    Change { pointer: at.pointer.clone(), before: before.cloned(), after: after.cloned(), sentence }
}

fn show(value: &Value) -> String {
    let whole = match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    match whole.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ...", &whole[..end]),
        None => whole,
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

    #[test]
    fn things_with_names_are_compared_by_name() {
        let step = |name: &str, template: &str| json!({"name": name, "with": {"template": template}});
        let before = json!({"steps": [step("page", "a"), step("old", "b"), step("mail", "c")]});
        let after = json!({"steps": [step("mail", "c"), step("page", &"d".repeat(300)), step("new", "e")]});
        let told: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| format!("{} - {}", change.pointer, change.sentence))
            .collect();
        assert_eq!(
            told,
            [
                r#"/steps/1 - steps, old is gone; it was {"name":"old","with":{"template":"b"}}"#.to_owned(),
                format!(
                    "/steps/1/with/template - steps, page, with, template changed from a to {} ...",
                    "d".repeat(200)
                ),
                r#"/steps/2 - steps, new is new: {"name":"new","with":{"template":"e"}}"#.to_owned(),
                "/steps - steps come in another order: mail, page".to_owned(),
            ]
        );
        let reordered = changes(&json!({"required": ["a", "b"]}), &json!({"required": ["b", "a"]}));
        assert_eq!(reordered[0].sentence, "required come in another order");
    }
}
