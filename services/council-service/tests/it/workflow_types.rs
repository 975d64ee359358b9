//! Workflow types and their versions.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Client};

use crate::{organisation, page_type, propose};

const PAGE: &str = "/api/workflow-types/website.page";

/// The tag of an answer.
fn etag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

/// The content of a version that renders this template.
fn content(template: &str) -> Value {
    let mut content = page_type("website.page", "web");
    content.as_object_mut().expect("an object").remove("id");
    content["steps"][0]["with"]["template"] = json!(template);
    content
}

async fn replace(client: &Client, path: &str, tag: &str, content: &Value) -> Answer {
    client.send(client.request(Method::PUT, path).header("if-match", tag).json(content)).await
}

#[tokio::test]
async fn a_new_version_replaces_the_one_that_its_author_saw() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let before = propose(&served.client().with(&world.agent_key), "Before").await;
    let first = admin.get(PAGE).await;
    let tag = etag(&first);

    assert_eq!(admin.put(PAGE, &content("<p>{{ inputs.title }}</p>")).await.problem(428), "if_match_needed");
    assert_eq!(replace(&admin, PAGE, "\"other\"", &content("x")).await.problem(412), "changed_meanwhile");
    let second = replace(&admin, PAGE, &tag, &content("<p>{{ inputs.title }}</p>")).await;
    assert_eq!(second.body["version"], 2, "{second:#?}");
    assert_ne!(etag(&second), tag);
    // Whoever else had looked at the first version does not overwrite the second unseen.
    assert_eq!(replace(&admin, PAGE, &tag, &content("lost")).await.problem(412), "changed_meanwhile");
    let current = admin.get(PAGE).await;
    assert_eq!((etag(&current), &current.body), (etag(&second), &second.body));

    let after = propose(&served.client().with(&world.agent_key), "After").await;
    assert_eq!((&before["workflow_type"]["version"], &after["workflow_type"]["version"]), (&json!(1), &json!(2)));
    let old = admin.get(&format!("{PAGE}?version=1")).await;
    assert_eq!((&old.body, etag(&old)), (&first.body, tag));
    assert_eq!(admin.get(&format!("{PAGE}?version=3")).await.problem(404), "not_found");
}

#[tokio::test]
async fn the_versions_say_who_changed_what() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    let mut tag = etag(&admin.get(PAGE).await);
    for template in ["second {{ inputs.title }}", "second {{ inputs.title }}", "third {{ inputs.title }}"] {
        let answer = replace(&admin, PAGE, &tag, &content(template)).await;
        tag = etag(&answer);
        answer.expect(200);
    }
    let viewer = testing::person(&world.database, "viewer", common::roles::Role::Viewer).await;
    let viewer = served.client().with(&viewer.token);
    let pages = viewer.pages(&format!("{PAGE}/versions?limit=2")).await;
    let versions: Vec<_> = pages.iter().flat_map(|page| page["versions"].as_array().expect("versions")).collect();
    let numbers: Vec<_> = versions.iter().map(|one| one["version"].as_i64().expect("a number")).collect();
    assert_eq!(numbers, [3, 2, 1], "the same content again makes no version");
    let told: Vec<_> = versions.iter().map(|one| one["changes"][0]["sentence"].as_str()).collect();
    let page = "steps, page, with, template changed from";
    assert_eq!(
        told,
        [
            Some(&*format!("{page} second {{{{ inputs.title }}}} to third {{{{ inputs.title }}}}")),
            Some(&*format!("{page} <h1>{{{{ inputs.title }}}}</h1> to second {{{{ inputs.title }}}}")),
            None
        ]
    );
    assert_eq!(versions[0]["changes"][0]["pointer"], "/steps/0/with/template");
    assert_eq!(versions[0]["created_by"], world.admin.id.to_string());
    assert_eq!(versions[0]["created_by_name"], "admin");

    let mut connection = world.database.connect("auth_service").await;
    let filter = database::audit::Filter {
        action: Some("workflow_type.changed".to_owned().try_into().expect("an action")),
        ..Default::default()
    };
    let (rows, _) =
        database::audit::list(&mut connection, &filter, common::page::Limit::default(), None).await.expect("rows");
    let recorded: Vec<_> =
        rows.iter().map(|row| (&row.resource_id, &row.detail["version"], &row.detail["changes"])).collect();
    assert_eq!(recorded.len(), 2, "{recorded:#?}");
    assert_eq!(recorded[0], (&"website.page".to_owned(), &json!(3), &versions[0]["changes"]));
}

