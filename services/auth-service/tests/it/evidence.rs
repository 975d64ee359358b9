//! `audit verify-evidence`, as whoever gets a document runs it: offline, with nothing but a public key.

use std::io::Write;
use std::process::{Output, Stdio};

use common::http::RequestContext;
use database::governance::cast_vote::{NewVote, cast_vote};
use database::governance::evidence::gather;
use governance::workflow::Vote;
use serde_json::{Value, json};
use testing::{World, checkpoint_key, seal, seal_and_sign};

use crate::{program, text};

/// A workflow that one of two has approved, and its evidence.
async fn evidence(world: &World) -> Value {
    let steps = json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}]);
    world.add_type("web.render", steps).await;
    let workflow = world.propose("web.render", json!({"title": "Hello"})).await;
    let council = "web-team".parse().expect("an id");
    let new = NewVote { council: &council, workflow, vote: Vote::Reject, comment: None, round: None, digest: None };
    let context = RequestContext { address: Some([203, 0, 113, 5].into()), ..RequestContext::default() };
    for voter in &world.operators[..2] {
        let new = NewVote { council: new.council, ..new };
        cast_vote(&mut world.connect().await, &voter.claims, &context, new).await.expect("votes");
    }
    seal_and_sign(&world.database).await;
    json!(gather(&mut world.connect().await, workflow).await.expect("gathers"))
}

/// Runs the command on a document that it gets on standard input.
fn verify(document: &str, more: &[&str]) -> Output {
    let mut child = program()
        .args([&["audit", "verify-evidence", "-"], more].concat())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs: build the workspace's programs first");
    child.stdin.take().expect("standard input").write_all(document.as_bytes()).expect("takes it");
    child.wait_with_output().expect("ends")
}

/// An answer, with words for what is different in every run.
fn without_what_differs(said: &str, evidence: &Value) -> String {
    let last = evidence["audit"].as_array().and_then(|rows| rows.last()).expect("a row");
    let time = |at: &Value| {
        let at: chrono::DateTime<chrono::Utc> = at.as_str().and_then(|at| at.parse().ok()).expect("a time");
        at.to_rfc3339()
    };
    let position = format!("position {}", evidence["checkpoints"][0]["position"]);
    let plain = |value: &Value| value.as_str().expect("text").to_owned();
    let words = [
        (plain(&evidence["workflow"]["id"]), "[workflow]"),
        (plain(&evidence["workflow"]["proposed_by"]["id"]), "[agent]"),
        (plain(&evidence["workflow"]["digest"]), "[digest]"),
        (position, "position [n]"),
        (time(&evidence["checkpoints"][0]["signed_at"]), "[then]"),
        (time(&last["record"]["at"]), "[last]"),
    ];
    words.iter().fold(said.to_owned(), |said, (differs, word)| said.replace(differs, word))
}

#[tokio::test]
async fn evidence_is_verified_offline_and_the_answer_is_in_plain_words() {
    let world = World::new().await;
    let evidence = evidence(&world).await;
    let (document, key) = (evidence.to_string(), checkpoint_key().public().to_string());
    let output = verify(&document, &["--public-key", &key, "--complete"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    insta::assert_snapshot!(without_what_differs(&text(&output), &evidence));

    // From a file it is the same.
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(document.as_bytes()).expect("writes");
    let path = file.path().to_str().expect("a path");
    let from_file = program().args(["audit", "verify-evidence", path, "--public-key", &key]).env_clear().output();
    assert_eq!(text(&from_file.expect("runs")), text(&output));
}

#[tokio::test]
async fn what_does_not_hold_is_named_and_the_command_fails() {
    let world = World::new().await;
    let document = evidence(&world).await;
    let key = checkpoint_key().public().to_string();
    let refused = |document: &Value, key: &str| {
        let output = verify(&document.to_string(), &["--public-key", key]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        text(&output)
    };
    let mut changed = document.clone();
    changed["votes"][0]["vote"] = json!("approve");
    let said = refused(&changed, &key);
    assert!(said.contains("/votes/0/vote: is not what /audit/1 says, which is \"reject\""), "{said}");
    let mut changed = document.clone();
    changed["proposal"]["inputs"]["title"] = json!("Hallo");
    let said = refused(&changed, &key);
    assert!(said.contains("/workflow/digest: is not the digest of the proposal"), "{said}");
    let mut changed = document.clone();
    changed["verdict"] = json!("all is well");
    let said = refused(&changed, &key);
    assert!(said.contains("this is not the evidence of a workflow") && said.contains("verdict"), "{said}");
    let said = refused(&json!([]), &key);
    assert!(said.contains("this is not the evidence of a workflow"), "{said}");
    let other = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let said = refused(&document, other);
    assert!(said.contains("/checkpoints/0: is not signed by the expected key"), "{said}");
}

/// What is not signed for yet holds, and the command says so; who needs all of it proved asks for that.
#[tokio::test]
async fn what_is_not_signed_for_yet_is_told_and_fails_where_all_is_asked_for() {
    let world = World::new().await;
    evidence(&world).await;
    let second = world.propose("web.render", json!({"title": "Again"})).await;
    seal(&world.database).await;
    let document = json!(gather(&mut world.connect().await, second).await.expect("gathers")).to_string();
    let key = checkpoint_key().public().to_string();
    let output = verify(&document, &["--public-key", &key]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 row(s) are sealed, but no checkpoint is over them yet"), "{}", text(&output));
    let output = verify(&document, &["--public-key", &key, "--complete"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    // Without a key, nobody can tell who signed.
    assert!(text(&verify(&document, &[])).contains("give the public key, from a source that you trust"));
}
