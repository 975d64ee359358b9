//! Secrets of steps, as admins look after them.

use common::encryption::Encryption;
use common::http::RequestContext;
use common::secrets::SecretValue;
use database::renewal::{Renewed, renew_secrets};
use database::secrets::sealed;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testing::hostile::Example;
use testing::{Answer, Client, World};

use crate::webhooks::added;
use crate::{ENCRYPTION_KEY, change, serve, tag};

const PATH: &str = "/api/admin/secrets";
const VALUE: &str = "s3cr3t-v\u{e4}lue";

/// A secret to be.
pub fn new() -> Example {
    let bad = [json!("seven77"), json!("x".repeat(8193)), json!("ends in a space "), json!(12_345_678), json!(null)];
    let mut bad: Vec<_> = bad.into_iter().map(|value| json!({"value": value})).collect();
    bad.push(json!({"description": "x".repeat(201)}));
    Example { good: json!({"value": VALUE, "description": "For the CRM"}), bad }
}

async fn set(admin: &Client, name: &str, value: &str) -> Answer {
    admin.send(admin.request(Method::PUT, &format!("{PATH}/{name}")).json(&json!({"value": value}))).await
}

async fn delete(admin: &Client, name: &str) -> Answer {
    admin.send(admin.request(Method::DELETE, &format!("{PATH}/{name}"))).await
}

fn calling_type(secret: &str) -> Value {
    json!({
        "id": "web.tell", "domain": "web", "name": "Tells", "input_schema": {"type": "object"},
        "steps": [{"name": "tell", "kind": "http_request", "with": {
            "url": "https://crm.example.com", "headers": {"authorization": format!("Bearer {{{{ secrets.{secret} }}}}")},
        }}],
    })
}

/// What was done with secrets, oldest first, with its particulars.
async fn record(world: &World) -> Vec<(String, String, Value)> {
    let filter = database::audit::Filter {
        resource_kind: Some("secret".to_owned().try_into().expect("a text")),
        ..database::audit::Filter::default()
    };
    let (rows, _) = database::audit::list(&mut world.connect().await, &filter, common::page::Limit::default(), None)
        .await
        .expect("reads");
    rows.into_iter().rev().map(|row| (row.action, row.resource_id, row.detail)).collect()
}

#[tokio::test]
async fn a_secret_is_set_and_replaced_and_never_read_back() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let path = format!("{PATH}/crm_token");
    let first = admin.send(admin.request(Method::PUT, &path).json(&new().good)).await;
    let seen = first.headers["etag"].to_str().expect("a tag").to_owned();
    assert_eq!(first.expect(200)["version"], 1);
    let other = json!({"value": "another-value"});
    let replaced = change(&admin, Method::PUT, &path, &seen, &other).await.expect(200);
    assert_eq!((&replaced["version"], &replaced["description"]), (&json!(2), &json!("For the CRM")));
    assert_eq!(change(&admin, Method::PUT, &path, &seen, &other).await.problem(412), "changed_meanwhile");
    assert_eq!(
        change(&admin, Method::PUT, &format!("{PATH}/absent"), &seen, &other).await.problem(412),
        "changed_meanwhile"
    );

    let list = admin.get(PATH).await.expect(200);
    assert_eq!(
        list,
        json!({
            "secrets": [{
                "name": "crm_token", "version": 2, "description": "For the CRM", "set_by": world.admin.id,
                "set_by_name": "admin", "set_at": replaced["set_at"], "used_by": [],
            }],
            "next_cursor": null,
        })
    );
    delete(&admin, "crm_token").await.expect(204);
    assert_eq!(delete(&admin, "crm_token").await.problem(404), "not_found");
    assert_eq!(
        record(&world).await,
        [
            ("secret.set", json!({"version": 1, "description": "For the CRM"})),
            ("secret.set", json!({"version": 2, "description": null})),
            ("secret.deleted", json!({"version": 2})),
        ]
        .map(|(action, detail)| (action.to_owned(), "crm_token".to_owned(), detail))
    );
}

#[tokio::test]
async fn what_the_database_keeps_is_ciphertext() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    set(&admin, "crm_token", VALUE).await.expect(200);
    let everything = world.database.everything().await.concat();
    assert!(everything.contains("crm_token"));
    for form in [VALUE.to_owned(), hex::encode(VALUE)] {
        assert!(!everything.contains(&form), "{form} is in the database");
    }
    let names = ["crm_token".parse().expect("a name")].into();
    let mut worker = world.database.connect("workflow_worker").await;
    let rows = sealed(&mut worker, &names).await.expect("reads");
    let encryption = Encryption::new(ENCRYPTION_KEY).expect("a key");
    let [(name, sealed)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(SecretValue::decrypt(&encryption, name, sealed).expect("decrypts").expose_secret(), VALUE);
}

