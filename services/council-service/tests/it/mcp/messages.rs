//! The protocol, message by message, and what is none.

use database::identity::agents::Scope;
use futures_util::StreamExt;
use governance::workflow::Vote;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testing::{Answer, Client};

use super::key_with;
use crate::{organisation, propose, serve};

fn post(client: &Client) -> RequestBuilder {
    let request = client.request(Method::POST, "/mcp");
    request.header("accept", "application/json, text/event-stream").header("content-type", "application/json")
}

async fn send(client: &Client, message: &Value) -> Answer {
    client.send(post(client).body(message.to_string())).await
}

fn message(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn call(name: &str, arguments: Value) -> Value {
    message("tools/call", json!({"name": name, "arguments": arguments}))
}

#[tokio::test]
async fn a_message_needs_no_session_and_is_answered_as_json() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    // Neither instance has heard of this client before.
    for served in [&served, &serve(&world).await] {
        let answer = send(&served.client().with(&world.agent_key), &message("tools/list", json!({}))).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers.contains_key("x-request-id"));
        assert!(!answer.headers.contains_key("mcp-session-id"));
        assert_eq!(answer.expect(200)["result"]["tools"][0]["name"], "get_workflow");
    }
    let agent = served.client().with(&world.agent_key);
    let taken = send(&agent, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    assert_eq!(taken.status, 202);
    let metrics = served.client().get("/metrics").await.expect(200);
    assert!(metrics.as_str().is_some_and(|text| text.contains(r#"route="/mcp""#)), "{metrics}");
}

#[tokio::test]
async fn only_agents_get_in_and_only_from_no_page_or_ours() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let (client, list) = (served.client(), message("tools/list", json!({})));
    let nobody = send(&client, &list).await;
    assert_eq!(nobody.problem(401), "unauthorized");
    assert_eq!(nobody.headers["www-authenticate"], "Bearer");
    assert_eq!(send(&client.with("cdx_aaaaaaaaaaaa_bm90LWEta2V5"), &list).await.problem(401), "unauthorized");
    assert_eq!(send(&client.with("no-token"), &list).await.problem(401), "unauthorized");
    for person in [&world.admin, &world.operators[0]] {
        assert_eq!(send(&client.with(&person.token), &list).await.problem(403), "agents_only");
    }
    let blind = client.with(&key_with(&world, "proposeonly0", &[Scope::Propose]).await);
    let refused = send(&blind, &list).await.expect(200);
    assert_eq!(refused["error"]["message"], "your key lacks the scope read");
    let agent = client.with(&world.agent_key);
    let from = |origin: &str| agent.send(post(&agent).header("origin", origin).body(list.to_string()));
    assert_eq!(from("https://console.example.com").await.status, 200);
    for origin in ["https://evil.example.com", "https://console.example.com:444", "http://console.example.com", "null"]
    {
        assert_eq!(from(origin).await.problem(403), "foreign_origin", "{origin}");
    }
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::TRACE] {
        let answer = agent.send(agent.request(method, "/mcp")).await;
        assert_eq!(answer.problem(405), "method_not_allowed");
        assert_eq!(answer.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let agent = served.client().with(&world.agent_key);
    let before = world.database.fingerprint().await;
    let raw = |body: &[u8]| agent.send(post(&agent).body(body.to_vec()));
    let deep =
        [r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"#, &"[".repeat(9000), &"]".repeat(9000), "}"]
            .concat();
    for body in [&b""[..], b"{", b"\xff\xfe", b"{} {}", b"nonsense", deep.as_bytes()] {
        let answer = raw(body).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.expect(400)["error"]["code"], -32700, "{}", String::from_utf8_lossy(body));
    }
    let list = message("tools/list", json!({}));
    for body in [
        json!([list, list]),
        json!([]),
        json!(null),
        json!(1),
        json!("text"),
        json!({}),
        json!({"id": 1, "method": "tools/list"}),
        json!({"jsonrpc": "1.0", "id": 1, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": {}, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": 7}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "result": {}}),
        // MCP names its parameters.
        message("tools/call", json!([])),
        // Nobody was asked anything that this could answer.
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
    ] {
        assert_eq!(send(&agent, &body).await.expect(400)["error"]["code"], -32600, "{body}");
    }
    for (body, code) in [
        (message("no/such_method", json!({})), -32601),
        (message("resources/read", json!({"uri": "file:///etc/passwd"})), -32601),
        (message("tasks/get", json!({"taskId": "1"})), -32601),
        (message("completion/complete", json!({})), -32601),
        (message("tools/list", json!({"cursor": "no cursor"})), -32602),
        (message("tools/call", json!({"name": 7})), -32602),
        (message("tools/call", json!({"name": "get_workflow", "arguments": []})), -32602),
        (call("vote", json!({})), -32602),
        (call(&"x".repeat(1000), json!({})), -32602),
    ] {
        let answer = send(&agent, &body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]["code"]), (200, &json!(code)), "{body}: {answer:#?}");
    }

    let huge = vec![b' '; common::http::MAX_BODY_BYTES + 1];
    assert_eq!(raw(&huge).await.problem(413), "body_too_large");
    let stream = futures_util::stream::iter(vec![Ok::<_, std::io::Error>(huge)]);
    let chunked = post(&agent).body(reqwest::Body::wrap_stream(stream));
    assert_eq!(agent.send(chunked).await.problem(413), "body_too_large");
    let plain = |accept: &'static str, kind: &'static str| {
        let request = agent.request(Method::POST, "/mcp").header("accept", accept).header("content-type", kind);
        agent.send(request.body(list.to_string()))
    };
    assert_eq!(plain("application/json, text/event-stream", "text/plain").await.problem(415), "unsupported_media_type");
    assert_eq!(plain("application/json", "application/json").await.problem(406), "not_acceptable");
    let version = post(&agent).header("mcp-protocol-version", "1999-01-01").body(list.to_string());
    assert_eq!(agent.send(version).await.problem(400), "bad_request");
    let contradicting = post(&agent).header("mcp-protocol-version", "2026-07-28").header("mcp-method", "ping");
    let answer = agent.send(contradicting.body(list.to_string())).await;
    assert!(answer.expect(400)["error"]["code"].is_i64());
    assert_eq!(world.database.fingerprint().await, before);
}

