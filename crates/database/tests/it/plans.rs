//! Lists read what they show, not the whole tables.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use common::ids::WorkflowTypeId;
use common::page::Limit;
use database::Connection;
use database::audit;
use database::cleanup;
use database::execution::monitor;
use database::governance::dead_letters;
use database::governance::workflows::{Filter, list};
use database::reports::report;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use governance::steps::What;
use governance::workflow::WorkflowStatus;
use serde_json::json;
use testing::{TestDatabase, World};

/// Forty thousand workflows that ran, with two votes each, a few that failed, and fifty that wait. As the owner, below the
/// guards: no other way makes so many in a test's time.
const FILL: [&str; 11] = [
    "ALTER TABLE workflows DISABLE TRIGGER USER",
    "ALTER TABLE workflow_reviews DISABLE TRIGGER USER",
    "ALTER TABLE votes DISABLE TRIGGER USER",
    "CREATE TEMPORARY TABLE made AS SELECT n, lpad(to_hex(n), 12, '0') AS hex FROM generate_series(1, 40000) n",
    "INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis,
        decided_at, finished_at)
     SELECT ('01900000-0000-7000-8000-' || m.hex)::uuid, w.workflow_type, w.type_version, w.domain, w.inputs, w.digest,
        w.proposer_agent_id, CASE WHEN m.n % 1000 = 7 THEN 'failed' WHEN m.n % 800 = 3 THEN 'pending_review'
            ELSE 'completed' END, 'review', now(), CASE WHEN m.n % 800 = 3 AND m.n % 1000 <> 7 THEN NULL ELSE now() END
     FROM made m, workflows w",
    "INSERT INTO workflow_reviews (workflow_id, council_id, policy_version, outcome, deadline, decided_at)
     SELECT w.id, 'web-team', 1, CASE w.status WHEN 'pending_review' THEN 'open' ELSE 'approved' END,
        now() + interval '1 day', CASE w.status WHEN 'pending_review' THEN NULL ELSE now() END
     FROM workflows w WHERE NOT EXISTS (SELECT FROM workflow_reviews r WHERE r.workflow_id = w.id)",
    "INSERT INTO votes (workflow_id, council_id, user_id, seat_of, vote, digest)
     SELECT w.id, 'web-team', s.user_id, s.user_id, 'approve', w.digest FROM workflows w, council_seats s
     WHERE s.council_id = 'web-team' AND s.seat = 'member' AND w.status <> 'pending_review'",
    "ALTER TABLE workflows ENABLE TRIGGER USER",
    "ALTER TABLE workflow_reviews ENABLE TRIGGER USER",
    "ALTER TABLE votes ENABLE TRIGGER USER",
    "ANALYZE",
];

/// How often each big table was read from end to end, by anybody.
async fn scans(connection: &mut Connection) -> BTreeMap<String, i64> {
    counted(connection, "seq_scan").await
}

/// How many rows of each big table were read, by anybody.
async fn rows_read(connection: &mut Connection) -> BTreeMap<String, i64> {
    counted(connection, "seq_tup_read + idx_tup_fetch").await
}

async fn counted(connection: &mut Connection, what: &str) -> BTreeMap<String, i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    // What this session has counted is told to the others when its next statement ends.
    for statement in ["SELECT pg_stat_force_next_flush()", "SELECT 1", "SELECT pg_stat_clear_snapshot()"] {
        diesel::sql_query(statement).execute(connection).await.expect("runs");
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT relname::text AS name, {what} AS count FROM pg_stat_user_tables
         WHERE relname IN ('workflows', 'workflow_reviews', 'votes', 'audit_log', 'audit_seals', 'workflow_timeline')",
    ))
    .load(connection)
    .await
    .expect("counts");
    rows.into_iter().map(|row| (row.name, row.count)).collect()
}

/// Dead letters are looked through and counted as far as they failed, no further.
async fn look_through_dead_letters(connection: &mut Connection, before: &BTreeMap<String, i64>) {
    let kind = Some(governance::definition::StepKind::HttpRequest);
    for filter in [
        dead_letters::Filter::default(),
        dead_letters::Filter { workflow_type: Some("web.render".parse().expect("an id")), ..Default::default() },
        dead_letters::Filter { domain: Some("web".parse().expect("a domain")), ..Default::default() },
        dead_letters::Filter { council_id: Some("web-team".parse().expect("an id")), ..Default::default() },
        dead_letters::Filter { error: Some("x".to_owned().try_into().expect("a text")), ..Default::default() },
        dead_letters::Filter { step_kind: kind, failed_from: Some(chrono::Utc::now()), ..Default::default() },
    ] {
        let limit = Limit::try_from(10).expect("a limit");
        let (_, next) = dead_letters::list(connection, &filter, limit, None).await.expect("lists");
        if let Some(cursor) = next {
            dead_letters::list(connection, &filter, limit, Some(cursor.0)).await.expect("lists");
        }
        dead_letters::count(connection, &filter).await.expect("counts");
        assert_eq!(scans(connection).await, *before, "{filter:?} reads a whole table");
    }
}

