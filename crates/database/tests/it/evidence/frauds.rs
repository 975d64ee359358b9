//! Documents that somebody made up with care, and without the key.

use database::audit::{CheckpointKey, PublicKey};
use governance::digest::Digest;
use serde_json::{Value, json};

use super::scenes::Scene;
use super::{check, key};

/// What is wrong, by the place where it was seen.
fn fault(document: &Value, key: &PublicKey) -> String {
    match check(document, key) {
        Ok(verdict) => panic!("nobody saw it:\n{verdict}"),
        Err(fault) => fault.to_string(),
    }
}

fn act_of(document: &Value, action: &str) -> usize {
    let rows = document["audit"].as_array().expect("rows");
    rows.iter().position(|row| row["record"]["action"] == action).unwrap_or_else(|| panic!("no {action}"))
}

/// Makes the hash of a row right again, after it was changed.
fn rehash(row: &mut Value) {
    let previous = row["previous_hash"].as_str().map_or(Digest::ZERO, |hash| hash.parse().expect("a digest"));
    row["hash"] = json!(Digest::chained(previous, &row["record"]));
}

fn take_the_seal_off(row: &mut Value) {
    for field in ["position", "previous_hash", "hash", "proof"] {
        row[field] = Value::Null;
    }
}

#[tokio::test]
async fn an_altered_row_whose_hash_was_made_again_is_not_in_the_log() {
    let mut document = Scene::completed().await.evidence().await;
    let vote = act_of(&document, "vote.cast");
    document["audit"][vote]["record"]["detail"]["vote"] = json!("approve");
    assert_eq!(
        fault(&document, &key()),
        format!("/audit/{vote}: was altered after it was sealed: its hash is another")
    );
    rehash(&mut document["audit"][vote]);
    let said = fault(&document, &key());
    assert!(said.starts_with(&format!("/audit/{vote}")), "{said}");
}

#[tokio::test]
async fn a_row_that_was_left_out_leaves_a_gap() {
    let document = Scene::completed().await.evidence().await;
    // The rejection that was taken back: nothing else in the document tells of it.
    let rejection = act_of(&document, "vote.cast");
    assert_eq!(document["audit"][rejection]["record"]["detail"]["vote"], "reject");
    let mut without = document.clone();
    without["audit"].as_array_mut().expect("rows").remove(rejection);
    let said = fault(&without, &key());
    assert!(said.contains("rows were left out"), "{said}");
}

#[tokio::test]
async fn a_seal_that_was_taken_off_is_missed() {
    let document = Scene::completed().await.evidence().await;
    let mut bare = document.clone();
    take_the_seal_off(&mut bare["audit"][1]);
    let said = fault(&bare, &key());
    assert!(said.contains("/audit/1: is less well kept than the rows after it"), "{said}");
    // All of them: it holds together, but the check tells that nothing vouches for it.
    for row in bare["audit"].as_array_mut().expect("rows") {
        take_the_seal_off(row);
    }
    bare["checkpoints"] = json!([]);
    let verdict = check(&bare, &key()).expect("holds together");
    assert!(!verdict.complete && verdict.to_string().contains("are not sealed yet"), "{verdict}");
}

#[tokio::test]
async fn a_checkpoint_of_another_key_is_refused() {
    let document = Scene::begun().await.evidence().await;
    let other = pem::Pem::new("PRIVATE KEY", [&hex::decode(PKCS8).expect("digits")[..], &[7; 32]].concat());
    let other = CheckpointKey::of_pem(&pem::encode(&other)).expect("a key");
    let said = fault(&document, &other.public());
    assert!(said.starts_with("/checkpoints/0: is not signed by the expected key"), "{said}");

    // Whoever rewrites the log signs it with a key of their own.
    let mut forged = document.clone();
    let hashes: Vec<Digest> = serde_json::from_value(
        document["audit"].as_array().expect("rows").iter().map(|row| row["hash"].clone()).collect(),
    )
    .expect("digests");
    forged["checkpoints"] = json!([other.sign(1, &hashes)]);
    let said = fault(&forged, &key());
    assert!(said.starts_with("/checkpoints/0: is not signed by the expected key"), "{said}");
}

const PKCS8: &str = "302e020100300506032b657004220420";

