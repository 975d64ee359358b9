//! Asking what would happen.

use serde_json::json;

use crate::{organisation, page_type};

#[tokio::test]
async fn what_would_happen_is_told_with_the_reason_and_nothing_is_done() {
    let policy = json!({
        "decision_rule": {"kind": "unanimous"},
        "review_actions": ["website.risky"],
        "review_threshold_weekly_savings": "1000",
        "blocked_action_types": ["website.never"],
    });
    let (world, served) = organisation(policy).await;
    let admin = served.client().with(&world.admin.token);
    for id in ["website.risky", "website.never"] {
        admin.post("/api/workflow-types", &page_type(id, "web")).await.expect(201);
    }
    let agent = served.client().with(&world.agent_key);
    let before = world.database.fingerprint().await;
    let ask = async |council: &str, action: serde_json::Value| {
        agent.post(&format!("/api/councils/{council}/check-action"), &action).await.expect(200)
    };
    for (action, outcome, because) in [
        (json!({"workflow_type": "website.never"}), "blocked", "type_blocked"),
        (json!({"workflow_type": "website.risky", "weekly_savings": "1"}), "review", "type_reviewed"),
        (json!({"workflow_type": "website.page", "weekly_savings": "1000"}), "review", "value_reviewed"),
        (json!({"workflow_type": "website.page"}), "review", "value_reviewed"),
        (json!({"workflow_type": "website.page", "weekly_savings": "999.99"}), "straight_through", "not_asked"),
        (
            json!({"workflow_type": "website.page", "inputs": {"title": "x"}, "weekly_savings": "1"}),
            "straight_through",
            "not_asked",
        ),
    ] {
        let told = ask("web-team", action.clone()).await;
        assert_eq!((&told["overall"]["outcome"], &told["because"]), (&json!(outcome), &json!(because)), "{action}");
        assert_eq!(told["responsible"], true);
    }
    let told = ask("governance", json!({"workflow_type": "website.never"})).await;
    assert_eq!((&told["responsible"], &told["because"]), (&json!(false), &json!(null)));
    assert_eq!(told["overall"]["findings"][0]["council_id"], "web-team");
    let bad = json!({"workflow_type": "website.page", "inputs": {"title": 7}});
    let refused = agent.post("/api/councils/web-team/check-action", &bad).await;
    refused.problem(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/inputs/title");
    assert_eq!(world.database.fingerprint().await, before);
}
