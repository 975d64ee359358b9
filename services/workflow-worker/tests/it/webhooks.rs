//! Programs that are told of events: by a worker as the process that it is, over real HTTP.

use std::collections::BTreeSet;
use std::time::Duration;

use common::actor::ActorKind;
use common::encryption::Encryption;
use common::http::RequestContext;
use common::ids::{DeliveryId, WebhookId};
use common::page::Limit;
use common::webhooks::WebhookSecret;
use database::audit::{self, Filter};
use database::webhooks::{self, Delivery, DeliveryStatus, EventType, NewWebhook, WebhookState};
use governance::workflow::WorkflowStatus;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;
use standardwebhooks::Webhook as Verifier;
use testing::{Call, Receiver, TestDatabase, TestRedis, World};

use crate::worker::{ENCRYPTION_KEY, Worker};

async fn world() -> World {
    let world = World::new().await;
    let page = json!([{"name": "page", "kind": "render_template", "with": {"template": "{{ inputs.title }}"}}]);
    world.add_type("web.page", page).await;
    world
}

fn encryption() -> Encryption {
    Encryption::new(ENCRYPTION_KEY).expect("a key")
}

/// Has a receiver told of these events; returns the secret that it is given, too.
async fn subscribe(world: &World, url: String, events: &[EventType]) -> (WebhookId, String) {
    let (id, secret) = (WebhookId::new(), WebhookSecret::generate().expect("random bytes"));
    let sealed = secret.encrypt(&encryption(), id).expect("encrypts");
    let url = format!("{url}/hooks").try_into().expect("a URL");
    let new =
        NewWebhook { id, url: &url, description: &String::new().try_into().expect("a text"), events, secret: &sealed };
    let context = RequestContext::default();
    webhooks::create(&mut world.connect().await, &world.admin.claims, &context, new).await.expect("is added");
    (id, secret.text())
}

async fn deliveries(world: &World, webhook: WebhookId) -> Vec<Delivery> {
    webhooks::deliveries(&mut world.connect().await, webhook, Limit::default(), None).await.expect("reads").0
}

