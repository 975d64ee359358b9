//! Workflows whose runs failed for good: looked through, counted, and tried again together.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::future::join;
use serde_json::{Value, json};
use testing::{Client, Served, World};

use crate::retry::failed;
use crate::{organisation, page_type};

/// 1200 failed runs of two types: of each third, the first was refused for good, the others gave up, some of those of what
/// is worth a new vote. As the owner, below the guards: no other way makes so many in a test's time.
const FILL: [&str; 8] = [
    "ALTER TABLE workflows DISABLE TRIGGER USER",
    "ALTER TABLE workflow_reviews DISABLE TRIGGER USER",
    "CREATE TEMPORARY TABLE made AS SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
     FROM generate_series(1, 1200) n",
    "INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis,
        weekly_savings, decided_at, finished_at, error)
     SELECT m.id, CASE WHEN m.n % 4 = 0 THEN 'website.other' ELSE 'website.page' END, 1, 'web', w.inputs, w.digest,
        w.proposer_agent_id, 'failed', 'review', CASE WHEN m.n % 100 = 1 THEN 5000 ELSE 10 END, now(),
        now() - make_interval(secs => m.n),
        CASE WHEN m.n % 6 = 0 THEN 'page failed: 100% refused' ELSE 'page failed: Timed out after 30 s' END
     FROM made m, workflows w WHERE w.id NOT IN (SELECT id FROM made)",
    "INSERT INTO workflow_steps (workflow_id, position, name, kind, status, attempt, error, finished_at)
     SELECT m.id, 0, 'page', 'render_template', 'failed', CASE WHEN m.n % 6 = 0 THEN 1 ELSE 5 END, 'no', now() FROM made m",
    "INSERT INTO workflow_reviews (workflow_id, council_id, policy_version, outcome, deadline, decided_at)
     SELECT m.id, 'web-team', 1, 'approved', now(), now() FROM made m",
    "ALTER TABLE workflows ENABLE TRIGGER USER",
    "ALTER TABLE workflow_reviews ENABLE TRIGGER USER",
];

async fn filled() -> (World, Served) {
    let policy = json!({
        "decision_rule": {"kind": "approvals", "required": 2}, "review_actions": ["*"],
        "review_threshold_weekly_savings": "1000",
    });
    let (world, served) = organisation(policy).await;
    let admin = served.client().with(&world.admin.token);
    admin.post("/api/workflow-types", &page_type("website.other", "web")).await.expect(201);
    crate::propose(&served.client().with(&world.agent_key), "Waits").await;
    let mut owner = world.database.connect_as_owner().await;
    for statement in FILL {
        diesel::sql_query(statement).execute(&mut owner).await.expect(statement);
    }
    (world, served)
}

async fn count(world: &World, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut owner = world.database.connect_as_owner().await;
    let row: Row =
        diesel::sql_query(format!("SELECT count(*) AS count FROM {sql}")).get_result(&mut owner).await.expect(sql);
    row.count
}

