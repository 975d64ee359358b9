//! A secret reaches whom it is for, and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::encryption::Encryption;
use common::http::RequestContext;
use common::ids::WorkflowId;
use common::secrets::SecretValue;
use database::governance::evidence;
use database::secrets::{NewSecret, set};
use governance::workflow::WorkflowStatus;
use serde_json::{Value, json};
use std::fmt::Write;
use testing::{Receiver, TestRedis, World};

use crate::worker::{ENCRYPTION_KEY, Worker};

/// It has to be escaped in JSON, in URLs, and in HTML.
const SECRET: &str = "s3cr3t/\"v\u{e4}lue\" + <4> & more";
/// It stands in headers.
const TOKEN: &str = "t0ken/of+headers==";

async fn set_secret(world: &World, name: &str, value: &str) {
    let encryption = Encryption::new(ENCRYPTION_KEY).expect("a key");
    let name = name.parse().expect("a name");
    let value = SecretValue::try_from(value.to_owned()).expect("a value");
    let ciphertext = value.encrypt(&encryption, &name).expect("encrypts");
    let new = NewSecret { name: &name, ciphertext: &ciphertext, description: None };
    set(&mut world.connect().await, &world.admin.claims, &RequestContext::default(), new, None).await.expect("sets");
}

/// What would give a secret away, in the forms that it was sent and told in.
fn traces() -> Vec<String> {
    // Beginnings that several forms share, too: nothing that could be guessed from is left.
    let mut traces: Vec<_> =
        ["s3cr3t", "v\u{e4}lue", "v%C3%A4lue", "t0ken", "of+headers", "of%2Bheaders"].map(str::to_owned).into();
    for secret in [SECRET, TOKEN] {
        let mut digits = String::new();
        for byte in secret.bytes() {
            let _ = write!(digits, "{byte:02x}");
        }
        traces.push(digits);
        for shift in 0..3 {
            let encoded = STANDARD.encode([&b"xx"[..shift], secret.as_bytes()].concat());
            traces.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    traces
}

fn assert_clean(text: &str, place: &str) {
    for trace in traces() {
        assert!(!text.contains(&trace), "{place} has {trace}");
    }
}

async fn finish(world: &World, workflow_type: &str, inputs: Value, status: WorkflowStatus) -> WorkflowId {
    let workflow = world.propose(workflow_type, inputs).await;
    world.approve(workflow).await;
    world.wait_for(workflow, status).await;
    workflow
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_sent_and_found_nowhere_though_the_receiver_tells_it_in_every_form() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    receiver.echo();
    set_secret(&world, "key", SECRET).await;
    set_secret(&world, "token", TOKEN).await;
    world
        .add_type(
            "web.tell",
            json!([
                {"name": "tell", "kind": "http_request", "max_attempts": 2, "with": {
                    "method": "POST", "url": "{{ inputs.url }}/x?key={{ secrets.key | urlencode }}",
                    "headers": {"authorization": "Bearer {{ secrets.token }}"},
                    "body": {"key": "{{ secrets.key }}", "text": "before {{ secrets.key }} after"}}},
                // It names no secret, but is told of one.
                {"name": "ask", "kind": "http_request", "with": {
                    "method": "POST", "url": "{{ inputs.url }}/again", "body": "{{ inputs.known }}"}},
                {"name": "note", "kind": "render_template", "with": {
                    "template": "{{ steps.tell.output.body.raw }}{{ steps.ask.output.body }}", "format": "text"}},
            ]),
        )
        .await;
    world
        .add_type(
            "web.fail",
            json!([{"name": "fail", "kind": "http_request", "max_attempts": 1, "with": {
                "url": "http://127.0.0.1:9/{{ secrets.key | urlencode }}",
                "headers": {"authorization": "Bearer {{ secrets.token }}"}}}]),
        )
        .await;
    let log = tempfile::NamedTempFile::new().expect("a file");
    let worker = Worker::start_logging(&world, &redis, &[("LOG_LEVEL", "trace")], log.reopen().expect("a file")).await;
    // The first answer is an error that tells it, too.
    receiver.answer_next(500, std::time::Duration::ZERO);
    let told =
        finish(&world, "web.tell", json!({"url": receiver.url(), "known": "nothing"}), WorkflowStatus::Completed).await;
    let failed = finish(&world, "web.fail", json!({}), WorkflowStatus::Failed).await;

    let calls = receiver.calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[1].body, json!({"key": SECRET, "text": format!("before {SECRET} after")}));
    let found = world.find(told).await;
    let output = found.steps[0].output.clone().expect("an output");
    assert_eq!(output["body"]["body"], json!({"key": "***", "text": "before *** after"}));
    assert_eq!(output["body"]["uri"], "/x?key=***");
    assert_eq!(output["content_type"], "application/json; echo=\"Bearer ***\"");

    for table in world.database.everything().await {
        assert_clean(&table, "the database");
    }
    assert_clean(&json!(found).to_string(), "the API");
    for workflow in [told, failed] {
        testing::seal_and_sign(&world.database).await;
        let document = evidence::gather(&mut world.connect().await, workflow).await.expect("gathers");
        assert_clean(&json!(document).to_string(), "the evidence");
    }
    worker.terminate();
    let logged = std::fs::read_to_string(log.path()).expect("a log");
    assert!(logged.contains("DEBUG"), "it logs everything that may be told");
    assert_clean(&logged, "the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_can_not_be_had_ends_the_run_and_one_that_is_replaced_counts_from_the_next_step_on() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    set_secret(&world, "token", "the first value").await;
    let call = json!([{"name": "call", "kind": "http_request", "max_attempts": 1, "with": {
        "url": "{{ inputs.url }}", "headers": {"x-token": "{{ secrets.token }}"}}}]);
    world.add_type("web.call", call).await;
    let _worker = Worker::start(&world, &redis).await;
    let inputs = json!({"url": receiver.url()});
    finish(&world, "web.call", inputs.clone(), WorkflowStatus::Completed).await;
    set_secret(&world, "token", "the second value").await;
    finish(&world, "web.call", inputs.clone(), WorkflowStatus::Completed).await;
    let sent: Vec<_> = receiver.calls().into_iter().map(|call| call.headers["x-token"].clone()).collect();
    assert_eq!(sent, ["the first value", "the second value"]);

    let error = async |statement: &str| {
        world.database.execute(statement).await;
        let failed = finish(&world, "web.call", inputs.clone(), WorkflowStatus::Failed).await;
        world.find(failed).await.error.expect("an error")
    };
    let altered = error("UPDATE secrets SET ciphertext = ciphertext || '\\x00'").await;
    let expected = "call failed: the secret token can't be used: the value can't be decrypted: it was altered, moved, or its key is gone";
    assert_eq!(altered, expected);
    assert_eq!(error("DELETE FROM secrets").await, "call failed: the secret token is not set");
    assert_eq!(receiver.calls().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_does_not_say_where_a_call_goes() {
    let (world, redis, receiver) = (World::new().await, TestRedis::shared(), Receiver::start());
    set_secret(&world, "address", &receiver.url()).await;
    let call =
        json!([{"name": "call", "kind": "http_request", "max_attempts": 1, "with": {"url": "{{ secrets.address }}"}}]);
    world.add_type("web.call", call).await;
    let _worker = Worker::start(&world, &redis).await;
    let failed = finish(&world, "web.call", json!({}), WorkflowStatus::Failed).await;
    let error = world.find(failed).await.error.expect("an error");
    assert_eq!(
        error,
        "call failed: a secret can't say where a call goes: only what follows the host in the url can have one"
    );
    assert_eq!(receiver.calls().len(), 0);
}
