//! Every field of real documents, changed one after the other.

use database::governance::evidence::{Evidence, NOT_COVERED};
use serde::Deserialize;
use serde_json::{Value, json};

use super::scenes::Scene;
use super::{check, key};

/// Every place in a document, as a JSON Pointer.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, child)| (escape(name), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let place = format!("{at}/{name}");
        places(child, place.clone(), found);
        found.push(place);
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Words that may stand where others do.
const WORDS: [&[&str]; 6] = [
    &["approve", "reject", "abstain"],
    &["open", "approved", "rejected", "expired", "escalated", "cancelled"],
    &["pending_review", "queued", "running", "completed", "failed", "rejected", "expired", "cancelled", "blocked"],
    &["pending", "running", "completed", "failed", "skipped"],
    &["review", "policy", "mandate", "break_glass", "blocked"],
    &["approval", "ratification"],
];

/// Other values that could stand at a place; null, too.
fn others(value: &Value) -> Vec<Value> {
    let digest = "ab".repeat(32);
    let mut others = match value {
        Value::Null => vec![
            json!("x"),
            json!(1),
            json!(digest),
            json!("01900000-0000-7000-8000-000000000000"),
            json!("2026-11-24T10:00:00Z"),
            json!("203.0.113.7"),
            json!({}),
        ],
        Value::Bool(value) => vec![json!(!value)],
        Value::Number(number) => {
            let number = number.as_f64().expect("a number");
            #[expect(clippy::cast_possible_truncation, reason = "the numbers of documents are small")]
            let whole = number as i64;
            vec![json!(whole + 1), json!(whole - 1)]
        }
        Value::String(text) => {
            let flip = |change: fn(char) -> char| {
                let mut chars: Vec<_> = text.chars().collect();
                if let Some(first) = chars.first_mut() {
                    *first = change(*first);
                }
                json!(chars.into_iter().collect::<String>())
            };
            let mut others = vec![
                flip(|first| if first == '1' { '2' } else { '1' }),
                flip(|first| if first == '3' { '0' } else { '3' }),
                json!(format!("{text}x")),
            ];
            let words = WORDS.iter().filter(|words| words.contains(&text.as_str())).flat_map(|words| words.iter());
            others.extend(words.filter(|word| *word != text).map(|word| json!(word)));
            others
        }
        Value::Array(items) => {
            let mut others = vec![json!([])];
            for index in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(index);
                let mut more = items.clone();
                more.insert(index, items[index].clone());
                others.extend([Value::Array(fewer), Value::Array(more)]);
            }
            others
        }
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert("more".to_owned(), json!(1));
            let mut others = vec![json!({}), Value::Object(more)];
            for name in fields.keys() {
                let mut fewer = fields.clone();
                fewer.remove(name);
                others.push(Value::Object(fewer));
            }
            others
        }
    };
    others.push(Value::Null);
    others
}

fn is_listed(place: &str) -> bool {
    NOT_COVERED.iter().any(|pattern| {
        let (pattern, place): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), place.split('/').collect());
        pattern.len() <= place.len() && pattern.iter().zip(&place).all(|(want, is)| *want == "*" || want == is)
    })
}

/// What a document says, however it says it: none when it is no document.
fn meaning(document: &Value) -> Option<Value> {
    Evidence::deserialize(document).ok().map(|evidence| json!(evidence))
}

/// Changes everything in a document, and returns how many changes were found.
fn tamper(document: &Value) -> usize {
    tamper_where(document, |_| true)
}

/// The same, of all but the workflow's rows: the change of one is found in every document in the same way.
fn tamper_but_rows(document: &Value) -> usize {
    tamper_where(document, |place| !place.starts_with("/audit/"))
}

fn tamper_where(document: &Value, wanted: impl Fn(&str) -> bool) -> usize {
    let key = key();
    check(document, &key).expect("holds as it is");
    let mut all = Vec::new();
    places(document, String::new(), &mut all);
    let (said, mut found, mut covered) = (meaning(document), 0, 0);
    let mut tampered = document.clone();
    for place in all.into_iter().filter(|place| wanted(place)) {
        let original = document.pointer(&place).expect("a place");
        // A row is under one hash: any change of it is as good as another.
        let enough = if place.contains("/record/") { 1 } else { usize::MAX };
        for other in others(original).into_iter().filter(|other| other != original).take(enough) {
            *tampered.pointer_mut(&place).expect("a place") = other.clone();
            match check(&tampered, &key) {
                Err(_) => found += 1,
                Ok(_) if is_listed(&place) => covered += 1,
                Ok(_) if meaning(&tampered) == said => {}
                Ok(verdict) => panic!("{place}: {original} became {other}, and nobody saw it:\n{verdict}"),
            }
        }
        *tampered.pointer_mut(&place).expect("a place") = original.clone();
    }
    assert!(covered > 0, "what is listed as not covered can be changed");
    found
}

#[tokio::test]
async fn every_change_of_the_evidence_of_a_run_is_found() {
    let found = tamper(&Scene::completed().await.evidence().await);
    assert!(found > 1000, "{found} changes were found");
    eprintln!("{found} changes were found");
}

#[tokio::test]
async fn every_change_of_the_evidence_of_a_retried_run_is_found() {
    tamper_but_rows(&Scene::retried().await.evidence().await);
}

#[tokio::test]
async fn every_change_of_the_evidence_of_a_vote_mid_run_is_found() {
    tamper_but_rows(&Scene::asked().await.evidence().await);
    tamper_but_rows(&Scene::asked_and_rejected().await.evidence().await);
}

#[tokio::test]
async fn every_change_of_the_evidence_of_a_mandate_is_found() {
    tamper_but_rows(&Scene::by_mandate().await.evidence().await);
    tamper_but_rows(&Scene::conditional(true, &["other"], &["branch", "inner", "leaf"]).await.evidence().await);
}

#[tokio::test]
async fn every_change_of_the_evidence_of_a_broken_glass_is_found() {
    tamper_but_rows(&Scene::glass_ratified().await.evidence().await);
}

#[tokio::test]
async fn every_change_of_the_evidence_of_what_never_ran_is_found() {
    for scene in [Scene::blocked().await, Scene::rejected().await, Scene::escalated().await, Scene::moved().await] {
        tamper_but_rows(&scene.evidence().await);
    }
}
