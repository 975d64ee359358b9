//! The way from the newest release (`migrations/released`) to this state and back, with data that the services' own acts
//! have written: nothing is lost, and no migration holds up who works meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, Instant};

use common::http::RequestContext;
use database::audit::{self, Witness};
use database::migrations::{self, LOCK_TIMEOUT, Migrator};
use database::schedules::{self, Content};
use database::{Connection, connect};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use governance::schedule::Missed;
use serde_json::json;
use testing::TestDatabase;
use tokio::sync::oneshot;

use crate::evidence::scenes::Scene;

/// How many rows the big tables get; `make upgrade-test` says more.
const ROWS: &str = "UPGRADE_ROWS";

/// The migrations of the newest release.
fn released() -> Vec<&'static str> {
    let lines = include_str!("../../../../migrations/released").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
}

async fn migrator(database: &TestDatabase) -> Migrator {
    Migrator::new(connect(&database.owner_url().into()).await.expect("connects"))
}

async fn applied(database: &TestDatabase) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let query = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    let mut owner = database.connect_as_owner().await;
    let rows: Vec<Version> = diesel::sql_query(query).load(&mut owner).await.expect("reads");
    rows.into_iter().map(|row| row.version).collect()
}

/// As diesel has it: the date and the number, without hyphens.
fn version_of(migration: &str) -> String {
    migration.split('_').next().unwrap_or_default().replace('-', "")
}

/// Takes back what the release does not have.
async fn back_to_the_release(database: &TestDatabase) {
    let (mut migrator, mut left) = (migrator(database).await, applied(database).await.len());
    while left > released().len() {
        migrator.back().expect("is taken back");
        left -= 1;
    }
    let versions: Vec<_> = released().into_iter().map(version_of).collect();
    assert_eq!(applied(database).await, versions, "a new migration stands before one that is released");
}

async fn forward(database: &TestDatabase) {
    migrations::run(connect(&database.owner_url().into()).await.expect("connects")).expect("migrates");
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn lines(database: &TestDatabase, query: &str) -> Vec<String> {
    let mut owner = database.connect_as_owner().await;
    let lines: Vec<Line> = diesel::sql_query(query).load(&mut owner).await.expect("reads");
    lines.into_iter().map(|line| line.line).collect()
}

/// Everything that the schema is made of: columns, constraints, indexes, triggers, functions, rights.
async fn schema(database: &TestDatabase) -> BTreeSet<String> {
    let query = "
        SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                      pg_get_expr(d.adbin, d.adrelid), a.attacl) AS line
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT format('%s %s %s', relkind, relname, relacl) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname <> '__diesel_schema_migrations'
        UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT format('%s %s', pg_get_functiondef(oid), proacl) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace";
    lines(database, query).await.into_iter().collect()
}

/// The columns of each table.
async fn columns(database: &TestDatabase) -> BTreeMap<String, String> {
    let query = "SELECT table_name || ' ' || string_agg(quote_ident(column_name), ', ' ORDER BY column_name) AS line
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '__diesel_schema_migrations'
        GROUP BY table_name";
    let lines = lines(database, query).await;
    lines.iter().filter_map(|line| line.split_once(' ')).map(|(table, names)| (table.into(), names.into())).collect()
}

/// How many rows each of these tables has, and a hash of what stands in these columns of them.
async fn contents(database: &TestDatabase, columns: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let of_table = |(table, columns): (&String, &String)| {
        format!(
            "SELECT format('{table} %s rows %s', count(*), md5(string_agg(t::text, ',' ORDER BY t::text))) AS line
             FROM (SELECT {columns} FROM {table}) t"
        )
    };
    let query = columns.iter().map(of_table).collect::<Vec<_>>().join(" UNION ALL ");
    let lines = lines(database, &query).await;
    lines.iter().filter_map(|line| line.split_once(' ')).map(|(table, what)| (table.into(), what.into())).collect()
}

/// Checks every link of the record.
async fn verify(database: &TestDatabase) {
    let mut connection = database.connect("auth_service").await;
    let verdict = audit::verify(&mut connection, &Witness::default()).await.expect("verifies");
    assert!(verdict.fault.is_none() && verdict.sealed > 0 && verdict.unsealed == 0, "{verdict:?}");
}