/// The job monitor asks for all this every two seconds, with a role that sees only what it shows.
async fn look_at_the_job_monitor(world: &World, before: &BTreeMap<String, i64>) {
    let mut connection = world.database.connect("health_aggregator").await;
    let counts = monitor::counts(&mut connection).await.expect("counts");
    assert_eq!((counts.failed, counts.held), (40, 0));
    monitor::held_back(&mut connection).await.expect("counts");
    monitor::running(&mut connection).await.expect("lists");
    let soon = chrono::Utc::now() + chrono::TimeDelta::minutes(1);
    monitor::ended_since(&mut connection, soon).await.expect("counts");
    monitor::schedules(&mut connection, Limit::default(), None).await.expect("lists");
    look_through_dead_letters_shown(&mut connection).await;
    assert_eq!(scans(&mut connection).await, *before, "the job monitor reads a whole table");
}

async fn look_through_dead_letters_shown(connection: &mut Connection) {
    let kind = Some(governance::definition::StepKind::RenderTemplate);
    let error = Some("x".to_owned().try_into().expect("a text"));
    let workflow_type = Some("web.render".parse().expect("an id"));
    for filter in [
        dead_letters::Filter::default(),
        dead_letters::Filter { step_kind: kind, error, workflow_type, ..Default::default() },
    ] {
        let limit = Limit::try_from(10).expect("a limit");
        dead_letters::list(connection, &filter, limit, None).await.expect("lists");
    }
}

#[tokio::test]
async fn no_list_reads_a_big_table_from_end_to_end() {
    let world = World::new().await;
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let template = world.propose("web.render", json!({})).await;
    let mut owner = world.database.connect_as_owner().await;
    for statement in FILL {
        diesel::sql_query(statement).execute(&mut owner).await.expect(statement);
    }
    let mut connection = world.connect().await;
    // As it is seen by a member, who has not voted on what waits, and by the admin.
    let people = [&world.operators[1].claims, &world.admin.claims];
    let [render, other] = ["web.render", "web.other"].map(|id| id.parse::<WorkflowTypeId>().expect("an id"));
    let filters = [
        Filter::default(),
        Filter { statuses: &[WorkflowStatus::Completed], ..Filter::default() },
        Filter { statuses: &[WorkflowStatus::Failed, WorkflowStatus::Completed], ..Filter::default() },
        Filter { statuses: &[WorkflowStatus::Running], ..Filter::default() },
        Filter { workflow_type: Some(render.clone()), ..Filter::default() },
        Filter { workflow_type: Some(other), ..Filter::default() },
        Filter { workflow_type: Some(render), statuses: &[WorkflowStatus::Running], ..Filter::default() },
        Filter { council: Some("web-team".parse().expect("an id")), ..Filter::default() },
        Filter { council: Some("nobody".parse().expect("an id")), ..Filter::default() },
        Filter { proposed_by: Some(world.agent.id.0), ..Filter::default() },
        Filter { proposed_by: Some(world.admin.claims.user.id.0), ..Filter::default() },
        Filter { awaiting: Some(people[0]), ..Filter::default() },
        Filter { awaiting: Some(people[1]), ..Filter::default() },
    ];
    let before = scans(&mut connection).await;
    assert_eq!(before.len(), 6, "{before:?}");
    for filter in filters {
        let (first, next) = list(&mut connection, filter.clone(), Limit::default(), None).await.expect("lists");
        if let Some(cursor) = next {
            list(&mut connection, filter.clone(), Limit::default(), Some(cursor.0)).await.expect("lists");
        }
        if filter.awaiting.is_some_and(|claims| claims.user.id == world.operators[1].id) {
            assert_eq!(first.len(), 50, "what waits is found");
        }
        assert_eq!(scans(&mut connection).await, before, "{filter:?} reads a whole table");
    }
    look_through_dead_letters(&mut connection, &before).await;
    look_at_the_job_monitor(&world, &before).await;
    // So do reports, and the deleting of what is old.
    let mut worker = world.database.connect("workflow_worker").await;
    let now = chrono::Utc::now();
    let week = now - chrono::TimeDelta::days(7);
    let of_last_year = report(&mut worker, week - chrono::TimeDelta::days(365), week).await.expect("reports");
    assert_eq!((of_last_year.totals.proposed, of_last_year.types.len()), (0, 0));
    cleanup::count(&mut worker, What::Outputs, week).await.expect("counts");
    assert_eq!(scans(&mut connection).await, before, "a report, or what is old, reads a whole table");
    // The count would tell.
    diesel::sql_query("SELECT count(*) FROM votes WHERE digest IS NULL")
        .execute(&mut connection)
        .await
        .expect("counts");
    assert_ne!(scans(&mut connection).await, before);
    assert_eq!(world.find(template).await.summary.id, template);
}