/// Waits until the only delivery to a webhook is as wanted.
async fn until(world: &World, webhook: WebhookId, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
    for _ in 0..1000 {
        if let [delivery] = &*deliveries(world, webhook).await
            && wanted(delivery)
        {
            return delivery.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was not in 20 s: {:#?}", deliveries(world, webhook).await);
}

/// Makes everything due that waits for its time.
async fn let_time_pass(world: &World) {
    TestDatabase::execute(&world.database, "UPDATE webhook_deliveries SET due_at = now() WHERE status = 'pending'")
        .await;
}

/// Whether a call is signed with a secret, by the reference implementation of the receiving side.
fn is_signed(call: &Call, secret: &str) -> bool {
    let header = |(name, value): (&String, &String)| {
        (name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"))
    };
    let headers: HeaderMap = call.headers.iter().map(header).collect();
    Verifier::new(secret).expect("a secret").verify(call.raw.as_bytes(), &headers).is_ok()
}

fn ids(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.headers["webhook-id"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_workflow_is_told_signed_and_without_its_inputs() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (_, secret) = subscribe(&world, receiver.url(), EventType::ALL).await;
    let worker = Worker::start(&world, &redis).await;
    let workflow = world.propose("web.page", json!({"title": "between us"})).await;
    receiver.wait_for(2).await;
    world.approve(workflow).await;
    world.wait_for(workflow, WorkflowStatus::Completed).await;
    let calls = receiver.wait_for(5).await;

    let types: BTreeSet<_> = calls.iter().map(|call| call.body["type"].as_str().expect("a type")).collect();
    let expected = ["vote.needed", "workflow.completed", "workflow.decided", "workflow.proposed", "workflow.started"];
    assert_eq!(types, BTreeSet::from(expected));
    let (_, foreign) = subscribe(&world, receiver.url(), &[EventType::GlassBroken]).await;
    let digest = json!(world.find(workflow).await.summary.digest);
    for call in &calls {
        assert!(is_signed(call, &secret) && !is_signed(call, &foreign), "{call:#?}");
        let altered = Call { raw: call.raw.replace("web.page", "web.evil"), ..call.clone() };
        assert!(!is_signed(&altered, &secret));
        assert!(!call.raw.contains("between us"), "{}", call.raw);
        assert_eq!(call.headers["content-type"], "application/json");
        assert!(call.body["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{}", call.raw);
        let data = &call.body["data"];
        assert_eq!((&data["workflow_id"], &data["digest"]), (&json!(workflow), &digest));
        assert_eq!(data["url"], format!("https://api.example.com/api/workflows/{workflow}"));
    }
    let told = |kind: &str| calls.iter().find(|call| call.body["type"] == kind).expect("is told").body["data"].clone();
    assert_eq!(told("workflow.proposed")["councils"], json!(["web-team"]));
    assert_eq!(told("vote.needed")["council_id"], "web-team");
    assert_eq!(told("workflow.decided")["status"], "approved");
    assert_eq!(told("workflow.started")["status"], "running");
    assert_eq!(BTreeSet::from_iter(ids(&calls)).len(), 5);

    worker.shows("webhook_deliveries_total{outcome=\"delivered\"} 5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_later_under_the_same_id() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (webhook, secret) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    let worker = Worker::start(&world, &redis).await;
    receiver.answer_next(500, Duration::ZERO);
    // A redirect could lead anywhere: it is not followed.
    receiver.answer_next(302, Duration::ZERO);
    world.propose("web.page", json!({"title": "x"})).await;

    let failed = until(&world, webhook, |delivery| delivery.last_status == Some(500)).await;
    assert_eq!((failed.status, failed.attempts), (DeliveryStatus::Pending, 1));
    assert_eq!(failed.last_error.as_deref(), Some("the answer was 500 Internal Server Error"));
    let pause = failed.due_at - failed.created_at;
    assert!((5..20).contains(&pause.num_seconds()), "{pause}");
    let_time_pass(&world).await;
    let failed = until(&world, webhook, |delivery| delivery.last_status == Some(302)).await;
    assert_eq!((failed.status, failed.attempts), (DeliveryStatus::Pending, 2));
    let_time_pass(&world).await;
    let delivered = until(&world, webhook, |delivery| delivery.status == DeliveryStatus::Delivered).await;
    assert_eq!((delivered.attempts, delivered.last_status, delivered.last_error), (3, Some(200), None));

    let calls = receiver.calls();
    assert_eq!(ids(&calls), vec![delivered.event_id.to_string(); 3]);
    assert!(calls.iter().all(|call| is_signed(call, &secret)));
    worker.shows("webhook_deliveries_total{outcome=\"retried\"} 2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_is_the_tenth() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (webhook, _) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    let _worker = Worker::start(&world, &redis).await;
    for attempt in 1..=10 {
        receiver.answer_next(500 + attempt, Duration::ZERO);
    }
    world.propose("web.page", json!({"title": "x"})).await;
    for attempt in 1..=10 {
        let settled = |delivery: &Delivery| delivery.last_status == Some(500 + attempt);
        let status = until(&world, webhook, settled).await.status;
        assert_eq!(status == DeliveryStatus::Failed, attempt == 10, "attempt {attempt}");
        let_time_pass(&world).await;
    }
    assert_eq!(receiver.calls().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let (world, redis) = (world().await, TestRedis::shared());
    let (receiver, other) = (Receiver::start(), Receiver::start());
    let (webhook, _) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    subscribe(&world, other.url(), &[EventType::WorkflowProposed]).await;
    let _worker = Worker::start(&world, &redis).await;
    receiver.answer_next(410, Duration::ZERO);
    world.propose("web.page", json!({"title": "x"})).await;
    until(&world, webhook, |delivery| delivery.status == DeliveryStatus::Failed).await;
    let found = webhooks::find(&mut world.connect().await, webhook).await.expect("is there");
    assert_eq!(found.state, WebhookState::Disabled);
    assert_eq!(found.disabled_because.as_deref(), Some("the answer was 410 Gone"));
    let action = Some("webhook.disabled".to_owned().try_into().expect("a text"));
    let by_us =
        Filter { action, resource_id: Some(webhook.to_string().try_into().expect("a text")), ..Filter::default() };
    let (rows, _) = audit::list(&mut world.connect().await, &by_us, Limit::default(), None).await.expect("reads");
    assert_eq!((rows.len(), rows[0].actor_kind), (1, ActorKind::System));

    world.propose("web.page", json!({"title": "y"})).await;
    other.wait_for(2).await;
    assert_eq!((receiver.calls().len(), deliveries(&world, webhook).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_had_in_hand_is_sent_by_another_under_the_same_id() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (webhook, _) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    let first = Worker::start(&world, &redis).await;
    // It is answered never in the first worker's life.
    receiver.answer_next(200, Duration::from_mins(1));
    world.propose("web.page", json!({"title": "x"})).await;
    receiver.wait_for(1).await;
    first.kill();
    let left = until(&world, webhook, |delivery| delivery.attempts == 1).await;
    assert_eq!((left.status, left.last_status), (DeliveryStatus::Pending, None));
    // Another that dies between the claim and the call: its lease runs out, too.
    let_time_pass(&world).await;
    let mut dying = world.database.connect("workflow_worker").await;
    let in_hand = webhooks::sending::claim(&mut dying, 10, 10, &[], Duration::from_mins(1)).await.expect("claims");
    assert_eq!(in_hand.iter().map(|delivery| delivery.id).collect::<Vec<DeliveryId>>(), [left.id]);
    let none = webhooks::sending::claim(&mut dying, 10, 10, &[], Duration::from_mins(1)).await.expect("asks");
    assert!(none.is_empty(), "it is in hand");
    let_time_pass(&world).await;

    let _second = Worker::start(&world, &redis).await;
    let delivered = until(&world, webhook, |delivery| delivery.status == DeliveryStatus::Delivered).await;
    assert_eq!(delivered.attempts, 3);
    assert_eq!(ids(&receiver.calls()), vec![left.event_id.to_string(); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_tell_each_event_once() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (webhook, _) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    let _workers = (Worker::start(&world, &redis).await, Worker::start(&world, &redis).await);
    let mut proposed = BTreeSet::new();
    for _ in 0..30 {
        proposed.insert(json!(world.propose("web.page", json!({"title": "x"})).await).to_string());
    }
    let calls = receiver.wait_for(30).await;
    let told: Vec<_> = calls.iter().map(|call| call.body["data"]["workflow_id"].to_string()).collect();
    assert_eq!(BTreeSet::from_iter(told), proposed);
    let all = deliveries(&world, webhook).await;
    assert_eq!((all.len(), all.iter().map(|delivery| delivery.attempts).max()), (30, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rotated_the_old_and_the_new_one_sign() {
    let (world, redis, receiver) = (world().await, TestRedis::shared(), Receiver::start());
    let (webhook, old) = subscribe(&world, receiver.url(), &[EventType::WorkflowProposed]).await;
    let new = WebhookSecret::generate().expect("random bytes");
    let sealed = new.encrypt(&encryption(), webhook).expect("encrypts");
    let context = RequestContext::default();
    let rotated =
        webhooks::rotate_secret(&mut world.connect().await, &world.admin.claims, &context, webhook, &sealed).await;
    let until = rotated.expect("rotates").previous_secret_until.expect("a time") - chrono::Utc::now();
    assert!((86_300..=86_400).contains(&until.num_seconds()), "{until}");
    let _worker = Worker::start(&world, &redis).await;
    world.propose("web.page", json!({"title": "x"})).await;
    let call = receiver.wait_for(1).await.remove(0);
    assert!(is_signed(&call, &old) && is_signed(&call, &new.text()), "{call:#?}");

    TestDatabase::execute(&world.database, "UPDATE webhooks SET previous_until = now()").await;
    world.propose("web.page", json!({"title": "y"})).await;
    let call = receiver.wait_for(2).await.remove(1);
    assert!(!is_signed(&call, &old) && is_signed(&call, &new.text()), "{call:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_told_nothing() {
    let (world, redis) = (world().await, TestRedis::shared());
    let inside = "http://169.254.169.254".to_owned();
    let (webhook, _) = subscribe(&world, inside, &[EventType::WorkflowProposed]).await;
    let _worker = Worker::start(&world, &redis).await;
    world.propose("web.page", json!({"title": "x"})).await;
    let refused = until(&world, webhook, |delivery| delivery.last_error.is_some()).await;
    assert!(refused.last_error.is_some_and(|error| error.contains("private address")));
}
