//! Running a workflow before its councils have decided, and answering for it.

use governance::workflow::Vote;
use serde_json::{Value, json};
use testing::{Client, Person, Served, World, log_in};

use crate::{ballot, organisation, propose};

const REASON: &str = "The shop is down and the page says so to nobody.";

async fn break_glass(client: &Client, workflow: &Value) -> testing::Answer {
    let path = format!("/api/workflows/{}/break-glass", workflow["id"].as_str().expect("an id"));
    client.post(&path, &json!({"reason": REASON, "digest": workflow["digest"]})).await
}

/// As `POST /api/auth/totp/verify` leaves it: the session has just shown a code.
pub async fn show_code(world: &World, person: &Person, minutes_ago: u32) {
    let shown = format!(
        "UPDATE sessions SET second_factor_at = now() - interval '{minutes_ago} minutes' WHERE id = '{}'",
        person.claims.sid
    );
    assert_eq!(world.database.execute(&shown).await, 1);
}

async fn pending(world: &World, served: &Served, title: &str) -> Value {
    propose(&served.client().with(&world.operators[2].token), title).await
}

#[tokio::test]
async fn an_admin_with_a_fresh_code_runs_it_now_and_the_council_ratifies() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = pending(&world, &served, "Down").await;
    assert_eq!(break_glass(&admin, &workflow).await.problem(403), "second_factor_needed");
    show_code(&world, &world.admin, 6).await;
    assert_eq!(break_glass(&admin, &workflow).await.problem(403), "second_factor_needed", "entered too long ago");
    show_code(&world, &world.admin, 1).await;
    let other_session = served.client().with(&log_in(&world.database, world.admin.id).await.token);
    assert_eq!(break_glass(&other_session, &workflow).await.problem(403), "second_factor_needed");
    let chair = served.client().with(&world.operators[0].token);
    assert_eq!(break_glass(&chair, &workflow).await.problem(403), "forbidden", "no admin");
    let mut other = workflow.clone();
    other["digest"] = json!("0".repeat(64));
    assert_eq!(break_glass(&admin, &other).await.problem(409), "digest_mismatch");
    let short = json!({"reason": "Quick!", "digest": workflow["digest"]});
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    assert_eq!(admin.post(&format!("{path}/break-glass"), &short).await.problem(422), "invalid_body");

    let broken = break_glass(&admin, &workflow).await.expect(200);
    assert_eq!((&broken["status"], &broken["basis"]), (&json!("queued"), &json!("break_glass")));
    assert_eq!(
        (&broken["reviews"][0]["kind"], &broken["reviews"][0]["outcome"]),
        (&json!("ratification"), &json!("open"))
    );
    let last: Vec<_> = broken["timeline"].as_array().expect("events").iter().map(|event| &event["event"]).collect();
    assert_eq!(last, ["proposed", "glass_broken", "queued"]);
    assert_eq!(break_glass(&admin, &workflow).await.problem(409), "not_waiting");
    let inbox = chair.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(inbox["workflows"][0]["id"], workflow["id"], "it waits for their word all the same");
    let inbox = admin.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(inbox["workflows"], json!([]), "who broke it is not asked");

    // Until it is ratified, neither its admin nor its proposer breaks the glass again.
    let next = pending(&world, &served, "Again").await;
    assert_eq!(break_glass(&admin, &next).await.problem(409), "not_ratified");
    // Who broke it has no vote on it.
    let mut own = ballot(&workflow, "approve");
    own["comment"] = json!("I was right.");
    assert_eq!(admin.post("/api/councils/web-team/vote", &own).await.problem(403), "forbidden");

    for index in [0, 1] {
        let operator = served.client().with(&world.operators[index].token);
        operator.post("/api/councils/web-team/vote", &ballot(&workflow, "approve")).await.expect(200);
    }
    let ratified = admin.get(&path).await.expect(200);
    assert_eq!((&ratified["status"], &ratified["reviews"][0]["outcome"]), (&json!("queued"), &json!("approved")));
    let last = ratified["timeline"].as_array().and_then(|events| events.last()).expect("an event").clone();
    assert_eq!(last["event"], "ratified");
    break_glass(&admin, &next).await.expect(200);
}

#[tokio::test]
async fn what_is_not_ratified_in_time_is_told_and_still_waited_for() {
    let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}, "on_expiry": "approve"});
    let (world, served) = organisation(policy).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = pending(&world, &served, "Down").await;
    show_code(&world, &world.admin, 0).await;
    break_glass(&admin, &workflow).await.expect(200);
    world.database.execute("UPDATE workflow_reviews SET deadline = now() - interval '1 second'").await;
    let mut worker = world.database.connect("workflow_worker").await;
    let close = database::governance::close_reviews::close_due_reviews;
    assert_eq!(close(&mut worker, 10).await.expect("looks"), 1);
    assert_eq!(close(&mut worker, 10).await.expect("looks"), 0, "told once");
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let overdue = admin.get(&path).await.expect(200);
    assert_eq!(overdue["reviews"][0]["outcome"], "open", "silence ratifies nothing");
    let last = overdue["timeline"].as_array().and_then(|events| events.last()).expect("an event").clone();
    assert_eq!(last["event"], "ratification_overdue");
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    world.vote(&world.operators[0], id, Vote::Approve).await.expect("votes late");
    world.vote(&world.operators[1], id, Vote::Approve).await.expect("votes late");
    assert_eq!(admin.get(&path).await.expect(200)["reviews"][0]["outcome"], "approved");
}

#[tokio::test]
async fn a_council_that_refuses_takes_the_hammer_away() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = pending(&world, &served, "Down").await;
    show_code(&world, &world.admin, 0).await;
    break_glass(&admin, &workflow).await.expect(200);
    let id = workflow["id"].as_str().expect("an id").parse().expect("an id");
    // Of two seats that may vote, the proposer's being the third, one is enough to make two approvals impossible.
    world.vote(&world.operators[0], id, Vote::Reject).await.expect("votes");
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let refused = admin.get(&path).await.expect(200);
    assert_eq!((&refused["status"], &refused["reviews"][0]["outcome"]), (&json!("queued"), &json!("rejected")));
    let last = refused["timeline"].as_array().and_then(|events| events.last()).expect("an event").clone();
    assert_eq!(last["event"], "ratification_refused");
    let next = pending(&world, &served, "Again").await;
    assert_eq!(break_glass(&admin, &next).await.problem(409), "not_ratified");
    // What was done stays as it is.
    let mut owner = world.database.connect_as_owner().await;
    let forged = diesel::sql_query("UPDATE break_glass SET refused_at = NULL, ratified_at = now()");
    let error = diesel_async::RunQueryDsl::execute(forged, &mut owner).await.expect_err("is refused");
    assert!(error.to_string().contains("only ratified or refused, once"), "{error}");
}

#[tokio::test]
async fn two_glasses_are_not_broken_at_once() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let (first, second) = (pending(&world, &served, "One").await, pending(&world, &served, "Two").await);
    show_code(&world, &world.admin, 0).await;
    let answers = futures_util::future::join(break_glass(&admin, &first), break_glass(&admin, &second)).await;
    let statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    assert!(statuses.contains(&200) && statuses.contains(&409), "{statuses:?}");
}
