//! Schedules, as admins look after them and others see them.

use common::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testing::hostile::Example;
use testing::{Client, Served, World, person};

use crate::{change, organisation};

const PATH: &str = "/api/schedules";

/// A schedule to be.
pub fn new() -> Example {
    let good = named("Weekly page");
    let bad = [
        json!({"cron": "* * * *"}),
        json!({"cron": "0 0 30 2 *"}),
        json!({"cron": "* * * * * *"}),
        json!({"time_zone": "Europe/Bielefeld"}),
        json!({"time_zone": ""}),
        json!({"workflow_type": "governance.mandate"}),
        json!({"inputs": {"titel": "x"}}),
        json!({"missed": "never"}),
        json!({"weekly_savings": 12}),
        json!({"reason": ""}),
        json!({"name": ""}),
    ];
    Example { good, bad: bad.to_vec() }
}

/// What another is to be.
pub fn changes() -> Example {
    Example { good: named("Changed"), ..new() }
}

fn named(name: &str) -> Value {
    json!({
        "name": name, "cron": "0 9 * * MON", "time_zone": "Europe/Berlin", "workflow_type": "website.page",
        "inputs": {"title": "This week"}, "weekly_savings": "120.00", "reason": "It is Monday.", "missed": "once",
    })
}

/// A schedule that is there.
pub async fn made(world: &World, served: &Served, name: &str) -> Value {
    served.client().with(&world.admin.token).post(PATH, &named(name)).await.expect(201)
}

async fn act(client: &Client, schedule: &Value, act: &str) -> Value {
    let path = format!("{PATH}/{}/{act}", schedule["id"].as_str().expect("an id"));
    client.send(client.request(Method::POST, &path)).await.expect(200)
}

async fn world() -> (World, Served) {
    organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await
}

#[tokio::test]
async fn a_schedule_shows_its_next_five_times_here_and_there() {
    let (world, served) = world().await;
    let schedule = made(&world, &served, "Weekly page").await;
    let times = schedule["next_times"].as_array().expect("times");
    assert_eq!(times.len(), 5);
    for time in times {
        let (utc, local) = (time["utc"].as_str().expect("a time"), time["local"].as_str().expect("a time"));
        assert!(local.contains("T09:00:00+0"), "{local}");
        let read = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("a time");
        assert_eq!(read(utc), read(local));
    }
    let viewer = person(&world.database, "viewer", Role::Viewer).await;
    let seen = served.client().with(&viewer.token).get(PATH).await.expect(200);
    assert_eq!(seen, json!({"schedules": [schedule], "next_cursor": null}));
    let admin = served.client().with(&world.admin.token);
    assert_eq!(admin.post(PATH, &named("Weekly page")).await.problem(409), "already_exists");
}

#[tokio::test]
async fn whoever_says_what_it_does_owns_it_and_pausing_changes_no_owner() {
    let (world, served) = world().await;
    let admin = served.client().with(&world.admin.token);
    let other = person(&world.database, "other", Role::Admin).await;
    let as_other = served.client().with(&other.token);
    let schedule = made(&world, &served, "Weekly page").await;
    assert_eq!(schedule["owner_id"], json!(world.admin.id));

    let paused = act(&as_other, &schedule, "pause").await;
    assert_eq!(
        (&paused["state"], &paused["next_times"], &paused["owner_id"]),
        (&json!("paused"), &json!([]), &json!(world.admin.id))
    );
    assert_eq!(act(&as_other, &schedule, "pause").await, paused, "twice is once");
    let resumed = act(&as_other, &schedule, "resume").await;
    assert_eq!((&resumed["state"], &resumed["next_times"]), (&json!("active"), &schedule["next_times"]));

    let path = format!("{PATH}/{}", schedule["id"].as_str().expect("an id"));
    let mut next = named("Daily page");
    next["cron"] = json!("30 2 * * *");
    assert_eq!(change(&as_other, Method::PUT, &path, "\"1\"", &next).await.problem(412), "changed_meanwhile");
    let changed = change(&as_other, Method::PUT, &path, "\"3\"", &next).await.expect(200);
    assert_eq!((&changed["owner_id"], &changed["version"]), (&json!(other.id), &json!(4)));
    assert_ne!(changed["next_times"], schedule["next_times"]);
    let read = admin.get(&path).await.expect(200);
    assert_eq!((&read["name"], &read["runs"]), (&json!("Daily page"), &json!([])));

    admin.send(admin.request(Method::DELETE, &path)).await.expect(204);
    assert_eq!(admin.get(&path).await.problem(404), "not_found");
    let filter = database::audit::Filter {
        resource_kind: Some("schedule".to_owned().try_into().expect("a text")),
        ..database::audit::Filter::default()
    };
    let (rows, _) = database::audit::list(&mut world.connect().await, &filter, common::page::Limit::default(), None)
        .await
        .expect("reads");
    let actions: Vec<_> = rows.iter().rev().map(|row| row.action.trim_start_matches("schedule.")).collect();
    assert_eq!(actions, ["created", "paused", "resumed", "changed", "deleted"]);
    assert!(rows.iter().all(|row| !row.detail.to_string().contains("This week")), "inputs are named by their digest");
}