async fn pages(client: &Client, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/admin/dead-letters?limit=200&{query}{cursor}")).await.expect(200);
        all.extend(page["dead_letters"].as_array().expect("a list").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn dead_letters_say_what_failed_and_why() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let admin = served.client().with(&world.admin.token);
    let workflow = failed(&world, &served, None).await;
    let list = admin.get("/api/admin/dead-letters").await.expect(200);
    let [letter] = &list["dead_letters"].as_array().expect("a list")[..] else { panic!("{list}") };
    assert_eq!(letter["workflow_id"], workflow["id"]);
    assert_eq!(letter["workflow_type"], json!({"id": "website.page", "version": 1, "name": "A page"}));
    assert_eq!((&letter["error"], &letter["class"]), (&json!("no"), &json!("final")));
    assert_eq!(
        letter["step"],
        json!({"name": "page", "kind": "render_template", "attempts": 1, "max_attempts": 5, "error": "no"})
    );
    let operator = served.client().with(&world.operators[0].token);
    assert_eq!(operator.get("/api/admin/dead-letters").await.problem(403), "forbidden");
}

#[tokio::test]
async fn filters_narrow_the_list_and_the_counts_alike() {
    let (world, served) = filled().await;
    let admin = served.client().with(&world.admin.token);
    let all = pages(&admin, "").await;
    assert_eq!(all.len(), 1200);
    assert!(all.is_sorted_by(|a, b| a["failed_at"].as_str() > b["failed_at"].as_str()), "the latest first");
    let third = all[2]["failed_at"].as_str().expect("a time").replace('+', "%2B");
    for (query, number) in [
        ("workflow_type=website.other&", 300),
        ("error=TIMED+out&", 1000),
        ("error=100%25&", 200),
        ("error=10_%25&", 0),
        ("workflow_type=website.page&error=timed&", 800),
        ("council_id=web-team&domain=web&step_kind=render_template&", 1200),
        ("council_id=governance&", 0),
        ("step_kind=http_request&", 0),
        (&format!("failed_from={third}&"), 3),
        (&format!("failed_until={third}&"), 1197),
    ] {
        assert_eq!(pages(&admin, query).await.len(), number, "{query}");
        let counted =
            admin.get(&format!("/api/admin/dead-letters/counts?{}", query.trim_end_matches('&'))).await.expect(200);
        assert_eq!(counted["total"], number, "{query}");
    }
    let counts = admin.get("/api/admin/dead-letters/counts").await.expect(200);
    assert_eq!(
        counts["by_type"],
        json!([{"workflow_type": "website.page", "count": 900}, {"workflow_type": "website.other", "count": 300}])
    );
    let timed_out = "page failed: Timed out after 30 s";
    assert_eq!(counts["by_error"][0], json!({"workflow_type": "website.page", "error": timed_out, "count": 800}));
    drop(world);
}

#[tokio::test]
async fn a_thousand_dead_letters_are_each_tried_again_once_though_two_admins_press_at_once() {
    let (world, served) = filled().await;
    let admin = served.client().with(&world.admin.token);
    let second = testing::person(&world.database, "second-admin", common::roles::Role::Admin).await;
    let second = served.client().with(&second.token);
    let path = "/api/admin/dead-letters/retry";
    let bulk = |filter: Value, dry_run| json!({"filter": filter, "from": "start", "limit": 1000, "dry_run": dry_run});

    let foreseen = admin.post(path, &bulk(json!({"error": "timed out"}), true)).await.expect(200);
    // Every hundredth is worth so much that its council always votes.
    let expected = json!({"queued": 988, "pending_review": 12, "skipped": 0, "refused": 0});
    assert_eq!(
        (&foreseen["counts"], &foreseen["bulk_id"], &foreseen["more"]),
        (&expected, &json!(null), &json!(false))
    );
    assert_eq!(count(&world, "workflows WHERE status = 'failed'").await, 1200, "a dry run changes nothing");
    let one_more = json!({"filter": {}, "limit": 7, "dry_run": true});
    assert_eq!(admin.post(path, &one_more).await.expect(200)["more"], true);

    let both = [json!({"error": "timed out"}), json!({"error": "Timed", "council_id": "web-team"})];
    let (first, other) =
        join(admin.post(path, &bulk(both[0].clone(), false)), second.post(path, &bulk(both[1].clone(), false))).await;
    let (first, other) = (first.expect(200), other.expect(200));
    let sum = |fate: &str| {
        first["counts"][fate].as_i64().expect("a number") + other["counts"][fate].as_i64().expect("a number")
    };
    assert_eq!((sum("queued"), sum("pending_review"), sum("refused")), (988, 12, 0));
    assert_eq!(
        sum("skipped"),
        i64::try_from(
            first["outcomes"].as_array().expect("all").len() + other["outcomes"].as_array().expect("all").len()
        )
        .expect("few")
            - 1000
    );

    for (sql, number) in [
        ("workflows WHERE status = 'queued'", 988),
        ("workflows WHERE status = 'pending_review' AND round = 2", 12),
        ("workflows WHERE status = 'failed'", 200),
        ("outbox WHERE stream = 'workflows'", 988),
        ("audit_log WHERE action = 'workflow.retried' AND detail ? 'bulk_id'", 1000),
        ("(SELECT DISTINCT resource_id FROM audit_log WHERE action = 'workflow.retried') retried", 1000),
        ("audit_log WHERE action = 'dead_letters.retried'", 2),
        ("workflow_steps WHERE status = 'pending' AND attempt = 0 AND error IS NULL", 1001),
    ] {
        assert_eq!(count(&world, sql).await, number, "{sql}");
    }
    let rest = admin.post(path, &json!({"filter": {"error": "100%"}, "limit": 150})).await.expect(200);
    assert_eq!((&rest["counts"]["queued"], &rest["more"]), (&json!(150), &json!(true)));
}
