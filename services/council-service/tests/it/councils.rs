//! Changing councils: nobody overwrites what they have not seen, and open proposals are never left behind.

use reqwest::Method;
use serde_json::{Value, json};
use testing::log_in;

use crate::{ballot, change, organisation, page_type, propose, tag};

const WEB_TEAM: &str = "/api/councils/web-team";
const ADMIN_WEB_TEAM: &str = "/api/admin/councils/web-team";

fn two() -> Value {
    json!({"decision_rule": {"kind": "approvals", "required": 2}})
}

#[tokio::test]
async fn a_council_is_changed_by_who_saw_how_it_is() {
    let (world, served) = organisation(two()).await;
    let admin = served.client().with(&world.admin.token);
    let seen = tag(&admin, WEB_TEAM).await;
    let body = json!({"name": "Web", "domains": ["web", "blog"]});
    let missing = admin.send(admin.request(Method::PATCH, ADMIN_WEB_TEAM).json(&body)).await;
    assert_eq!(missing.problem(428), "if_match_needed");
    let changed = change(&admin, Method::PATCH, ADMIN_WEB_TEAM, &seen, &body).await;
    let newer = changed.headers["etag"].to_str().expect("text").to_owned();
    let changed = changed.expect(200);
    assert_eq!((&changed["name"], &changed["domains"]), (&json!("Web"), &json!(["blog", "web"])));
    assert_ne!(newer, seen);
    assert_eq!(newer, tag(&admin, WEB_TEAM).await);
    let late = change(&admin, Method::PATCH, ADMIN_WEB_TEAM, &seen, &json!({"purpose": "Mine."})).await;
    assert_eq!(late.problem(412), "changed_meanwhile");
    // A seat is part of it, too.
    let seat = format!("{ADMIN_WEB_TEAM}/seats/{}", world.admin.id);
    admin.put(&seat, &json!({"seat": "member"})).await.expect(200);
    let admin = served.client().with(&log_in(&world.database, world.admin.id).await.token);
    let late = change(&admin, Method::PATCH, ADMIN_WEB_TEAM, &newer, &json!({"purpose": "Mine."})).await;
    assert_eq!(late.problem(412), "changed_meanwhile");
    assert_eq!(admin.get(WEB_TEAM).await.expect(200)["purpose"], "");
    let by_domain = admin.get("/api/councils?domain=blog&state=active").await.expect(200);
    assert_eq!(by_domain["councils"].as_array().map(Vec::len), Some(1));
    assert_eq!(admin.get("/api/councils?state=retired").await.expect(200)["councils"], json!([]));
}

#[tokio::test]
async fn a_new_policy_counts_from_the_next_proposal_on_and_tells_what_it_changes() {
    let (world, served) = organisation(two()).await;
    let admin = served.client().with(&world.admin.token);
    let agent = served.client().with(&world.agent_key);
    let before = propose(&agent, "Before").await;
    let policy = json!({"policy": {"decision_rule": {"kind": "unanimous"}, "chair_veto": true}});
    let path = format!("{ADMIN_WEB_TEAM}/policy");
    let saved = change(&admin, Method::PUT, &path, &tag(&admin, WEB_TEAM).await, &policy).await.expect(200);
    assert_eq!(saved["policy_version"], 2);
    // The same once more is no new version.
    let again = change(&admin, Method::PUT, &path, &tag(&admin, WEB_TEAM).await, &policy).await.expect(200);
    assert_eq!(again["policy_version"], 2);
    let impossible = json!({"policy": {"decision_rule": {"kind": "approvals", "required": 4}}});
    let refused = change(&admin, Method::PUT, &path, &tag(&admin, WEB_TEAM).await, &impossible).await;
    assert_eq!(refused.problem(422), "invalid_body");
    for nobody in ["web-team", "no-such-council"] {
        let policy =
            json!({"policy": {"decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate", "escalate_to": nobody}});
        let refused = change(&admin, Method::PUT, &path, &tag(&admin, WEB_TEAM).await, &policy).await;
        refused.problem(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/policy/escalate_to");
    }

    let versions = agent.get("/api/councils/web-team/policy/versions").await.expect(200);
    let sentences: Vec<_> = versions["versions"][0]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| change["sentence"].as_str().expect("a sentence"))
        .collect();
    assert_eq!(
        sentences,
        [
            "chair veto changed from false to true",
            "decision rule, kind changed from approvals to unanimous",
            "decision rule, required is gone; it was 2",
        ]
    );
    let back = agent.get("/api/councils/web-team/policy/diff?from=2&to=1").await.expect(200);
    assert_eq!(back["changes"].as_array().map(Vec::len), Some(3));
    assert_eq!(agent.get("/api/councils/web-team/policy/diff?from=2&to=9").await.problem(404), "not_found");

    let after = propose(&agent, "After").await;
    assert_eq!(
        (&before["reviews"][0]["policy_version"], &after["reviews"][0]["policy_version"]),
        (&json!(1), &json!(2))
    );
    for (workflow, outcome) in [(&before, "approved"), (&after, "open")] {
        let mut last = Value::Null;
        for operator in &world.operators[..2] {
            let client = served.client().with(&operator.token);
            last = client.post("/api/councils/web-team/vote", &ballot(workflow, "approve")).await.expect(200);
        }
        assert_eq!(last["outcome"], outcome);
    }
}

