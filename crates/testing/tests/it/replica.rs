//! Which reads go to a replica, and when they do not: with a real one, which is held back to be told from its primary.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::servers::PostgresServer;
use testing::{Client, Product};

/// As far behind as it likes.
const ANY_LAG: Duration = Duration::from_hours(1);
/// How long anything may take.
const LIMIT: Duration = Duration::from_mins(1);

/// The product, and a replica of its database.
struct World {
    product: Product,
    replica: PostgresServer,
    token: String,
}

impl World {
    async fn new() -> Self {
        let product = Product::start(&[]).await.expect("starts");
        let replica = product.postgres.start_replica().expect("starts a replica");
        let token = product.log_in().await.expect("logs in");
        let world = Self { product, replica, token };
        let admin = world.admin("council-service");
        admin.post("/api/admin/councils", &council("web")).await.expect(201);
        admin.post("/api/workflow-types", &workflow_type("web.before")).await.expect(201);
        world
    }

    fn admin(&self, instance: &str) -> Client {
        self.product.client(instance).with(&self.token)
    }

    /// Starts an instance that reads from the replica.
    async fn start(&mut self, service: &str, name: &str, max_lag: Duration) {
        self.product.start_reading_from(&self.replica, max_lag, service, name).await.expect("starts");
        self.wait_until_used(name, "1").await;
    }

    /// Waits until an instance says whether it reads from the replica.
    async fn wait_until_used(&self, name: &str, used: &str) {
        let (client, began) = (self.product.client(name), Instant::now());
        let line = format!("db_replica_used {used}");
        loop {
            let text = client.get("/metrics").await.expect(200);
            if text.as_str().expect("text").lines().any(|one| one == line) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "{name} does not show {line}: {}", self.product.log(name));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Has the replica do this.
    async fn order(&self, statement: &str) {
        let mut superuser =
            database::connect(&self.replica.url("postgres", "postgres").into()).await.expect("connects");
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut superuser).await.expect(statement);
    }

    /// Keeps the replica from following; it still answers, and receives what it will replay.
    async fn hold_back(&self) {
        self.order("SELECT pg_wal_replay_pause()").await;
        // It is only asked to.
        let began = Instant::now();
        let mut superuser =
            database::connect(&self.replica.url("postgres", "postgres").into()).await.expect("connects");
        let is_paused = "SELECT 1 / (pg_get_wal_replay_pause_state() = 'paused')::int";
        while diesel_async::RunQueryDsl::execute(diesel::sql_query(is_paused), &mut superuser).await.is_err() {
            assert!(began.elapsed() < LIMIT, "the replica does not pause");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn council(id: &str) -> Value {
    json!({
        "id": id, "name": id, "purpose": "Decides what is published.", "domains": [id], "seats": {},
        "policy": {"decision_rule": {"kind": "unanimous"}},
    })
}

fn workflow_type(id: &str) -> Value {
    let steps = json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}]);
    json!({"id": id, "domain": "web", "name": "Page", "input_schema": {"type": "object"}, "steps": steps})
}

/// The ids of a list's things.
async fn ids(client: &Client, path: &str, things: &str) -> Vec<String> {
    let body = client.get(path).await.expect(200);
    let ids = body[things].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned());
    ids.collect()
}

/// How often an answer holds a text.
async fn occurrences(client: &Client, path: &str, text: &str) -> usize {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body.to_string().matches(text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_reports_come_from_the_replica_and_what_one_has_just_done_from_the_primary() {
    let mut world = World::new().await;
    world.start("council-service", "councils", ANY_LAG).await;
    world.start("auth-service", "people", ANY_LAG).await;
    world.hold_back().await;
    let (councils, people) = (world.admin("councils"), world.admin("people"));
    councils.post("/api/workflow-types", &workflow_type("web.after")).await.expect(201);
    let workflow = json!({"workflow_type": "web.after", "inputs": {}});
    let workflow = councils.post("/api/workflows", &workflow).await.expect(201);
    let id = workflow["id"].as_str().expect("an id");

    // From the replica: as it was before.
    assert_eq!(ids(&councils, "/api/workflow-types?domain=web", "workflow_types").await, ["web.before"]);
    assert_eq!(ids(&councils, "/api/workflows", "workflows").await, [""; 0]);
    councils.get("/api/workflow-types/web.after/versions").await.expect(404);
    let simulation = json!({"policy": {"decision_rule": {"kind": "unanimous"}}});
    councils.post("/api/councils/web/policy/simulate", &simulation).await.expect(200);
    councils.get("/api/councils/web/health").await.expect(200);
    councils.get("/api/councils/web/policy/versions").await.expect(200);
    for list in ["audit-logs?action=workflow_type.created", "audit-logs/export?action=workflow_type.created"] {
        assert_eq!(occurrences(&people, &format!("/api/admin/{list}"), "web.after").await, 0, "{list}");
    }
    people.get("/api/admin/audit-logs/checkpoints").await.expect(200);

    // From the primary: as it is.
    councils.get("/api/workflow-types/web.after").await.expect(200);
    councils.get(&format!("/api/workflows/{id}")).await.expect(200);
    councils.get("/api/workflows?awaiting=me").await.expect(200);
    let others = world.admin("council-service");
    assert_eq!(ids(&others, "/api/workflow-types?domain=web", "workflow_types").await, ["web.after", "web.before"]);
    let others = world.admin("auth-service");
    let list = "/api/admin/audit-logs?action=workflow_type.created";
    assert_eq!(occurrences(&others, list, "\"web.after\"").await, 1);

    // And the replica follows again.
    world.order("SELECT pg_wal_replay_resume()").await;
    let began = Instant::now();
    while ids(&councils, "/api/workflows", "workflows").await != [id] {
        assert!(began.elapsed() < LIMIT, "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_too_far_behind_or_gone_is_not_read_from() {
    let mut world = World::new().await;
    world.start("council-service", "councils", Duration::from_secs(1)).await;
    let councils = world.admin("councils");
    world.hold_back().await;
    councils.post("/api/workflow-types", &workflow_type("web.after")).await.expect(201);
    world.wait_until_used("councils", "0").await;
    assert_eq!(ids(&councils, "/api/workflow-types?domain=web", "workflow_types").await, ["web.after", "web.before"]);
    assert!(world.product.log("councils").contains("it is too far behind"));

    world.order("SELECT pg_wal_replay_resume()").await;
    world.wait_until_used("councils", "1").await;
    assert_eq!(ids(&councils, "/api/workflow-types?domain=web", "workflow_types").await, ["web.after", "web.before"]);

    // Nobody is told that it died: not even who asks before that is noticed.
    world.replica.crash().expect("crashes");
    assert_eq!(ids(&councils, "/api/workflow-types?domain=web", "workflow_types").await, ["web.after", "web.before"]);
    world.wait_until_used("councils", "0").await;
    world.replica.restart().expect("starts again");
    world.wait_until_used("councils", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_its_own_is_no_replica() {
    let mut world = World::new().await;
    // What was promoted answers as before, and is not followed by the primary's writes any more.
    world.start("council-service", "councils", ANY_LAG).await;
    world.order("SELECT pg_promote()").await;
    world.wait_until_used("councils", "0").await;
    assert!(world.product.log("councils").contains("it is no replica"));
}
