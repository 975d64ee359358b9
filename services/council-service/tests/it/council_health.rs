//! How councils are doing.

use std::time::Duration;

use common::roles::Role;
use serde_json::{Value, json};

use crate::{ballot, organisation, propose, serve};

/// What the report says of a person.
fn of<'a>(report: &'a Value, person: &testing::Person) -> &'a Value {
    let operators = report["operators"].as_array().expect("operators");
    operators.iter().find(|one| one["user_id"] == json!(person.id)).expect("is told of")
}

#[tokio::test]
async fn a_council_is_told_how_it_is_doing() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let agent = served.client().with(&world.agent_key);
    let [stamper, reader, away] = &*world.operators else { panic!("three operators") };
    let vote = async |person: &testing::Person, workflow: &Value, vote| {
        let client = served.client().with(&person.token);
        client.post("/api/councils/web-team/vote", &ballot(workflow, vote)).await.expect(200);
    };
    for title in ["One", "Two", "Three"] {
        let workflow = propose(&agent, title).await;
        vote(stamper, &workflow, "approve").await;
        // Time is injected: the review was opened two minutes ago when the second vote comes.
        world.database.execute("ALTER TABLE workflow_reviews DISABLE TRIGGER USER").await;
        world.database.execute("ALTER TABLE votes DISABLE TRIGGER USER").await;
        for table in ["workflow_reviews SET opened_at = opened_at", "votes SET cast_at = cast_at"] {
            let earlier = format!("UPDATE {table} - interval '2 minutes' WHERE workflow_id = {}", quoted(&workflow));
            world.database.execute(&earlier).await;
        }
        vote(reader, &workflow, "approve").await;
    }
    let open = propose(&agent, "Open").await;
    vote(reader, &open, "reject").await;

    let client = served.client().with(&away.token);
    let report = client.get("/api/councils/web-team/health").await.expect(200);
    assert_eq!(report["council_id"], "web-team");
    assert_eq!(report["is_complete"], true);
    assert_eq!(
        report["reviews"],
        json!({"opened": 4, "decided": 3, "expired": 0, "escalated": 0, "cancelled": 0, "open": 1})
    );
    for times in ["seconds_to_quorum", "seconds_to_decision"] {
        let median = report[times]["median"].as_i64().expect("a time");
        assert!((120..180).contains(&median), "{times}: {median}");
    }
    assert_eq!(report["participation"], json!(6.0 / 9.0));
    assert_eq!(report["rubber_stamp_ratio"], json!(0.5));
    let stamps = of(&report, stamper);
    assert_eq!((&stamps["name"], &stamps["voted"], &stamps["share"]), (&json!("chair"), &json!(3), &json!(1.0)));
    assert_eq!((&stamps["rubber_stamp_ratio"], &stamps["absent"]), (&json!(1.0), &json!(false)));
    let reads = of(&report, reader);
    assert_eq!((&reads["rubber_stamp_ratio"], &reads["seated"]), (&json!(0.0), &json!(true)));
    assert!(reads["last_voted_at"].is_string());
    let absent = of(&report, away);
    assert_eq!((&absent["could_vote"], &absent["voted"], &absent["absent"]), (&json!(3), &json!(0), &json!(true)));
    assert_eq!(absent["last_voted_at"], Value::Null);

    // Nothing of it is older than a day; a council without reviews has nothing to tell.
    let day = client.get("/api/councils/web-team/health?days=1").await.expect(200);
    assert_eq!(day["reviews"], report["reviews"]);
    let idle = client.get("/api/councils/governance/health?days=366").await.expect(200);
    assert_eq!((&idle["participation"], &idle["operators"]), (&Value::Null, &json!([])));
    for bad in ["days=0", "days=367", "days=", "days=1.5", "since=1"] {
        let answer = client.get(&format!("/api/councils/web-team/health?{bad}")).await;
        assert_eq!(answer.problem(400), "invalid_query", "{bad}");
    }
    assert_eq!(client.get("/api/councils/no-such/health").await.problem(404), "not_found");

    // Figures are made when a service starts, and once a minute.
    let another = serve(&world).await;
    let made = async {
        loop {
            let metrics = another.client().get("/metrics").await.expect(200).as_str().expect("text").to_owned();
            if metrics.contains("council_open_reviews") {
                return metrics;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let metrics = tokio::time::timeout(Duration::from_secs(30), made).await.expect("figures are made");
    for line in [
        "council_participation_ratio{council=\"web-team\"} 0.6666666666666666",
        "council_rubber_stamp_ratio{council=\"web-team\"} 0.5",
        "council_open_reviews{council=\"web-team\"} 1",
        "council_open_reviews{council=\"governance\"} 0",
        "council_absent_operators{council=\"web-team\"} 1",
        "council_time_to_quorum_seconds{council=\"web-team\"} 12",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains("council_participation_ratio{council=\"governance\"}"), "of nothing nothing is said");
    // It is about people: an agent has no business with it.
    assert_eq!(agent.get("/api/councils/web-team/health").await.status, 401);
    let viewer = testing::person(&world.database, "viewer", Role::Viewer).await;
    served.client().with(&viewer.token).get("/api/councils/web-team/health").await.expect(200);
}

fn quoted(workflow: &Value) -> String {
    format!("'{}'", workflow["id"].as_str().expect("an id"))
}