#[tokio::test]
async fn a_council_is_retired_with_its_open_proposals_moved_or_cancelled() {
    let (world, served) = organisation(two()).await;
    let admin = served.client().with(&world.admin.token);
    let agent = served.client().with(&world.agent_key);
    let (first, retire) = (propose(&agent, "First").await, format!("{ADMIN_WEB_TEAM}/retire"));
    let seen = tag(&admin, WEB_TEAM).await;
    let refused = change(&admin, Method::POST, &retire, &seen, &json!({"open_proposals": "refuse"})).await;
    assert_eq!(refused.problem(409), "open_proposals");
    for nobody in ["web-team", "no-such-council"] {
        let to = json!({"open_proposals": "move", "to": nobody});
        assert_eq!(change(&admin, Method::POST, &retire, &seen, &to).await.problem(422), "invalid_body");
    }
    let default = tag(&admin, "/api/councils/governance").await;
    let refuse = json!({"open_proposals": "refuse"});
    let kept = change(&admin, Method::POST, "/api/admin/councils/governance/retire", &default, &refuse).await;
    assert_eq!(kept.problem(409), "default_council");
    let counting = json!({
        "id": "sales", "name": "Sales", "domains": ["sales"],
        "policy": {"decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate", "escalate_to": "web-team"},
    });
    admin.post("/api/admin/councils", &counting).await.expect(201);
    let to = json!({"open_proposals": "move", "to": "governance"});
    assert_eq!(change(&admin, Method::POST, &retire, &seen, &to).await.problem(409), "escalated_to");
    let sales = tag(&admin, "/api/councils/sales").await;
    change(&admin, Method::POST, "/api/admin/councils/sales/retire", &sales, &refuse).await.expect(200);

    let retired = change(&admin, Method::POST, &retire, &seen, &to).await.expect(200);
    assert_eq!(retired["state"], "retired");
    let moved = agent.get(&format!("/api/workflows/{}", first["id"].as_str().expect("an id"))).await.expect(200);
    let reviews: Vec<_> =
        moved["reviews"].as_array().expect("reviews").iter().map(|r| (&r["council_id"], &r["outcome"])).collect();
    assert_eq!(reviews, [(&json!("governance"), &json!("open")), (&json!("web-team"), &json!("escalated"))]);
    // What comes later goes where the domain goes now, and who holds a seat of the old council has no say.
    let second = propose(&agent, "Second").await;
    assert_eq!(second["reviews"][0]["council_id"], "governance");
    let operator = served.client().with(&world.operators[0].token);
    let vote = operator.post("/api/councils/web-team/vote", &ballot(&first, "approve")).await;
    assert_eq!(vote.problem(409), "already_decided");
    let changed =
        change(&admin, Method::PATCH, ADMIN_WEB_TEAM, &tag(&admin, WEB_TEAM).await, &json!({"name": "X"})).await;
    assert_eq!(changed.problem(409), "retired");
}

#[tokio::test]
async fn a_retired_councils_open_proposals_can_be_cancelled() {
    let (world, served) = organisation(two()).await;
    let admin = served.client().with(&world.admin.token);
    let agent = served.client().with(&world.agent_key);
    let workflow = propose(&agent, "Open").await;
    let retire = format!("{ADMIN_WEB_TEAM}/retire");
    let cancel = json!({"open_proposals": "cancel"});
    change(&admin, Method::POST, &retire, &tag(&admin, WEB_TEAM).await, &cancel).await.expect(200);
    let found = agent.get(&format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&found["status"], &found["reviews"][0]["outcome"]), (&json!("cancelled"), &json!("cancelled")));
}