/// Forty thousand acts, one a minute, all about workflows but for a few about a council long ago.
#[tokio::test]
async fn lists_of_the_record_read_no_more_than_they_show() {
    let database = TestDatabase::new().await;
    let mut owner = database.connect_as_owner().await;
    let acts = "INSERT INTO audit_log (at, actor_kind, action, resource_kind, resource_id)
                SELECT now() - (40000 - n) * interval '1 minute', 'system', 'test.done',
                    CASE WHEN n < 10 THEN 'council' ELSE 'workflow' END, n::text
                FROM generate_series(1, 40000) n";
    for statement in [acts, "ANALYZE"] {
        diesel::sql_query(statement).execute(&mut owner).await.expect(statement);
    }
    let mut connection = database.connect("auth_service").await;
    let days_ago = |days| Some(Utc::now() - TimeDelta::days(days));
    let one_thing = audit::Filter { resource_id: "7".to_owned().try_into().ok(), ..audit::Filter::default() };
    let one_kind = audit::Filter { resource_kind: "council".to_owned().try_into().ok(), ..audit::Filter::default() };
    let no_such_kind = audit::Filter { resource_kind: "secret".to_owned().try_into().ok(), ..audit::Filter::default() };
    let long_ago = audit::Filter { to: days_ago(20), ..audit::Filter::default() };
    let then = audit::Filter { from: days_ago(20), to: days_ago(19), ..audit::Filter::default() };
    for (filter, wanted) in [(one_thing, 1), (one_kind, 9), (no_such_kind, 0), (long_ago, 50), (then, 50)] {
        let before = rows_read(&mut connection).await["audit_log"];
        let (found, _) = audit::list(&mut connection, &filter, Limit::default(), None).await.expect("lists");
        assert_eq!(found.len(), wanted, "{filter:?}");
        let read = rows_read(&mut connection).await["audit_log"] - before;
        assert!(read < 100, "{read} rows of the record are read: {filter:?}");
    }
}

/// Twenty thousand links, one a minute, of which a slice of a hundred is checked, and the last hours are exported.
#[tokio::test]
async fn auditor_and_exports_read_no_more_of_the_chain_than_they_need() {
    let database = TestDatabase::new().await;
    let mut owner = database.connect_as_owner().await;
    let acts = "INSERT INTO audit_log (at, actor_kind, action, resource_kind, resource_id)
                SELECT now() - (20000 - n) * interval '1 minute', 'system', 'test.done', 'test', n::text
                FROM generate_series(1, 20000) n";
    diesel::sql_query(acts).execute(&mut owner).await.expect("inserts");
    let mut connection = database.connect("auth_service").await;
    while audit::seal(&mut connection, 5000).await.expect("seals") > 0 {}
    diesel::sql_query("VACUUM (ANALYZE) audit_log, audit_seals").execute(&mut owner).await.expect("analyzes");
    let mut watch = audit::Watch::new(None);
    for slice in 1..=3 {
        let before = rows_read(&mut connection).await;
        assert!(watch.advance(&mut connection, 100).await.expect("reads").is_ok());
        let after = rows_read(&mut connection).await;
        for table in ["audit_log", "audit_seals"] {
            let read = after[table] - before[table];
            assert!(read < 2000, "slice {slice} reads {read} rows of {table}");
        }
    }
    let filter = audit::Filter { from: Some(Utc::now() - TimeDelta::hours(5)), ..audit::Filter::default() };
    let before = rows_read(&mut connection).await["audit_log"];
    let links = audit::export(&mut connection, &filter, 0, 1000).await.expect("exports");
    let read = rows_read(&mut connection).await["audit_log"] - before;
    assert_eq!(links.len(), 300);
    assert_eq!(links[0].record["resource_id"], "19701");
    assert!(read < 5000, "an export reads {read} rows of the record");
}
