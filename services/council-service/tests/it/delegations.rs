//! Standing in for the holder of a seat.

use chrono::{TimeDelta, Utc};
use common::roles::Role;
use serde_json::{Value, json};
use testing::{Client, log_in, person};

use crate::{ballot, organisation, propose};

const PATH: &str = "/api/councils/web-team/delegations";

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).to_rfc3339()
}

async fn vote(client: &Client, workflow: &Value, vote: &str) -> testing::Answer {
    client.post("/api/councils/web-team/vote", &ballot(workflow, vote)).await
}

#[tokio::test]
async fn a_stand_in_votes_in_place_of_the_holder_and_the_record_says_for_whom() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let colleague = person(&world.database, "colleague", Role::CouncilOperator).await;
    let clients = |token: &str| served.client().with(token);
    let [chair, holder, other] = &*world.operators else { panic!("three operators") };
    let (chair, holder_client) = (clients(&chair.token), clients(&holder.token));
    let agent = clients(&world.agent_key);
    let early = propose(&agent, "Early").await;
    vote(&holder_client, &early, "approve").await.expect(200);
    assert_eq!(vote(&clients(&colleague.token), &early, "approve").await.problem(403), "forbidden");

    let new = json!({"delegate_id": colleague.id, "ends_at": in_days(14)});
    let delegation = holder_client.post(PATH, &new).await.expect(201);
    assert_eq!(delegation["holder_id"], json!(holder.id));
    let stand_in = clients(&log_in(&world.database, colleague.id).await.token);
    let listed = agent.get(PATH).await.expect(200);
    assert_eq!(listed["delegations"][0]["delegate_id"], json!(colleague.id));

    let workflow = propose(&agent, "Hello").await;
    assert_eq!(vote(&holder_client, &workflow, "approve").await.problem(409), "seat_delegated");
    let inbox = |client: &Client| {
        let client = client.clone();
        async move {
            let page = client.get("/api/workflows?awaiting=me").await.expect(200);
            page["workflows"].as_array().expect("workflows").len()
        }
    };
    assert_eq!(inbox(&holder_client).await, 0, "what waits for them waits for their stand-in");
    assert_eq!(inbox(&stand_in).await, 2);
    // The holder's earlier vote stands until their stand-in casts another.
    assert_eq!(vote(&chair, &early, "reject").await.expect(200)["tally"]["approve"], 1);
    let recorded = vote(&stand_in, &early, "reject").await.expect(200);
    assert_eq!((&recorded["tally"]["approve"], &recorded["outcome"]), (&json!(0), &json!("rejected")));

    vote(&stand_in, &workflow, "approve").await.expect(200);
    let recorded = vote(&chair, &workflow, "approve").await.expect(200);
    assert_eq!(recorded["status"], "queued");
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let votes = agent.get(&path).await.expect(200)["votes"].clone();
    assert_eq!((&votes[0]["seat_of"], &votes[0]["as_admin"]), (&json!(holder.id), &json!(false)));
    assert_eq!(votes[0]["voter"]["id"], json!(colleague.id));

    let end = format!("{PATH}/{}", delegation["id"].as_str().expect("an id"));
    let other = clients(&other.token);
    assert_eq!(other.send(other.request("DELETE".parse().expect("a method"), &end)).await.problem(403), "forbidden");
    holder_client.send(holder_client.request("DELETE".parse().expect("a method"), &end)).await.expect(204);
    let later = propose(&agent, "Later").await;
    vote(&holder_client, &later, "approve").await.expect(200);
    assert_eq!(vote(&stand_in, &later, "approve").await.problem(403), "forbidden");
}

#[tokio::test]
async fn nobody_gets_two_votes_by_standing_in() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let [chair, first, second] = &*world.operators else { panic!("three operators") };
    let colleague = person(&world.database, "colleague", Role::CouncilOperator).await;
    let viewer = person(&world.database, "viewer", Role::Viewer).await;
    let (first_client, second_client) = (served.client().with(&first.token), served.client().with(&second.token));
    let admin = served.client().with(&world.admin.token);
    let refused = async |client: &Client, body: Value| client.post(PATH, &body).await.problem(422);
    for delegate in [json!(chair.id), json!(viewer.id), json!("01900000-0000-7000-8000-000000000000")] {
        refused(&first_client, json!({"delegate_id": delegate, "ends_at": in_days(1)})).await;
    }
    for (starts_at, ends_at) in [(0, -1), (2, 1), (0, 91)] {
        let body = json!({"delegate_id": colleague.id, "starts_at": in_days(starts_at), "ends_at": in_days(ends_at)});
        refused(&first_client, body).await;
    }
    refused(&admin, json!({"holder_id": colleague.id, "delegate_id": world.admin.id, "ends_at": in_days(1)})).await;
    let for_another = json!({"holder_id": chair.id, "delegate_id": colleague.id, "ends_at": in_days(1)});
    assert_eq!(first_client.post(PATH, &for_another).await.problem(403), "forbidden");

    first_client.post(PATH, &json!({"delegate_id": colleague.id, "ends_at": in_days(7)})).await.expect(201);
    let taken = json!({"delegate_id": colleague.id, "ends_at": in_days(3)});
    assert_eq!(second_client.post(PATH, &taken).await.problem(409), "already_delegated");
    assert_eq!(first_client.post(PATH, &taken).await.problem(409), "already_delegated");
    let seat = format!("/api/admin/councils/web-team/seats/{}", colleague.id);
    assert_eq!(admin.put(&seat, &json!({"seat": "member"})).await.problem(409), "already_delegated");
    // Afterwards somebody else may.
    let later = json!({"delegate_id": colleague.id, "starts_at": in_days(8), "ends_at": in_days(9)});
    second_client.post(PATH, &later).await.expect(201);
}

#[tokio::test]
async fn nobody_stands_in_for_a_vote_on_their_own_or_the_holders_proposal() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let colleague = person(&world.database, "colleague", Role::CouncilOperator).await;
    let holder = served.client().with(&world.operators[1].token);
    let by_holder = propose(&holder, "The holder's").await;
    holder.post(PATH, &json!({"delegate_id": colleague.id, "ends_at": in_days(7)})).await.expect(201);
    let stand_in = served.client().with(&log_in(&world.database, colleague.id).await.token);
    let own = propose(&stand_in, "Their own").await;
    for workflow in [&by_holder, &own] {
        assert_eq!(vote(&stand_in, workflow, "approve").await.problem(403), "forbidden");
    }
    // Nor are they asked to.
    let inbox = stand_in.get("/api/workflows?awaiting=me").await.expect(200);
    assert_eq!(inbox["workflows"], json!([]));
    let other = propose(&served.client().with(&world.operators[2].token), "Another's").await;
    let inbox = stand_in.get("/api/workflows?awaiting=me").await.expect(200);
    let waiting: Vec<_> = inbox["workflows"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(waiting, [&other["id"]]);
}