/// Claims an approval that one vote of two does not give, by rows that nobody has sealed yet.
#[tokio::test]
async fn an_approval_with_too_few_votes_does_not_follow() {
    let document = Scene::begun().await.evidence().await;
    let approved = Scene::completed().await.evidence().await;
    let mut forged = document.clone();
    let electorate = json!({
        "seats": {document["votes"][0]["voter"]["id"].as_str().expect("an id"): "member"}, "admins": [], "excluded": [],
    });
    let tally = json!({"approve": 1, "reject": 0, "abstain": 0, "seats": 1});
    let rows = forged["audit"].as_array_mut().expect("rows");
    for action in ["workflow.review_decided", "workflow.approved"] {
        let mut row = approved["audit"][act_of(&approved, action)].clone();
        take_the_seal_off(&mut row);
        row["record"]["sequence"] = json!(rows.len() + 1);
        row["record"]["resource_id"] = document["workflow"]["id"].clone();
        if action == "workflow.approved" {
            row["record"]["detail"]["digest"] = document["workflow"]["digest"].clone();
        } else {
            row["record"]["detail"]["tally"] = tally.clone();
            row["record"]["detail"]["electorate_digest"] = json!(Digest::of_json(&electorate));
        }
        rows.push(row);
    }
    let decided_at = forged["audit"][2]["record"]["at"].clone();
    forged["workflow"]["status"] = json!("approved");
    forged["reviews"][0]["outcome"] = json!("approved");
    forged["reviews"][0]["decided_at"] = decided_at;
    forged["reviews"][0]["electorate"] = electorate;
    let said = fault(&forged, &key());
    assert!(
        said.contains("/reviews/0/outcome: does not follow from the policy, the electorate and the votes"),
        "{said}"
    );
}

/// A step that asks councils, done without their answer: by rows that nobody has sealed yet.
#[tokio::test]
async fn a_step_that_asks_is_not_done_without_an_answer() {
    let document = Scene::asked().await.evidence().await;
    // What came before the question is as it was; the run then goes on at once.
    let asked = act_of(&document, "workflow.asked");
    let going_on = |name: &str| {
        let rows = document["audit"].as_array().expect("rows").iter();
        let mut found =
            rows.filter(|row| row["record"]["action"] == name && row["record"]["detail"]["step"] == "sign_off");
        found.next().expect(name).clone()
    };
    let mut forged = document.clone();
    let rows = forged["audit"].as_array_mut().expect("rows");
    rows.truncate(asked);
    let mut done = going_on("step.completed");
    take_the_seal_off(&mut done);
    done["record"]["sequence"] = json!(asked + 1);
    rows.push(done);
    let said = fault(&forged, &key());
    assert!(said.contains(&format!("/audit/{asked}: is of a step that asks, and has not")), "{said}");

    // Asked, and answered by nobody.
    let mut forged = document.clone();
    let rows = forged["audit"].as_array_mut().expect("rows");
    rows.truncate(asked + 1);
    for action in ["workflow.approved", "workflow.started"] {
        let mut row = document["audit"]
            .as_array()
            .expect("rows")
            .iter()
            .rfind(|row| row["record"]["action"] == action)
            .expect(action)
            .clone();
        take_the_seal_off(&mut row);
        row["record"]["sequence"] = json!(rows.len() + 1);
        rows.push(row);
    }
    let said = fault(&forged, &key());
    assert!(said.contains("approves what its councils had not all approved"), "{said}");
}

/// A policy that would have let it through is not the one that the record has the digest of.
#[tokio::test]
async fn another_policy_is_not_the_one_that_was_applied() {
    let mut document = Scene::rejected().await.evidence().await;
    document["policies"][0]["policy"]["chair_veto"] = json!(false);
    let said = fault(&document, &key());
    assert_eq!(said, "/policies/0/policy: is not the policy that the record has the digest of");
}

/// Rows of another workflow prove nothing of this one.
#[tokio::test]
async fn rows_of_another_workflow_are_refused() {
    let scene = Scene::begun().await;
    let mut document = scene.evidence().await;
    let second = scene.world.propose("web.render", json!({"n": 3})).await;
    let other = Scene { world: scene.world, workflow: second }.evidence().await;
    document["audit"] = other["audit"].clone();
    document["checkpoints"] = other["checkpoints"].clone();
    let said = fault(&document, &key());
    assert!(said.starts_with("/audit/0: is not about workflow"), "{said}");
}