#[tokio::test]
async fn a_type_can_only_name_secrets_that_are_set_and_keeps_them_from_being_deleted() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    let types = "/api/workflow-types";
    let refused = admin.post(types, &calling_type("crm_token")).await;
    assert_eq!(refused.problem(422), "invalid_body");
    assert_eq!(
        refused.body["errors"],
        json!([{
            "pointer": "/steps/0/with/headers/authorization",
            "detail": "there is no secret \"crm_token\": an admin has to set it first",
        }])
    );
    set(&admin, "crm_token", VALUE).await.expect(200);
    set(&admin, "new_token", VALUE).await.expect(200);
    admin.post(types, &calling_type("crm_token")).await.expect(201);
    let used_by = async |name: &str| {
        let list = admin.get(PATH).await.expect(200);
        let secrets = list["secrets"].as_array().expect("secrets").clone();
        secrets.into_iter().find(|secret| secret["name"] == name).expect("the secret")["used_by"].clone()
    };
    assert_eq!((used_by("crm_token").await, used_by("new_token").await), (json!(["web.tell"]), json!([])));
    assert_eq!(delete(&admin, "crm_token").await.problem(409), "secret_in_use");

    // A proposal of the version that needs it waits: it needs it still.
    let proposal = json!({"workflow_type": "web.tell", "inputs": {}});
    let agent = served.client().with(&world.agent_key);
    let waiting = agent.post("/api/workflows", &proposal).await.expect(201);
    let path = format!("{types}/web.tell");
    let mut next = calling_type("new_token");
    next.as_object_mut().expect("an object").remove("id");
    change(&admin, Method::PUT, &path, &tag(&admin, &path).await, &next).await.expect(200);
    assert_eq!(delete(&admin, "crm_token").await.problem(409), "secret_in_use");
    let cancel = format!("/api/workflows/{}/cancel", waiting["id"].as_str().expect("an id"));
    agent.post(&cancel, &json!({})).await.expect(200);
    delete(&admin, "crm_token").await.expect(204);
    assert_eq!(delete(&admin, "new_token").await.problem(409), "secret_in_use");
}

#[tokio::test]
async fn a_dry_run_shows_the_mask_in_the_place_of_a_secret() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    set(&admin, "crm_token", VALUE).await.expect(200);
    admin.post("/api/workflow-types", &calling_type("crm_token")).await.expect(201);
    let shown = admin.post("/api/workflow-types/web.tell/dry-run", &json!({"inputs": {}})).await.expect(200);
    assert_eq!(shown["steps"][0]["with"]["headers"], json!({"authorization": "Bearer ***"}));
    assert_eq!(shown["is_sound"], true);
}

#[tokio::test]
async fn everything_is_renewed_under_the_newest_key_and_the_old_one_can_go() {
    let world = World::new().await;
    let served = serve(&world).await;
    let admin = served.client().with(&world.admin.token);
    set(&admin, "crm_token", VALUE).await.expect(200);
    let (webhook, _) = added(&world, &served).await;
    let rotate = format!("/api/admin/webhooks/{webhook}/rotate-secret");
    admin.send(admin.request(Method::POST, &rotate)).await.expect(200);

    let newest = "the newest key, of 32 characters or more";
    let both = Encryption::new(&format!("{newest}\n{ENCRYPTION_KEY}")).expect("keys");
    let (mut connection, context) = (world.connect().await, RequestContext::default());
    let mut renew = async |keys: &Encryption| renew_secrets(&mut connection, &context, keys).await.expect("renews");
    assert_eq!(renew(&both).await, Renewed { renewed: 3, current: 0, unreadable: Vec::new() });
    let newest = Encryption::new(newest).expect("a key");
    assert_eq!(renew(&newest).await, Renewed { renewed: 0, current: 3, unreadable: Vec::new() });
    let gone = Encryption::new(ENCRYPTION_KEY).expect("a key");
    let unreadable = [
        "secret crm_token".to_owned(),
        format!("webhook {webhook}"),
        format!("webhook {webhook}, its previous secret"),
    ];
    assert_eq!(renew(&gone).await, Renewed { renewed: 0, current: 0, unreadable: unreadable.to_vec() });

    let names = ["crm_token".parse().expect("a name")].into();
    let rows = sealed(&mut world.connect().await, &names).await.expect("reads");
    let [(name, sealed)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(SecretValue::decrypt(&newest, name, sealed).expect("decrypts").expose_secret(), VALUE);
}
