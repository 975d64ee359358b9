//! No endpoint takes what it should not.

use std::collections::BTreeMap;

use common::roles::Role;
use serde_json::{Value, json};
use testing::hostile::{Example, Hostile};
use testing::{Client, Person, Served, World, log_in, person};

use crate::break_glass::show_code;
use crate::incidents::incident;
use crate::mandates::{granted, terms};
use crate::retry::failed;
use crate::webhooks::{added, changes, new};
use crate::{ballot, organisation, page_type, propose, tag};

const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test]
async fn every_endpoint_refuses_bad_input_and_writes_nothing() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let client = served.client();
    let as_admin = client.with(&world.admin.token);
    let workflow = propose(&client.with(&world.agent_key), "Hello").await;
    let others = Others::new(&world, &served).await;
    let [(webhook, delivery), (spare, _)] = [added(&world, &served).await, added(&world, &served).await];
    let schedule = crate::schedules::made(&world, &served, "One").await["id"].as_str().expect("an id").to_owned();
    let spare_schedule = crate::schedules::made(&world, &served, "Two").await["id"].as_str().expect("an id").to_owned();
    let instance = announced(&as_admin).await;
    let mut bodies = BTreeMap::from([
        ("POST /api/admin/webhooks", new()),
        ("PATCH /api/admin/webhooks/{webhook_id}", changes()),
        ("PUT /api/admin/secrets/{name}", crate::secrets::new()),
        ("POST /api/schedules", crate::schedules::new()),
        ("PUT /api/schedules/{schedule_id}", crate::schedules::changes()),
        ("POST /api/workflow-types", workflow_type()),
        ("PUT /api/workflow-types/{workflow_type}", workflow_type_version()),
        ("POST /api/workflow-types/{workflow_type}/dry-run", dry_run()),
        ("POST /api/workflows", proposal()),
        ("POST /api/councils/{council_id}/vote", vote(&workflow)),
        ("POST /api/admin/councils", council(&world)),
        ("POST /api/councils/{council_id}/policy/simulate", draft()),
        (
            "PUT /api/admin/councils/{council_id}/seats/{user_id}",
            Example { good: json!({"seat": "member"}), bad: vec![json!({"seat": "king"})] },
        ),
    ]);
    bodies.extend(changes_of_councils());
    bodies.extend(acts_on_workflows(&others));
    bodies.extend(acts_on_queues());
    bodies.extend(acts_on_instances());
    let id_of = |workflow: &Value| workflow["id"].as_str().expect("an id").to_owned();
    let mut parameters = BTreeMap::from([
        ("council_id", "web-team".to_owned()),
        ("user_id", world.operators[2].id.to_string()),
        ("workflow_type", "website.page".to_owned()),
        ("workflow_id", id_of(&workflow)),
        ("queue", "low".to_owned()),
        ("instance_id", instance),
        ("delegation_id", id_of(&others.delegation)),
        ("mandate_id", id_of(&others.mandate)),
        ("incident_id", incident(&world).await.to_string()),
        ("name", "crm_token".to_owned()),
        ("schedule_id", schedule),
        ("DELETE /api/schedules/{schedule_id} schedule_id", spare_schedule),
        ("webhook_id", webhook),
        ("delivery_id", delivery),
        ("DELETE /api/admin/webhooks/{webhook_id} webhook_id", spare),
        ("POST /api/workflows/{workflow_id}/break-glass workflow_id", id_of(&others.urgent)),
        ("POST /api/workflows/{workflow_id}/cancel workflow_id", id_of(&others.unwanted)),
        ("POST /api/workflows/{workflow_id}/retry workflow_id", id_of(&others.failed)),
        ("POST /api/workflows/{workflow_id}/veto workflow_id", id_of(&others.cooling)),
    ]);
    // Each changes a council of its own, whose tag is then as it was.
    let mut headers = BTreeMap::from([("PUT /api/schedules/{schedule_id}", vec![("if-match", "\"1\"".to_owned())])]);
    for (endpoint, parameter, council) in [
        ("PATCH /api/admin/councils/{council_id}", "PATCH /api/admin/councils/{council_id} council_id", "edited"),
        (
            "PUT /api/admin/councils/{council_id}/policy",
            "PUT /api/admin/councils/{council_id}/policy council_id",
            "ruled",
        ),
        (
            "POST /api/admin/councils/{council_id}/retire",
            "POST /api/admin/councils/{council_id}/retire council_id",
            "retiring",
        ),
    ] {
        let policy = json!({"decision_rule": {"kind": "unanimous"}});
        let new = json!({"id": council, "name": council, "domains": [council], "policy": policy});
        as_admin.post("/api/admin/councils", &new).await.expect(201);
        parameters.insert(parameter, council.to_owned());
        headers.insert(endpoint, vec![("if-match", tag(&as_admin, &format!("/api/councils/{council}")).await)]);
    }
    let mut api = council_service::openapi();
    // It takes no people, and tells faults in JSON-RPC's words: `mcp::messages::what_is_no_message_is_refused` is its test.
    assert!(api.paths.paths.remove("/mcp").is_some());
    let type_tag = tag(&as_admin, "/api/workflow-types/website.page").await;
    headers.insert("PUT /api/workflow-types/{workflow_type}", vec![("if-match", type_tag)]);
    let hostile = Hostile {
        api: &api,
        client,
        admin: &world.admin,
        database: &world.database,
        open: &[],
        senders: BTreeMap::from([
            ("POST /api/workflows", &world.operators[0]),
            ("POST /api/councils/{council_id}/vote", &world.operators[0]),
            ("POST /api/councils/{council_id}/delegations", &world.operators[0]),
        ]),
        headers,
        parameters,
        bodies,
    };
    let refused = hostile.refused().await;
    eprintln!("{refused} bad requests were refused");
}

