//! What `council-service seed` puts into an installation.

use common::roles::Role;
use council_service::commands::seed::{councils, seed, workflow_types};
use serde_json::{Value, json};
use testing::{Client, TestDatabase, World, log_in, person};

use crate::serve_on;

/// A fresh installation with one administrator, seeded.
async fn seeded() -> (TestDatabase, testing::Person, Vec<String>) {
    let database = TestDatabase::new().await;
    let admin = person(&database, "admin", Role::Admin).await;
    let told = seed(&mut database.connect("council_service").await).await.expect("seeds");
    // The seats have made the first token void.
    let admin = log_in(&database, admin.id).await;
    (database, admin, told)
}

async fn propose_example(client: &Client, id: &str, weekly_savings: Option<&str>) -> Value {
    let new = workflow_types().expect("types").into_iter().find(|new| new.id.as_str() == id).expect("the type");
    let inputs = &new.input_schema["examples"][0];
    let proposal = json!({"workflow_type": id, "inputs": inputs, "weekly_savings": weekly_savings});
    client.post("/api/workflows", &proposal).await.expect(201)
}

fn reviewers(workflow: &Value) -> Vec<&str> {
    let reviews = workflow["reviews"].as_array().expect("reviews");
    reviews.iter().map(|review| review["council_id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn seeding_again_changes_nothing() {
    let (database, admin, told) = seeded().await;
    assert!(told.iter().all(|line| line.ends_with(": added")), "{told:#?}");
    assert_eq!(told.len(), 11);
    let served = serve_on(&database).await;
    let client = served.client().with(&admin.token);
    // What somebody changed in the meantime stays, too.
    let path = "/api/workflow-types/commerce.refund";
    let found = client.get(path).await;
    let mut changed = found.body.clone();
    let fields = changed.as_object_mut().expect("an object");
    fields.retain(|name, _| ["description", "input_schema", "steps"].contains(&name.as_str()));
    fields.insert("name".to_owned(), json!("Our refund"));
    let request = client.request(reqwest::Method::PUT, path).header("if-match", &found.headers["etag"]);
    client.send(request.json(&changed)).await.expect(200);

    let before = database.fingerprint().await;
    let told = seed(&mut database.connect("council_service").await).await.expect("seeds");
    assert!(told.iter().all(|line| line.ends_with(": there already, left as it is")), "{told:#?}");
    assert_eq!(database.fingerprint().await, before);
}

#[tokio::test]
async fn the_founder_takes_each_chair_on_the_record() {
    let (database, admin, _) = seeded().await;
    let served = serve_on(&database).await;
    let client = served.client().with(&admin.token);
    let found = client.get("/api/admin/councils").await.expect(200);
    let found = found["councils"].as_array().expect("councils");
    assert_eq!(found.len(), councils().expect("councils").len() + 1, "with the default council");
    for council in found.iter().filter(|council| council["is_default"] == false) {
        assert_eq!(council["seats"][0]["user_id"], admin.id.to_string());
        assert_eq!(council["seats"][0]["seat"], "chair");
    }
    let mut connection = database.connect("auth_service").await;
    let filter = database::audit::Filter {
        action: Some("council.created".to_owned().try_into().expect("an action")),
        ..Default::default()
    };
    let (rows, _) =
        database::audit::list(&mut connection, &filter, common::page::Limit::default(), None).await.expect("rows");
    assert_eq!(rows.len(), 5);
    for row in rows {
        assert_eq!((row.actor_id, row.request_id.as_deref()), (Some(admin.id.0), Some("council-service-seed")));
    }
}

#[tokio::test]
async fn a_proposal_of_each_seeded_type_is_routed_to_its_council() {
    let (database, admin, _) = seeded().await;
    let served = serve_on(&database).await;
    let client = served.client().with(&admin.token);
    for new in workflow_types().expect("types") {
        let workflow = propose_example(&client, new.id.as_str(), None).await;
        assert_eq!(workflow["status"], "pending_review", "{}", new.id);
        // Each council has the name of its domain.
        assert_eq!(reviewers(&workflow), [new.domain.as_str()], "{}", new.id);
    }
}

#[tokio::test]
async fn the_seeded_policies_do_what_their_purposes_say() {
    let (database, admin, _) = seeded().await;
    let served = serve_on(&database).await;
    let client = served.client().with(&admin.token);
    // Commerce: by value, but for refunds.
    let small = propose_example(&client, "commerce.change_prices", Some("499.99")).await;
    assert_eq!((&small["basis"], reviewers(&small)), (&json!("policy"), vec![]));
    let large = propose_example(&client, "commerce.change_prices", Some("500.00")).await;
    assert_eq!(reviewers(&large), ["commerce"]);
    let refund = propose_example(&client, "commerce.refund", Some("1.00")).await;
    assert_eq!(reviewers(&refund), ["commerce"]);
    // Automation: what runs commands is blocked.
    let mut command = crate::page_type("automation.run_command", "automation");
    command["name"] = json!("Run a command");
    client.post("/api/workflow-types", &command).await.expect(201);
    let proposal = json!({"workflow_type": "automation.run_command", "inputs": {"title": "rm"}});
    assert_eq!(client.post("/api/workflows", &proposal).await.problem(403), "blocked_by_policy");

    // Finance: decided by its one seat, and not started before it has cooled off.
    let chair = client;
    let other = person(&database, "buyer", Role::CouncilOperator).await;
    let workflow = propose_example(&served.client().with(&other.token), "finance.pay_invoice", None).await;
    let recorded = chair.post("/api/councils/finance/vote", &crate::ballot(&workflow, "approve")).await.expect(200);
    assert_eq!((&recorded["outcome"], &recorded["status"]), (&json!("approved"), &json!("approved")));
    // Web: one approval, and it goes.
    let page = propose_example(&served.client().with(&other.token), "website.create_landing_page", None).await;
    let recorded = chair.post("/api/councils/web/vote", &crate::ballot(&page, "approve")).await.expect(200);
    assert_eq!((&recorded["outcome"], &recorded["status"]), (&json!("approved"), &json!("queued")));
}

#[tokio::test]
async fn no_second_council_is_founded_for_a_domain() {
    let world = World::new().await;
    let told = seed(&mut world.connect().await).await.expect("seeds");
    assert_eq!(told[0], "council web: not needed, web-team answers for the domain web");
    assert_eq!(told[1], "council commerce: added");
}

#[tokio::test]
async fn nothing_is_sown_without_an_administrator() {
    let database = TestDatabase::new().await;
    person(&database, "operator", Role::CouncilOperator).await;
    let before = database.fingerprint().await;
    let refused = seed(&mut database.connect("council_service").await).await.expect_err("refused");
    assert!(refused.to_string().contains("create-admin"), "{refused}");
    assert_eq!(database.fingerprint().await, before);
}
