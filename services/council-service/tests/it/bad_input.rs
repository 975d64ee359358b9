//! No endpoint takes what it should not.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testing::World;
use testing::hostile::{Example, Hostile};

use crate::{organisation, page_type, propose};

const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test]
async fn every_endpoint_refuses_bad_input_and_writes_nothing() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let client = served.client();
    let workflow = propose(&client.with(&world.agent_key), "Hello").await;
    let workflow_id = workflow["id"].as_str().expect("an id").to_owned();
    let bodies = BTreeMap::from([
        ("POST /api/workflow-types", workflow_type()),
        ("POST /api/workflows", proposal()),
        ("POST /api/councils/{council_id}/vote", vote(&workflow)),
        ("POST /api/admin/councils", council(&world)),
        ("POST /api/councils/{council_id}/policy/simulate", draft()),
        (
            "PUT /api/admin/councils/{council_id}/seats/{user_id}",
            Example { good: json!({"seat": "member"}), bad: vec![json!({"seat": "king"})] },
        ),
    ]);
    let hostile = Hostile {
        api: &council_service::openapi(),
        client,
        admin: &world.admin,
        database: &world.database,
        open: &[],
        senders: BTreeMap::from([
            ("POST /api/workflows", &world.operators[0]),
            ("POST /api/councils/{council_id}/vote", &world.operators[0]),
        ]),
        headers: BTreeMap::new(),
        parameters: BTreeMap::from([
            ("council_id", "web-team".to_owned()),
            ("user_id", world.operators[2].id.to_string()),
            ("workflow_type", "website.page".to_owned()),
            ("workflow_id", workflow_id.clone()),
        ]),
        bodies,
    };
    let refused = hostile.refused().await;
    eprintln!("{refused} bad requests were refused");
}

fn workflow_type() -> Example {
    let step = |with| json!([{"name": "page", "kind": "render_template", "with": with}]);
    Example {
        good: page_type("website.other", "web"),
        bad: vec![
            json!({"id": "website.page"}),
            json!({"id": "Website"}),
            json!({"id": ""}),
            json!({"domain": "Web Team"}),
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
            json!({"version": 2}),
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