#[tokio::test]
async fn two_editors_at_once_make_one_version() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    let tag = etag(&admin.get(PAGE).await);
    let contents = ["a", "b", "c", "d"].map(content);
    let edits = contents.iter().map(|content| replace(&admin, PAGE, &tag, content));
    let mut statuses: Vec<_> =
        futures_util::future::join_all(edits).await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
    assert_eq!(admin.get(PAGE).await.body["version"], 2);
}

#[tokio::test]
async fn what_comes_with_the_product_and_the_domain_stay() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    let path = "/api/workflow-types/governance.mandate";
    let tag = etag(&admin.get(path).await);
    let mut mandate = content("x");
    mandate["domain"] = json!("governance");
    assert_eq!(replace(&admin, path, &tag, &mandate).await.problem(409), "built_in");
    let mut moved = content("x");
    moved["domain"] = json!("shop");
    let refused = replace(&admin, PAGE, &etag(&admin.get(PAGE).await), &moved).await;
    assert_eq!(
        (refused.problem(422).as_str(), &refused.body["errors"][0]["pointer"]),
        ("invalid_body", &json!("/domain"))
    );
    assert_eq!(
        replace(&admin, "/api/workflow-types/no.such_type", &tag, &content("x")).await.problem(404),
        "not_found"
    );
    let operator = served.client().with(&world.operators[0].token);
    assert_eq!(replace(&operator, PAGE, &tag, &content("x")).await.problem(403), "forbidden");
}

#[tokio::test]
async fn faults_are_told_by_place() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    let mut bad = page_type("website.bad", "web");
    bad["input_schema"]["properties"]["title"]["pattern"] = json!("(?=x)x");
    bad["steps"] = json!([
        {"name": "page", "kind": "render_template", "with": {"template": "ok\n{{ inputs.title | uper }}"}},
        {"name": "call", "kind": "http_request", "with": {
            "url": "https://example.com", "body": {"key": "{{ secrets.key }}", "later": ["{{ steps.end.output }}"]}}},
        {"name": "end", "kind": "render_template", "with": {"template": "{{ inputs.title"}},
    ]);
    let refused = admin.post("/api/workflow-types", &bad).await;
    assert_eq!(refused.problem(422), "invalid_body");
    let errors: Vec<_> = refused.body["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| {
            format!("{} {}", error["pointer"].as_str().expect("text"), error["detail"].as_str().expect("text"))
        })
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    /input_schema/properties/title/pattern must be a regular expression that is not too large, without look-around and back-references: those may take for ever
    /steps/0/with/template line 2: there is no filter "uper"
    /steps/1/with/body/later/0 refers to the step "end", which does not come before this one
    /steps/2/with/template can't be read: unexpected end of input, expected end of variable block
    "#);
    bad["steps"] = json!([{"name": "x", "kind": "shell", "with": {}}]);
    let refused = admin.post("/api/workflow-types", &bad).await;
    assert_eq!(refused.problem(422), "invalid_body");
    assert_eq!(refused.body["errors"][0]["pointer"], "/steps/0/kind");
}

#[tokio::test]
async fn the_list_can_be_narrowed_to_a_domain() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let admin = served.client().with(&world.admin.token);
    for name in ["shop.a", "shop.b", "shop.c"] {
        admin.post("/api/workflow-types", &page_type(name, "shop")).await.expect(201);
    }
    let pages = admin.pages("/api/workflow-types?domain=shop&limit=2").await;
    let types = pages.iter().flat_map(|page| page["workflow_types"].as_array().expect("types"));
    let ids: Vec<_> = types.map(|one| one["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["shop.a", "shop.b", "shop.c"]);
}
