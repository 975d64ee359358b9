//! Webhooks, as admins look after them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use testing::hostile::Example;
use testing::{Answer, Client, Served, TestDatabase, World};

use crate::{ENCRYPTION_KEY, serve};

const PATH: &str = "/api/admin/webhooks";

/// A webhook with one delivery: their ids.
pub async fn added(world: &World, served: &Served) -> (String, String) {
    let admin = served.client().with(&world.admin.token);
    let webhook = text(&admin.post(PATH, &new().good).await.expect(201), "id");
    let delivery = text(&call(&admin, Method::POST, &format!("{webhook}/test")).await.expect(202), "id");
    (webhook, delivery)
}

/// A webhook to be.
pub fn new() -> Example {
    Example {
        good: json!({"url": "https://hooks.example.com/in", "description": "CRM", "events": ["workflow.decided"]}),
        bad: [bad_urls(), bad_events()].concat(),
    }
}

/// Changes of a webhook.
pub fn changes() -> Example {
    Example {
        good: json!({"url": "https://hooks.example.com/other", "events": ["vote.needed"], "state": "active"}),
        bad: [bad_urls(), bad_events(), vec![json!({"state": "asleep"}), json!({"secret": "whsec_mine"})]].concat(),
    }
}

fn bad_urls() -> Vec<Value> {
    let urls = [
        "hooks.example.com",
        "/in",
        "ftp://hooks.example.com",
        "javascript:alert(1)",
        "https://",
        "https://user:password@hooks.example.com",
        "https://hooks.example.com/#part",
    ];
    let long = format!("https://hooks.example.com/{}", "x".repeat(2000));
    urls.into_iter().chain([long.as_str()]).map(|url| json!({"url": url})).collect()
}

fn bad_events() -> Vec<Value> {
    let lists = [json!([]), json!(["workflow.dreamt"]), json!(["webhook.test"]), json!("vote.needed"), json!([1])];
    let mut bad: Vec<_> = lists.into_iter().map(|events| json!({"events": events})).collect();
    bad.push(json!({"description": "x".repeat(201)}));
    bad
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().expect(field).to_owned()
}

async fn call(admin: &Client, method: Method, path: &str) -> Answer {
    admin.send(admin.request(method, &format!("{PATH}/{path}"))).await
}

async fn change(admin: &Client, id: &str, changes: Value) -> Answer {
    admin.send(admin.request(Method::PATCH, &format!("{PATH}/{id}")).json(&changes)).await
}

/// What was done with webhooks, oldest first, with its particulars.
async fn record(world: &World) -> Vec<(String, Value)> {
    let filter = database::audit::Filter {
        resource_kind: Some("webhook".to_owned().try_into().expect("a text")),
        ..database::audit::Filter::default()
    };
    let mut connection = world.connect().await;
    let (rows, _) =
        database::audit::list(&mut connection, &filter, common::page::Limit::default(), None).await.expect("reads");
    rows.into_iter().rev().map(|row| (row.action, row.detail)).collect()
}

#[tokio::test]
async fn a_secret_is_shown_when_it_is_made_and_never_again() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let made = admin.post(PATH, &new().good).await.expect(201);
    let id = text(&made, "id");
    let rotated = call(&admin, Method::POST, &format!("{id}/rotate-secret")).await.expect(200);
    let secrets = [text(&made, "secret"), text(&rotated, "secret")];
    assert_ne!(secrets[0], secrets[1]);
    assert!(made["previous_secret_until"].is_null() && rotated["previous_secret_until"].is_string());
    let [list, one] = [admin.get(PATH).await.expect(200), admin.get(&format!("{PATH}/{id}")).await.expect(200)];
    assert_eq!(list["webhooks"][0]["id"], made["id"]);
    assert_eq!(one["events"], json!(["workflow.decided"]));

    // Neither what answers say, nor the record, nor any table holds one in clear.
    let in_clear = |encoded: &str| {
        format!(
            "UPDATE webhooks SET description = description
             WHERE position(decode('{encoded}', 'base64') IN secret || previous_secret) > 0"
        )
    };
    let shown = [list.to_string(), one.to_string(), json!(record(&world).await).to_string()].concat();
    for secret in &secrets {
        let encoded = secret.strip_prefix("whsec_").expect("its mark");
        assert_eq!(STANDARD.decode(encoded).expect("base64").len(), 32);
        assert!(!shown.contains(encoded) && !shown.contains(ENCRYPTION_KEY));
        assert_eq!(TestDatabase::execute(&world.database, &in_clear(encoded)).await, 0);
    }
}

#[tokio::test]
async fn every_act_of_an_admin_is_on_the_record_without_the_path_of_the_url() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let (id, delivery) = added(&world, &served).await;
    call(&admin, Method::POST, &format!("{id}/rotate-secret")).await.expect(200);
    let changed = change(&admin, &id, json!({"url": "https://other.example.com/very-private"})).await.expect(200);
    assert_eq!(
        (&changed["url"], &changed["description"]),
        (&json!("https://other.example.com/very-private"), &json!("CRM"))
    );
    call(&admin, Method::POST, &format!("{id}/deliveries/{delivery}/redeliver")).await.expect(202);
    call(&admin, Method::DELETE, &id).await.expect(204);
    assert_eq!(call(&admin, Method::GET, &id).await.problem(404), "not_found");
    let record = record(&world).await;
    let actions: Vec<_> = record.iter().map(|(action, _)| action.trim_start_matches("webhook.")).collect();
    assert_eq!(actions, ["created", "tested", "secret_rotated", "changed", "redelivered", "deleted"]);
    assert_eq!(record[3].1["host"], "other.example.com");
    assert!(!json!(record).to_string().contains("very-private"));
}

#[tokio::test]
async fn a_webhook_that_is_not_active_is_not_tried_and_what_waits_for_a_disabled_one_is_given_up() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let (id, delivery) = added(&world, &served).await;
    let status = async || admin.get(&format!("{PATH}/{id}")).await.expect(200)["deliveries"][0]["status"].clone();
    assert_eq!(change(&admin, &id, json!({"state": "paused"})).await.expect(200)["state"], "paused");
    assert_eq!(call(&admin, Method::POST, &format!("{id}/test")).await.problem(409), "webhook_not_active");
    assert_eq!(status().await, "pending");
    change(&admin, &id, json!({"state": "disabled"})).await.expect(200);
    assert_eq!(status().await, "failed");
    let redeliver = format!("{id}/deliveries/{delivery}/redeliver");
    assert_eq!(call(&admin, Method::POST, &redeliver).await.problem(409), "webhook_not_active");
    assert_eq!(status().await, "failed", "nothing of it was written");
    change(&admin, &id, json!({"state": "active"})).await.expect(200);
    assert_eq!(call(&admin, Method::POST, &redeliver).await.expect(202)["status"], "pending");
}

#[tokio::test]
async fn deliveries_come_in_pages_newest_first() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let (id, first) = added(&world, &served).await;
    let mut expected = vec![first];
    for _ in 0..4 {
        expected.push(text(&call(&admin, Method::POST, &format!("{id}/test")).await.expect(202), "id"));
    }
    expected.reverse();
    let pages = admin.pages(&format!("{PATH}/{id}?limit=2")).await;
    assert_eq!(pages.len(), 3);
    let deliveries = pages.iter().flat_map(|page| page["deliveries"].as_array().expect("a list"));
    assert_eq!(deliveries.map(|delivery| text(delivery, "id")).collect::<Vec<_>>(), expected);
    assert_eq!(pages[0]["deliveries"][0]["payload"]["type"], "webhook.test");
}