/// The document about the workflow, but for the time at which it was made.
async fn evidence(scene: &Scene) -> serde_json::Value {
    let mut document = scene.unsealed_evidence().await;
    document.as_object_mut().expect("an object").remove("generated_at");
    document
}

/// What became of proposals, in every way that there is.
async fn scenes() -> Vec<Scene> {
    vec![
        Scene::begun().await,
        Scene::completed().await,
        Scene::blocked().await,
        Scene::rejected().await,
        Scene::expired().await,
        Scene::cancelled().await,
        Scene::conditional(true, &["other"], &["branch", "inner"]).await,
        Scene::by_policy().await,
        Scene::by_mandate().await,
        Scene::glass_ratified().await,
        Scene::retried().await,
        Scene::escalated().await,
        Scene::moved().await,
        Scene::stand_in_gone().await,
        Scene::asking().await,
        Scene::asked().await,
    ]
}

/// Has what else there is: a schedule, and what auth-service and the sender of webhooks keep.
async fn busy(Scene { world, .. }: &Scene) {
    let written = Content {
        name: &"Weekly".to_owned().try_into().expect("a name"),
        cron: "30 8 * * 1",
        time_zone: "Europe/Berlin",
        workflow_type: &"web.render".parse().expect("an id"),
        inputs: &json!({"n": 3}),
        weekly_savings: None,
        reason: None,
        missed: Missed::Once,
    };
    let context = RequestContext::default();
    schedules::create(&mut world.connect().await, &world.admin.claims, &context, &written).await.expect("creates");
    for statement in [
        "INSERT INTO schedule_runs (schedule_id, due_at, outcome, problem) SELECT id, now(), 'refused', 'why' FROM schedules",
        "INSERT INTO webhooks (id, url, description, events, secret, created_by)
         SELECT gen_random_uuid(), 'https://example.com/', '', '{workflow.completed}', 'sealed', id FROM users LIMIT 1",
        "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event_type, payload, status, attempts, due_at)
         SELECT gen_random_uuid(), id, gen_random_uuid(), 'workflow.completed', '{}', 'pending', 1, now() FROM webhooks",
        "INSERT INTO secrets (name, ciphertext, description, set_by) SELECT 'key', 'sealed', '', id FROM users LIMIT 1",
        "INSERT INTO totp (user_id, secret) SELECT id, 'sealed' FROM users",
        "INSERT INTO recovery_codes (user_id, hash) SELECT id, sha256('code') FROM users",
        "INSERT INTO account_tokens (hash, user_id, purpose, expires_at)
         SELECT sha256('token'), id, 'password_reset', now() FROM users LIMIT 1",
        "INSERT INTO login_failures (account, failures, failed_at) VALUES (sha256('ada@example.com'), 3, now())",
        "INSERT INTO idempotency_keys (caller, key, request, status, body)
         SELECT id, 'key', sha256('request'), 201, '{}' FROM users",
    ] {
        TestDatabase::execute(&world.database, statement).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_the_way_up_down_and_up_again() {
    let (mut filled, mut tables) = (BTreeSet::new(), BTreeSet::new());
    for scene in scenes().await {
        let database = &scene.world.database;
        if filled.is_empty() {
            busy(&scene).await;
        }
        testing::seal_and_sign(database).await;
        let evidence = evidence(&scene).await;

        back_to_the_release(database).await;
        let columns = columns(database).await;
        let before = contents(database, &columns).await;
        verify(database).await;
        forward(database).await;
        assert_eq!(contents(database, &columns).await, before, "on the way up");
        assert_eq!(self::evidence(&scene).await, evidence);
        verify(database).await;
        back_to_the_release(database).await;
        assert_eq!(contents(database, &columns).await, before, "on the way down");
        verify(database).await;
        forward(database).await;
        assert_eq!(contents(database, &columns).await, before, "on the way up again");
        assert_eq!(self::evidence(&scene).await, evidence);
        verify(database).await;

        filled.extend(before.into_iter().filter(|(_, what)| !what.starts_with("0 rows")).map(|(table, _)| table));
        tables.extend(columns.into_keys());
    }
    let empty: Vec<_> = tables.difference(&filled).collect();
    assert!(empty.is_empty(), "nothing was seen of {empty:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_new_migrations_back_leaves_exactly_the_released_schema() {
    let (database, fresh) = (TestDatabase::new().await, TestDatabase::new().await);
    back_to_the_release(&database).await;
    migrations::revert_all(connect(&fresh.owner_url().into()).await.expect("connects")).expect("reverts");
    let mut migrator = migrator(&fresh).await;
    for _ in released() {
        migrator.forward().expect("migrates");
    }
    assert_eq!(applied(&fresh).await, applied(&database).await);
    let (back, fresh) = (schema(&database).await, schema(&fresh).await);
    let differences: Vec<_> = back.symmetric_difference(&fresh).collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Fills the tables that grow, with copies of what services wrote; returns their names.
async fn grow(database: &TestDatabase, rows: i32) -> [&'static str; 5] {
    // A superuser may leave out what foreign keys and guards would check, which are the services' own rows many times over.
    let mut superuser = database.connect("postgres").await;
    run(&mut superuser, "SET session_replication_role = replica").await;
    let copies = [
        ("users", "gen_random_uuid() AS id, gen_random_uuid()::text AS email", "id, email"),
        ("workflows", "gen_random_uuid() AS id", "id"),
        ("workflow_steps", "gen_random_uuid() AS workflow_id", "workflow_id"),
        ("workflow_timeline", "", "id"),
        ("audit_log", "", "id"),
    ];
    for (table, made, but) in copies {
        let query = format!(
            "SELECT string_agg(quote_ident(column_name), ', ') AS line FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = '{table}' AND is_generated = 'NEVER'
                 AND NOT column_name = ANY (string_to_array('{but}', ', '))"
        );
        let kept = lines(database, &query).await.concat();
        let (made, named) =
            if made.is_empty() { (String::new(), String::new()) } else { (format!("{made}, "), format!("{but}, ")) };
        let copy = format!(
            "INSERT INTO {table} ({named}{kept})
             SELECT {made}{kept} FROM (SELECT * FROM {table} LIMIT 1) one, generate_series(1, {rows})"
        );
        run(&mut superuser, &copy).await;
        run(&mut superuser, &format!("ANALYZE {table}")).await;
    }
    copies.map(|(table, ..)| table)
}

async fn run(connection: &mut Connection, statement: &str) {
    diesel::sql_query(statement).execute(connection).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// For how long each lock on a big table was seen that makes writers wait, or everybody.
type Held = BTreeMap<(String, String), Duration>;

/// Looks at the locks of a session until it is told to stop.
async fn watch_locks(database: &TestDatabase, pid: i32, tables: &[&str], mut stop: oneshot::Receiver<()>) -> Held {
    let query = format!(
        "SELECT relname || ' ' || mode AS line FROM pg_locks JOIN pg_class c ON c.oid = relation
         WHERE pid = {pid} AND granted AND relname IN ('{}')
             AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')",
        tables.join("', '")
    );
    let mut connection = database.connect_as_owner().await;
    let mut seen: BTreeMap<(String, String), (Instant, Instant)> = BTreeMap::new();
    while stop.try_recv().is_err() {
        let looked = Instant::now();
        let locks: Vec<Line> = diesel::sql_query(&query).load(&mut connection).await.expect("reads");
        for Line { line } in locks {
            let (table, mode) = line.split_once(' ').expect("two words");
            let times = seen.entry((table.to_owned(), mode.to_owned())).or_insert((looked, looked));
            times.1 = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    seen.into_iter().map(|(lock, (first, last))| (lock, last - first)).collect()
}

async fn pid_of(connection: &mut Connection) -> i32 {
    #[derive(QueryableByName)]
    struct Pid {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result::<Pid>(connection).await.expect("a pid").pid
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_migration_holds_up_a_big_table() {
    let rows = std::env::var(ROWS).map_or(20_000, |rows| rows.parse().expect("a number of rows"));
    let scene = Scene::completed().await;
    let database = std::sync::Arc::new(scene.world.database);
    back_to_the_release(&database).await;
    let tables = grow(&database, rows).await;

    let mut report = format!("{} with {rows} rows each\n", tables.join(", "));
    let mut faults = Vec::new();
    loop {
        let mut connection = connect(&database.owner_url().into()).await.expect("connects");
        let pid = pid_of(&mut connection).await;
        let (stop, stopped) = oneshot::channel();
        let watched = database.clone();
        let watching = tokio::spawn(async move { watch_locks(&watched, pid, &tables, stopped).await });
        let began = Instant::now();
        let Some(name) = Migrator::new(connection).forward().expect("migrates") else { break };
        let took = began.elapsed();
        let _ = stop.send(());
        let held = watching.await.expect("watches");
        writeln!(report, "{name}: {} ms", took.as_millis()).expect("writes");
        for ((table, mode), time) in held {
            writeln!(report, "    {mode} on {table}: {} ms", time.as_millis()).expect("writes");
            if time >= LOCK_TIMEOUT {
                faults.push(format!("{name} holds {mode} on {table} for {} ms", time.as_millis()));
            }
        }
    }
    eprintln!("{report}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_holds_up_a_table_is_seen() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect_as_owner().await;
    let pid = pid_of(&mut connection).await;
    let (stop, stopped) = oneshot::channel();
    let altering = async {
        for statement in ["BEGIN", "ALTER TABLE workflows ADD COLUMN more text", "SELECT pg_sleep(0.2)", "COMMIT"] {
            run(&mut connection, statement).await;
        }
        stop.send(()).expect("it watches");
    };
    let (held, ()) = tokio::join!(watch_locks(&database, pid, &["workflows"], stopped), altering);
    let time = held[&("workflows".to_owned(), "AccessExclusiveLock".to_owned())];
    assert!(time >= Duration::from_millis(150), "{held:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_lets_pass_who_waits_behind_it_and_tries_again() {
    let database = TestDatabase::new().await;
    migrations::revert_all(connect(&database.owner_url().into()).await.expect("connects")).expect("reverts");
    let mut migrator = migrator(&database).await;
    // The first migration makes `users`; a later one refers to it, which needs a lock that writers have to wait for.
    migrator.forward().expect("migrates");
    let mut writer = database.connect_as_owner().await;
    run(&mut writer, "BEGIN").await;
    run(&mut writer, "LOCK TABLE users IN ROW EXCLUSIVE MODE").await;

    let migrating = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(async { while migrator.forward().expect("migrates").is_some() {} });
    });
    let mut other = database.connect_as_owner().await;
    let waiting = "SELECT count(*) AS count FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted";
    while count(&mut other, waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let began = Instant::now();
    run(&mut other, "UPDATE users SET name = name").await;
    let waited = began.elapsed();
    assert!(waited < LOCK_TIMEOUT + Duration::from_millis(500), "{waited:?}");
    assert!(!migrating.is_finished(), "it has not had its lock");
    run(&mut writer, "COMMIT").await;
    migrating.await.expect("migrates");
    assert_eq!(applied(&database).await, applied(&TestDatabase::new().await).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_migrate_at_the_same_time_one_does_it() {
    let database = TestDatabase::new().await;
    migrations::revert_all(connect(&database.owner_url().into()).await.expect("connects")).expect("reverts");
    let mut migrating = Vec::new();
    for _ in 0..2 {
        let connection = connect(&database.owner_url().into()).await.expect("connects");
        migrating.push(tokio::spawn(async move { migrations::run(connection).expect("migrates").len() }));
    }
    let mut counts = Vec::new();
    for one in migrating {
        counts.push(one.await.expect("migrates"));
    }
    counts.sort_unstable();
    assert_eq!(counts, [0, applied(&database).await.len()]);
}

async fn count(connection: &mut Connection, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    diesel::sql_query(query).get_result::<Count>(connection).await.expect("counts").count
}