/// What endpoints that act on something are tried with.
struct Others {
    urgent: Value,
    unwanted: Value,
    cooling: Value,
    failed: Value,
    mandate: Value,
    delegation: Value,
    stand_in: Person,
}

impl Others {
    async fn new(world: &World, served: &Served) -> Self {
        let (agent, admin) = (served.client().with(&world.agent_key), served.client().with(&world.admin.token));
        let chair = person(&world.database, "cool-chair", Role::CouncilOperator).await;
        let cool = json!({
            "id": "cool", "name": "Cool", "domains": ["cool"],
            "policy": {"decision_rule": {"kind": "approvals", "required": 1}, "cooling_off_seconds": 3600},
            "seats": {chair.id.to_string(): "chair"},
        });
        admin.post("/api/admin/councils", &cool).await.expect(201);
        let chair = served.client().with(&log_in(&world.database, chair.id).await.token);
        admin.post("/api/workflow-types", &page_type("cool.page", "cool")).await.expect(201);
        let proposal = json!({"workflow_type": "cool.page", "inputs": {"title": "x"}});
        let cooling = agent.post("/api/workflows", &proposal).await.expect(201);
        chair.post("/api/councils/cool/vote", &ballot(&cooling, "approve")).await.expect(200);

        let mandate = granted(world, served, terms("false", 1, "day")).await;
        let failed = failed(world, served, None).await;
        let colleague = person(&world.database, "colleague", Role::CouncilOperator).await;
        let stand_in = person(&world.database, "stand-in", Role::CouncilOperator).await;
        let ends_at = (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc3339();
        let delegation = json!({"holder_id": world.operators[1].id, "delegate_id": colleague.id, "ends_at": ends_at});
        let delegation = admin.post("/api/councils/web-team/delegations", &delegation).await.expect(201);
        show_code(world, &world.admin, 0).await;
        let operator = served.client().with(&world.operators[2].token);
        let urgent = propose(&operator, "Urgent").await;
        let unwanted = propose(&agent, "Unwanted").await;
        Self { urgent, unwanted, cooling, failed, mandate, delegation, stand_in }
    }
}

fn changes_of_councils() -> [(&'static str, Example); 3] {
    let policy = |policy: Value| json!({"policy": policy});
    [
        (
            "PATCH /api/admin/councils/{council_id}",
            Example {
                good: json!({"name": "Edited", "purpose": "Tests.", "domains": ["edited"]}),
                bad: vec![json!({"name": ""}), json!({"domains": ["Not A Domain"]}), json!({"id": "other"})],
            },
        ),
        (
            "PUT /api/admin/councils/{council_id}/policy",
            Example {
                good: policy(json!({"decision_rule": {"kind": "unanimous"}, "chair_veto": true})),
                bad: vec![
                    policy(json!({"decision_rule": {"kind": "approvals", "required": 1}})),
                    policy(json!({"decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate"})),
                    policy(json!({"decision_rule": {"kind": "unanimous"}, "escalate_to": "governance"})),
                    policy(json!({"decision_rule": {"kind": "unanimous"}, "late_quorum_extension_seconds": 604_801})),
                    policy(json!({"decision_rule": {"kind": "unanimous"}, "approval_valid_seconds": 60})),
                    policy(json!({
                        "decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate", "escalate_to": "no-such-council",
                    })),
                ],
            },
        ),
        (
            "POST /api/admin/councils/{council_id}/retire",
            Example {
                good: json!({"open_proposals": "refuse"}),
                bad: vec![
                    json!({"open_proposals": "forget"}),
                    json!({"open_proposals": "move"}),
                    json!({"open_proposals": "move", "to": "no-such-council"}),
                    json!({"to": "governance"}),
                ],
            },
        ),
    ]
}

/// The id of the served instance, once it has announced itself.
async fn announced(admin: &Client) -> String {
    loop {
        let instances = admin.get("/api/admin/instances").await.expect(200);
        if let Some(id) = instances["instances"][0]["id"].as_str() {
            return id.to_owned();
        }
    }
}

fn acts_on_instances() -> [(&'static str, Example); 2] {
    [
        (
            "PUT /api/admin/log-level",
            Example {
                good: json!({"service": "workflow-worker", "level": "info,database=debug", "minutes": 1}),
                bad: vec![
                    json!({"service": "redis"}),
                    json!({"level": ""}),
                    json!({"level": "debgu"}),
                    json!({"level": "off"}),
                    json!({"level": "info,".repeat(50)}),
                    json!({"level": "[{password}]=trace"}),
                    json!({"minutes": 0}),
                    json!({"minutes": 241}),
                ],
            },
        ),
        (
            "POST /api/admin/instances/{instance_id}/profile",
            Example { good: json!({"seconds": 1}), bad: vec![json!({"seconds": 0}), json!({"seconds": 21})] },
        ),
    ]
}

fn acts_on_queues() -> [(&'static str, Example); 3] {
    [
        (
            "PUT /api/admin/incidents/{incident_id}/note",
            Example {
                good: json!({"note": "We know."}),
                bad: vec![json!({"note": "x".repeat(2001)}), json!({"note": 1})],
            },
        ),
        (
            "POST /api/admin/queues/{queue}/pause",
            Example { good: json!({"reason": "The shop moves."}), bad: vec![json!({"reason": ""})] },
        ),
        (
            "PUT /api/admin/workflow-types/{workflow_type}/limits",
            Example {
                good: json!({"priority": "low", "max_running": 3}),
                bad: vec![json!({"priority": "none"}), json!({"max_running": 0}), json!({"max_running": 10_001})],
            },
        ),
    ]
}

fn acts_on_workflows(others: &Others) -> [(&'static str, Example); 8] {
    let ends_at = |days| (chrono::Utc::now() + chrono::TimeDelta::days(days)).to_rfc3339();
    [
        (
            "POST /api/councils/{council_id}/check-action",
            Example {
                good: json!({"workflow_type": "website.page", "version": 1, "inputs": {"title": "x"}, "weekly_savings": "1"}),
                bad: vec![
                    json!({"workflow_type": "no.such_type"}),
                    json!({"version": 9}),
                    json!({"inputs": {}}),
                    json!({"weekly_savings": "much"}),
                    json!({"workflow_type": "governance.mandate", "inputs": null}),
                ],
            },
        ),
        (
            "POST /api/councils/{council_id}/delegations",
            Example {
                good: json!({"delegate_id": others.stand_in.id, "starts_at": ends_at(1), "ends_at": ends_at(2)}),
                bad: vec![
                    json!({"delegate_id": NOBODY}),
                    json!({"holder_id": NOBODY}),
                    json!({"ends_at": ends_at(-1)}),
                    json!({"ends_at": ends_at(365)}),
                    json!({"ends_at": "tomorrow"}),
                    json!({"starts_at": ends_at(3)}),
                ],
            },
        ),
        (
            "POST /api/mandates/{mandate_id}/revoke",
            Example {
                good: json!({"reason": "Enough."}),
                bad: vec![json!({"reason": ""}), json!({"reason": "x".repeat(2001)})],
            },
        ),
        (
            "POST /api/workflows/{workflow_id}/break-glass",
            Example {
                good: json!({"reason": "The shop is down, and nobody is awake.", "digest": others.urgent["digest"]}),
                bad: vec![json!({"reason": "Quick!"}), json!({"digest": "0".repeat(64)}), json!({"digest": "x"})],
            },
        ),
        (
            "POST /api/workflows/{workflow_id}/retry",
            Example { good: json!({"from": "failed_step"}), bad: vec![json!({"from": "middle"})] },
        ),
        (
            "POST /api/admin/dead-letters/retry",
            Example {
                good: json!({"filter": {"error": "no"}, "from": "start", "limit": 10, "dry_run": true}),
                bad: vec![
                    json!({"limit": 0}),
                    json!({"limit": 1001}),
                    json!({"from": "middle"}),
                    json!({"filter": {"error": ""}}),
                    json!({"filter": {"no_such_filter": 1}}),
                    json!({"filter": {"step_kind": "shell"}}),
                    json!({"filter": {"failed_from": "yesterday"}}),
                ],
            },
        ),
        (
            "POST /api/workflows/{workflow_id}/cancel",
            Example { good: json!({"reason": "Enough."}), bad: vec![json!({"reason": ""})] },
        ),
        (
            "POST /api/workflows/{workflow_id}/veto",
            Example { good: json!({"reason": "Wait."}), bad: vec![json!({"reason": ""})] },
        ),
    ]
}

/// What is wrong with the content of a type, new or changed.
fn bad_content() -> Vec<Value> {
    let step = |with| json!([{"name": "page", "kind": "render_template", "with": with}]);
    vec![
        json!({"name": ""}),
        json!({"description": "x".repeat(2001)}),
        json!({"input_schema": {"type": "no such type"}}),
        json!({"input_schema": {"$ref": "https://example.com/schema.json"}}),
        json!({"input_schema": {"maximum": 1e300}}),
        json!({"steps": []}),
        json!({"steps": [1]}),
        json!({"steps": [{"name": "page"}]}),
        json!({"steps": [{"name": "page", "kind": "shell", "with": {}}]}),
        json!({"steps": step(json!({}))}),
        json!({"steps": step(json!({"template": "{{ inputs.title"}))}),
        json!({"steps": step(json!({"template": "{% include 'x' %}"}))}),
        json!({"steps": step(json!({"template": "x", "format": "pdf"}))}),
        json!({"steps": step(json!({"template": "{{ steps.later.output }}"}))}),
        json!({"steps": [{"name": "a b", "kind": "render_template", "with": {"template": "x"}}]}),
        json!({"steps": [{"name": "call", "kind": "http_request", "with": {"url": "ftp://example.com"}}]}),
        json!({"steps": [{"name": "call", "kind": "http_request", "with": {"url": "no url"}}]}),
        json!({"steps": [{"name": "call", "kind": "http_request", "with": {"url": "https://x.example", "method": "BREW"}}]}),
        json!({"steps": [{"name": "page", "kind": "render_template", "with": {"template": "x"}, "max_attempts": 0}]}),
        json!({"steps": [{"name": "page", "kind": "render_template", "with": {"template": "x"}, "timeout_seconds": 301}]}),
        json!({"steps": [step(json!({"template": "x"}))[0], step(json!({"template": "x"}))[0]]}),
        json!({"steps": step(json!({"template": "{{ inputs.titel }}"}))}),
        json!({"steps": step(json!({"template": "{{ inputs.title | uper }}"}))}),
        json!({"steps": step(json!({"template": "{{ secrets.key }}"}))}),
        json!({"input_schema": {"type": "object", "properties": {"title": {"pattern": "(a)\\1"}}}}),
    ]
}

fn workflow_type() -> Example {
    let mut bad = bad_content();
    bad.extend([
        json!({"id": "website.page"}),
        json!({"id": "Website"}),
        json!({"id": ""}),
        json!({"domain": "Web Team"}),
    ]);
    Example { good: page_type("website.other", "web"), bad }
}

fn workflow_type_version() -> Example {
    let mut good = page_type("website.page", "web");
    good.as_object_mut().expect("an object").remove("id");
    good["name"] = json!("Another page");
    let mut bad = bad_content();
    bad.extend([json!({"domain": "shop"}), json!({"domain": "Web Team"}), json!({"id": "website.page"})]);
    Example { good, bad }
}

fn dry_run() -> Example {
    Example {
        good: json!({"version": 1, "inputs": {"title": "Good"}, "outputs": {}}),
        bad: vec![
            json!({"version": 7}),
            json!({"version": "1"}),
            json!({"inputs": {}}),
            json!({"inputs": {"title": 1}}),
            json!({"inputs": {"title": "a\u{0}b"}}),
            json!({"inputs": []}),
            json!({"outputs": []}),
            json!({"outputs": {"page": {"text": "x"}}}),
            json!({"outputs": {"no_such_step": {}}}),
        ],
    }
}

fn proposal() -> Example {
    Example {
        good: json!({
            "workflow_type": "website.page",
            "version": 1,
            "inputs": {"title": "Good"},
            "weekly_savings": "120.50",
            "reason": "It sells.",
        }),
        bad: vec![
            json!({"workflow_type": "website.none"}),
            json!({"workflow_type": "NOT AN ID"}),
            json!({"version": 7}),
            json!({"version": 0}),
            json!({"version": -1}),
            json!({"version": 99_999_999_999_u64}),
            json!({"inputs": {}}),
            json!({"inputs": {"title": 1}}),
            json!({"inputs": {"title": "x".repeat(81)}}),
            json!({"inputs": {"title": "x", "other": 1}}),
            json!({"inputs": {"title": "a\u{0}b"}}),
            json!({"weekly_savings": "-1"}),
            json!({"weekly_savings": "a lot"}),
            json!({"weekly_savings": "1e400"}),
            json!({"weekly_savings": "1.234"}),
            json!({"weekly_savings": "1234567890123"}),
            json!({"reason": ""}),
            json!({"reason": "x".repeat(2001)}),
            json!({"supersedes": NOBODY}),
            json!({"supersedes": "it"}),
        ],
    }
}

fn vote(workflow: &Value) -> Example {
    Example {
        good: json!({"workflow_id": workflow["id"], "vote": "approve", "comment": "Fine.", "digest": workflow["digest"]}),
        bad: vec![
            json!({"workflow_id": NOBODY}),
            json!({"workflow_id": "1"}),
            json!({"vote": "maybe"}),
            json!({"vote": ""}),
            json!({"comment": ""}),
            json!({"comment": "x".repeat(2001)}),
            json!({"digest": "0".repeat(64)}),
            json!({"digest": "0".repeat(63)}),
            json!({"digest": "z".repeat(64)}),
        ],
    }
}

fn draft() -> Example {
    let policy = |changes: Value| {
        let mut policy = json!({"decision_rule": {"kind": "unanimous"}});
        policy.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        json!({"policy": policy})
    };
    Example {
        good: json!({"policy": {"decision_rule": {"kind": "approvals", "required": 2}}, "days": 30}),
        bad: vec![
            json!({"days": 0}),
            json!({"days": 367}),
            json!({"days": -1}),
            json!({"days": 1.5}),
            json!({"policy": {}}),
            policy(json!({"decision_rule": {"kind": "approvals", "required": 4}})),
            policy(json!({"decision_rule": {"kind": "majority", "quorum_percent": 0, "threshold_percent": 50}})),
            policy(json!({"voting_period_seconds": 59})),
            policy(json!({"on_expiry": "escalate"})),
            policy(json!({"on_expiry": "escalate", "escalate_to": "web-team"})),
            policy(json!({"on_expiry": "escalate", "escalate_to": "no-such-council"})),
            policy(json!({"blocked_action_types": [""]})),
            policy(json!({"no_such_rule": 1})),
        ],
    }
}

fn council(world: &World) -> Example {
    let policy = |changes| {
        let mut policy = json!({"decision_rule": {"kind": "unanimous"}});
        policy.as_object_mut().expect("an object").extend(serde_json::Map::from_iter([changes]));
        json!({"policy": policy})
    };
    let rule = |rule| policy(("decision_rule".to_owned(), rule));
    Example {
        good: json!({
            "id": "sales",
            "name": "Sales",
            "purpose": "Sells.",
            "domains": ["sales"],
            "seats": {world.operators[1].id.to_string(): "chair"},
            "policy": {"decision_rule": {"kind": "unanimous"}},
        }),
        bad: vec![
            json!({"id": "web-team"}),
            json!({"id": "Web Team"}),
            json!({"name": ""}),
            json!({"domains": ["Not A Domain"]}),
            json!({"seats": {NOBODY: "member"}}),
            json!({"seats": {"me": "member"}}),
            json!({"seats": {world.operators[0].id.to_string(): "king"}}),
            rule(json!({"kind": "coin"})),
            rule(json!(["unanimous"])),
            rule(json!({"kind": "unanimous", "no_such_field": 1})),
            rule(json!({"kind": "approvals", "required": 0})),
            rule(json!({"kind": "approvals", "required": 2})),
            rule(json!({"kind": "majority", "quorum_percent": 101, "threshold_percent": 50})),
            policy(("voting_period_seconds".to_owned(), json!(1))),
            policy(("cooling_off_seconds".to_owned(), json!(-1))),
            policy(("review_actions".to_owned(), json!(["**"]))),
            policy(("no_such_rule".to_owned(), json!(1))),
        ],
    }
}