/// The first event of a stream that holds a message, of those that come.
async fn next_event(
    stream: &mut (impl futures_util::Stream<Item = reqwest::Result<actix_web::web::Bytes>> + Unpin),
) -> Value {
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("text"));
        let data = text.lines().filter_map(|line| line.strip_prefix("data:")).find(|data| !data.trim().is_empty());
        if let (Some(data), true) = (data, text.ends_with("\n\n")) {
            return serde_json::from_str(data).expect("JSON");
        }
    }
    panic!("the stream ended: {text}");
}

#[tokio::test]
async fn a_wait_is_answered_bit_by_bit_and_ends_when_the_service_stops() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let agent = served.client().with(&world.agent_key);
    let workflow = propose(&agent, "Hello").await;
    let mut wait = call("wait_for_decision", json!({"workflow_id": workflow["id"], "timeout_seconds": 300}));
    wait["params"]["_meta"] = json!({"progressToken": "a"});
    let response = post(&agent).body(wait.to_string()).send().await.expect("an answer that has begun");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/event-stream".parse().expect("a value"))
    );
    let mut stream = Box::pin(response.bytes_stream());
    let told = next_event(&mut stream).await;
    assert_eq!((&told["method"], &told["params"]["progressToken"]), (&json!("notifications/progress"), &json!("a")));
    drop(served);
    let answer = next_event(&mut stream).await;
    let answer = &answer["result"]["structuredContent"];
    assert_eq!((&answer["reached"], &answer["status"]), (&json!(false), &json!("pending_review")));
}

#[tokio::test]
async fn an_agent_can_have_only_so_many_calls_waiting() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let agent = served.client().with(&world.agent_key);
    let workflow = propose(&agent, "Hello").await;
    let mut wait = call("wait_for_decision", json!({"workflow_id": workflow["id"], "timeout_seconds": 300}));
    wait["params"]["_meta"] = json!({"progressToken": 1});
    let mut waiting = Vec::new();
    for _ in 0..32 {
        let response = post(&agent).body(wait.to_string()).send().await.expect("an answer that has begun");
        let mut stream = Box::pin(response.bytes_stream());
        assert_eq!(next_event(&mut stream).await["method"], "notifications/progress");
        waiting.push(stream);
    }
    let response = post(&agent).body(wait.to_string()).send().await.expect("an answer");
    let refused = next_event(&mut Box::pin(response.bytes_stream())).await;
    assert_eq!(refused["result"]["structuredContent"]["code"], "too_many_waits");
    // All of them are told of one decision.
    let id = serde_json::from_value(workflow["id"].clone()).expect("an id");
    world.vote(&world.operators[0], id, Vote::Reject).await.expect("votes");
    for mut stream in waiting {
        let answer = next_event(&mut stream).await;
        assert_eq!(answer["result"]["structuredContent"]["status"], "rejected");
    }
}