#[tokio::test]
async fn a_review_that_nobody_decides_is_handed_to_the_council_that_the_policy_names() {
    let policy = json!({
        "decision_rule": {"kind": "approvals", "required": 2}, "on_expiry": "escalate", "escalate_to": "governance",
    });
    let (world, served) = organisation(policy).await;
    let (agent, admin) = (served.client().with(&world.agent_key), served.client().with(&world.admin.token));
    // Proposed by an operator, so that the admin may decide in the end.
    let operator = served.client().with(&world.operators[0].token);
    let workflow = propose(&operator, "Slow").await;
    let past = "UPDATE workflow_reviews SET deadline = now() - interval '1 second' WHERE outcome = 'open'";
    world.database.execute(past).await;
    let mut worker = world.database.connect("workflow_worker").await;
    let close = database::governance::close_reviews::close_due_reviews;
    assert_eq!(close(&mut worker, 10).await.expect("closes"), 1);
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let found = agent.get(&path).await.expect(200);
    assert_eq!(found["status"], "pending_review");
    let reviews: Vec<_> =
        found["reviews"].as_array().expect("reviews").iter().map(|r| (&r["council_id"], &r["outcome"])).collect();
    assert_eq!(reviews, [(&json!("governance"), &json!("open")), (&json!("web-team"), &json!("escalated"))]);
    let mut vote = ballot(&workflow, "approve");
    vote["comment"] = json!("In their place.");
    let recorded = admin.post("/api/councils/governance/vote", &vote).await.expect(200);
    assert_eq!(recorded["status"], "queued");
}

#[tokio::test]
async fn a_quorum_that_comes_late_leaves_the_others_time_to_answer_once() {
    let policy = json!({
        "decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50},
        "voting_period_seconds": 3600, "late_quorum_extension_seconds": 600,
    });
    let (world, served) = organisation(policy).await;
    let agent = served.client().with(&world.agent_key);
    let deadline = async |workflow: &Value| {
        let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
        let found = agent.get(&path).await.expect(200);
        let events = found["timeline"].as_array().expect("events").iter();
        let extensions = events.filter(|event| event["event"] == "deadline_extended").count();
        (found["reviews"][0]["deadline"].as_str().expect("a time").to_owned(), extensions)
    };
    let vote = async |index: usize, workflow: &Value, vote: &str| {
        let operator = served.client().with(&world.operators[index].token);
        operator.post("/api/councils/web-team/vote", &ballot(workflow, vote)).await.expect(200)
    };
    // In time: nothing moves.
    let early = propose(&agent, "Early").await;
    let before = deadline(&early).await;
    vote(0, &early, "approve").await;
    assert_eq!(vote(1, &early, "abstain").await["outcome"], "open");
    assert_eq!(deadline(&early).await, before);

    let late = propose(&agent, "Late").await;
    let last_minute = "UPDATE workflow_reviews SET deadline = now() + interval '1 minute' WHERE outcome = 'open'";
    world.database.execute(last_minute).await;
    let before = deadline(&late).await;
    vote(0, &late, "approve").await;
    assert_eq!(deadline(&late).await, before, "one of three is no quorum");
    assert_eq!(vote(1, &late, "abstain").await["outcome"], "open");
    let extended = deadline(&late).await;
    assert!(extended.0 > before.0, "{extended:?}");
    assert_eq!(extended.1, 1);
    // Once: who changes their mind in the new last minute moves nothing.
    world.database.execute(last_minute).await;
    let before = deadline(&late).await;
    assert_eq!(vote(1, &late, "abstain").await["outcome"], "open");
    assert_eq!(deadline(&late).await, before);
    // And somebody answers.
    assert_eq!(vote(2, &late, "reject").await["outcome"], "rejected");
}

#[tokio::test]
async fn two_who_change_a_council_at_once_do_not_both() {
    let (world, served) = organisation(two()).await;
    let admin = served.client().with(&world.admin.token);
    let seen = tag(&admin, WEB_TEAM).await;
    let changes = (0..8).map(|n| {
        let (admin, seen) = (admin.clone(), seen.clone());
        async move {
            change(&admin, Method::PATCH, ADMIN_WEB_TEAM, &seen, &json!({"name": format!("N{n}")}))
                .await
                .status
                .as_u16()
        }
    });
    let answers = futures_util::future::join_all(changes).await;
    assert_eq!(answers.iter().filter(|&&status| status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|&&status| status == 412).count(), 7, "{answers:?}");
    admin.post("/api/workflow-types", &page_type("web.other", "web")).await.expect(201);
}
