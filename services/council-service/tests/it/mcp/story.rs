//! The main job as an agent lives it, with the official client.

use database::governance::propose::Proposer;
use database::governance::withdraw;
use database::identity::agents::Scope;
use governance::workflow::Vote;
use serde_json::{Value, json};
use testing::World;

use super::client::McpClient;
use super::{key_with, revoke_keys};
use crate::{organisation, page_type, serve};

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

fn tool<'a>(tools: &'a [Value], name: &str) -> &'a Value {
    tools.iter().find(|tool| tool["name"] == name).expect("the tool")
}

/// What a tool answered, after checking that the text for models says the same.
#[track_caller]
fn content(answer: &Value) -> &Value {
    assert_eq!(answer["isError"], false, "{answer:#}");
    same_in_text(answer)
}

/// What a tool refused, likewise.
#[track_caller]
fn error(answer: &Value) -> &Value {
    assert_eq!(answer["isError"], true, "{answer:#}");
    same_in_text(answer)
}

#[track_caller]
fn same_in_text(answer: &Value) -> &Value {
    let text: Value = serde_json::from_str(answer["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text, answer["structuredContent"], "{answer:#}");
    &answer["structuredContent"]
}

fn id_of(answer: &Value) -> (Value, common::ids::WorkflowId) {
    let id = content(answer)["workflow_id"].clone();
    let parsed = serde_json::from_value(id.clone()).expect("an id");
    (id, parsed)
}

async fn from_proposal_to_decision(mode: &str, version: &str) {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let mut agent = McpClient::connect(&served.url(), &world.agent_key, mode).await;
    assert_eq!(agent.server["protocol_version"], version);
    assert_eq!(agent.server["server"]["name"], "codex-dominion");
    assert!(agent.server["capabilities"]["tools"].is_object());
    assert!(agent.server["instructions"].as_str().is_some_and(|text| text.contains("Nothing can be approved here")));

    let tools = agent.tools().await;
    // That is all of them: there is no tool to vote with.
    let expected = [
        "get_workflow",
        "list_my_workflows",
        "wait_for_decision",
        "cancel_workflow",
        "governance.mandate",
        "website.page",
    ];
    assert_eq!(names(&tools), expected);
    let page = tool(&tools, "website.page");
    assert_eq!(page["title"], "A page");
    assert!(page["description"].as_str().is_some_and(|text| text.contains("approved by the council web-team")));
    let schema = &page["inputSchema"];
    assert_eq!(schema["properties"]["inputs"], page_type("website.page", "web")["input_schema"]);
    assert_eq!(schema["required"], json!(["inputs"]));
    // It renders a text, and calls nobody.
    let hints =
        json!({"readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": false});
    assert_eq!(page["annotations"], hints);
    assert_eq!(tool(&tools, "get_workflow")["annotations"]["readOnlyHint"], true);
    assert_eq!(tool(&tools, "cancel_workflow")["annotations"]["destructiveHint"], true);

    let arguments = json!({"inputs": {"title": "Hello"}, "reason": "It sells.", "idempotency_key": "order-1"});
    let proposed = agent.call("website.page", arguments.clone()).await;
    let (id, workflow) = id_of(&proposed);
    let told = content(&proposed);
    assert_eq!((&told["status"], &told["basis"]), (&json!("pending_review"), &json!("review")));
    assert_eq!(told["findings"][0]["council_id"], "web-team");
    assert_eq!(told["look_at"]["console"], format!("https://console.example.com/workflows/{workflow}"));
    assert_eq!(told["digest"], json!(world.find(workflow).await.summary.digest));
    // The same call again proposes nothing new; another under the same key is refused.
    assert_eq!(id_of(&agent.call("website.page", arguments.clone()).await).1, workflow);
    let other = json!({"inputs": {"title": "Other"}, "idempotency_key": "order-1"});
    assert_eq!(error(&agent.call("website.page", other).await)["code"], "key_reused");

    // It waits, and while it waits, people vote.
    agent.begin("wait_for_decision", json!({"workflow_id": id, "timeout_seconds": 300})).await;
    let news = agent.line().await;
    assert_eq!((&news["total"], &news["message"]), (&json!(300.0), &json!("the workflow is pending_review")));
    world.vote(&world.operators[0], workflow, Vote::Approve).await.expect("votes");
    world.vote(&world.operators[1], workflow, Vote::Approve).await.expect("votes");
    let decided = agent.answer().await;
    let decided = content(&decided);
    assert_eq!((&decided["reached"], &decided["status"]), (&json!(true), &json!("queued")));
    assert_eq!(decided["reviews"][0]["outcome"], "approved");
    assert_eq!(decided["votes"].as_array().map(Vec::len), Some(2));
    // No worker runs here: what comes of it is not reached in time.
    let waiting = json!({"workflow_id": id, "timeout_seconds": 1, "until": "result"});
    agent.begin("wait_for_decision", waiting).await;
    let mut line = agent.line().await;
    while line.get("progress").is_some() {
        line = agent.line().await;
    }
    assert_eq!(content(&line["answer"])["reached"], false);
    assert_eq!(content(&agent.call("get_workflow", json!({"workflow_id": id})).await)["status"], "queued");

    // What ends it is a result, too.
    agent.begin("wait_for_decision", json!({"workflow_id": id, "timeout_seconds": 300, "until": "result"})).await;
    assert_eq!(agent.line().await["message"], "the workflow is queued");
    let (context, admin) = (common::http::RequestContext::default(), Proposer::User(&world.admin.claims));
    withdraw::cancel(&mut world.connect().await, admin, &context, workflow, None).await.expect("cancels");
    let ended = agent.answer().await;
    assert_eq!((&content(&ended)["reached"], &content(&ended)["status"]), (&json!(true), &json!("cancelled")));

    let unknown = agent.call("get_workflow", json!({"workflow_id": "01900000-0000-7000-8000-000000000000"})).await;
    assert_eq!(error(&unknown)["code"], "not_found");
}

#[tokio::test]
async fn an_agent_proposes_and_waits_for_the_decision() {
    from_proposal_to_decision("legacy", "2025-11-25").await;
}

#[tokio::test]
async fn an_agent_of_the_newest_protocol_does_so_too() {
    from_proposal_to_decision("auto", "2026-07-28").await;
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_with_its_place() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let mut agent = McpClient::connect(&served.url(), &world.agent_key, "legacy").await;
    let before = world.database.fingerprint().await;
    for (arguments, pointer) in [
        (json!({}), ""),
        (json!({"title": "Hello"}), "/title"),
        (json!({"inputs": {"title": 1}}), "/inputs/title"),
        (json!({"inputs": {"title": "x", "other": 1}}), "/inputs"),
        (json!({"inputs": {"title": "a\u{0}b"}}), "/inputs"),
        (json!({"inputs": []}), "/inputs"),
        (json!({"inputs": {"title": "x"}, "weekly_savings": 5}), "/weekly_savings"),
        (json!({"inputs": {"title": "x"}, "reason": ""}), "/reason"),
        (json!({"inputs": {"title": "x"}, "idempotency_key": "a b"}), "/idempotency_key"),
        (json!({"inputs": {"title": "x"}, "supersedes": world.agent.id}), "/supersedes"),
    ] {
        let refused = agent.call("website.page", arguments.clone()).await;
        let refused = error(&refused);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{arguments}: {refused:#}");
    }
    let versioned = json!({"inputs": {"title": "x"}, "version": 9});
    assert_eq!(error(&agent.call("website.page", versioned).await)["code"], "not_found");
    for arguments in [
        json!({"workflow_id": 1}),
        json!({"workflow_id": world.agent.id, "timeout_seconds": 0}),
        json!({"workflow_id": world.agent.id, "timeout_seconds": 301}),
        json!({"workflow_id": world.agent.id, "until": "tomorrow"}),
    ] {
        assert_eq!(error(&agent.call("wait_for_decision", arguments).await)["code"], "invalid_body");
    }
    // There is nothing to vote with, under no name.
    for name in ["vote", "approve", "no.such_type", "", "Website.Page"] {
        agent.begin(name, json!({"inputs": {}})).await;
        assert_eq!(agent.line().await["error"]["code"], -32602, "{name}");
    }
    assert_eq!(world.database.fingerprint().await, before);
}

#[tokio::test]
async fn what_a_policy_blocks_is_not_offered_and_refused_on_the_record() {
    let policy = json!({"decision_rule": {"kind": "unanimous"}, "blocked_action_types": ["website.*"]});
    let (world, served) = organisation(policy).await;
    let mut agent = McpClient::connect(&served.url(), &world.agent_key, "auto").await;
    assert!(!names(&agent.tools().await).contains(&"website.page"));
    let arguments = json!({"inputs": {"title": "No"}, "idempotency_key": "no-1"});
    let refused = agent.call("website.page", arguments.clone()).await;
    let told = error(&refused);
    assert_eq!((&told["code"], &told["council_id"]), (&json!("blocked_by_policy"), &json!("web-team")));
    assert!(told["error"].as_str().is_some_and(|text| text.contains("kept on the record")));
    let again = agent.call("website.page", arguments).await;
    assert_eq!(error(&again)["workflow_id"], told["workflow_id"]);
    let mine = agent.call("list_my_workflows", json!({"status": "blocked"})).await;
    assert_eq!(content(&mine)["workflows"][0]["workflow_id"], told["workflow_id"]);
    assert_eq!(content(&mine)["workflows"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_agent_sees_and_takes_back_what_it_has_proposed_itself() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let operator = served.client().with(&world.operators[0].token);
    let foreign = crate::propose(&operator, "Somebody's").await;
    let mut agent = McpClient::connect(&served.url(), &world.agent_key, "auto").await;
    let mut proposed = Vec::new();
    for title in ["One", "Two", "Three"] {
        let answer = agent.call("website.page", json!({"inputs": {"title": title}})).await;
        proposed.insert(0, id_of(&answer).0);
    }
    let first = agent.call("list_my_workflows", json!({"limit": 2})).await;
    let cursor = content(&first)["next_cursor"].clone();
    let second = agent.call("list_my_workflows", json!({"limit": 2, "cursor": cursor})).await;
    let pages = [content(&first), content(&second)];
    let ids = pages.iter().flat_map(|page| page["workflows"].as_array().expect("workflows"));
    assert_eq!(ids.map(|one| &one["workflow_id"]).collect::<Vec<_>>(), proposed.iter().collect::<Vec<_>>());
    assert_eq!(content(&second)["next_cursor"], Value::Null);

    let cancelled = agent.call("cancel_workflow", json!({"workflow_id": proposed[0], "reason": "No longer."})).await;
    assert_eq!(content(&cancelled)["status"], "cancelled");
    let again = agent.call("cancel_workflow", json!({"workflow_id": proposed[0]})).await;
    assert_eq!(error(&again)["code"], "already_ended");
    let other = agent.call("cancel_workflow", json!({"workflow_id": foreign["id"]})).await;
    assert_eq!(error(&other)["code"], "forbidden");
    // It may look at what others proposed, as over the API.
    let looked = agent.call("get_workflow", json!({"workflow_id": foreign["id"]})).await;
    assert_eq!(content(&looked)["status"], "pending_review");
}

#[tokio::test]
async fn a_key_is_asked_for_its_scopes_and_its_life_at_every_call() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let reading = key_with(&world, "readonlykey0", &[Scope::Read]).await;
    let mut reader = McpClient::connect(&served.url(), &reading, "auto").await;
    assert_eq!(names(&reader.tools().await), ["get_workflow", "list_my_workflows", "wait_for_decision"]);
    let refused = reader.call("website.page", json!({"inputs": {"title": "Hello"}})).await;
    assert_eq!(error(&refused)["code"], "forbidden");

    let proposing = key_with(&world, "proposeonly0", &[Scope::Propose]).await;
    let mut proposer = McpClient::connect(&served.url(), &proposing, "legacy").await;
    proposer.begin("get_workflow", json!({"workflow_id": world.agent.id})).await;
    let refused = proposer.answer().await;
    assert_eq!(error(&refused)["error"], "your key lacks the scope read");

    // A key that is taken back while a call of its waits is told nothing more, and opens nothing more.
    let (id, workflow) = waiting(&world, &mut McpClient::connect(&served.url(), &world.agent_key, "auto").await).await;
    reader.begin("wait_for_decision", json!({"workflow_id": id, "timeout_seconds": 300})).await;
    assert!(reader.line().await.get("progress").is_some());
    revoke_keys(&world).await;
    for operator in &world.operators {
        world.vote(operator, workflow, Vote::Approve).await.expect("votes");
    }
    assert_eq!(error(&reader.answer().await)["code"], "unauthorized");
    reader.begin("get_workflow", json!({"workflow_id": id})).await;
    assert!(reader.line().await.get("error").is_some());
}

async fn waiting(world: &World, agent: &mut McpClient) -> (Value, common::ids::WorkflowId) {
    let proposed = agent.call("website.page", json!({"inputs": {"title": "Hello"}})).await;
    let (id, workflow) = id_of(&proposed);
    assert_eq!(world.find(workflow).await.summary.status.as_str(), "pending_review");
    (id, workflow)
}

#[tokio::test]
async fn types_are_listed_page_by_page_and_say_what_they_would_do() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}, "review_actions": []})).await;
    let admin = served.client().with(&world.admin.token);
    for number in 0..60 {
        admin.post("/api/workflow-types", &page_type(&format!("many.page_{number:02}"), "nobodys")).await.expect(201);
    }
    let mut calling = page_type("web.call", "web");
    calling["steps"] =
        json!([{"name": "call", "kind": "http_request", "with": {"method": "POST", "url": "https://x.example"}}]);
    calling["input_schema"] = json!({
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/address"}},
        "$defs": {"address": {"type": "string", "maxLength": 5}},
    });
    admin.post("/api/workflow-types", &calling).await.expect(201);
    // Another instance answers: none remembers a client.
    let other = serve(&world).await;
    let mut agent = McpClient::connect(&other.url(), &world.agent_key, "legacy").await;
    let tools = agent.tools().await;
    let mut expected: Vec<_> = (0..60).map(|number| format!("many.page_{number:02}")).collect();
    expected.extend(["web.call".to_owned(), "website.page".to_owned()]);
    assert_eq!(names(&tools)[5..], expected);
    let described = |name: &str| tool(&tools, name)["description"].as_str().expect("text").to_owned();
    assert!(described("many.page_00").contains("approved by the default council governance"));
    assert!(described("website.page").contains("it runs at once"));
    assert!(described("governance.mandate").contains("always reviewed"));
    let call = tool(&tools, "web.call");
    assert_eq!(call["annotations"]["destructiveHint"], true);
    assert_eq!(call["annotations"]["openWorldHint"], true);
    // References in a type's schema hold where it stands.
    let schema = &call["inputSchema"];
    let fits = |to: &str| governance::schema::violations(schema, &json!({"inputs": {"to": to}})).is_empty();
    assert!(fits("short") && !fits("too long"), "{schema:#}");
    let done = agent.call("website.page", json!({"inputs": {"title": "At once"}})).await;
    assert_eq!((&content(&done)["status"], &content(&done)["basis"]), (&json!("queued"), &json!("policy")));
}
