use common::page::{Cursor, Limit};
use database::Connection;
use database::audit::{self, Fault, Watch, Witness};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;
use testing::{TestDatabase, World};

#[tokio::test]
async fn the_chain_holds_until_a_row_is_altered_and_then_names_it() {
    let world = World::new().await;
    world.add_type("web.render", json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}])).await;
    let workflow = world.propose("web.render", json!({})).await;
    let mut connection = world.database.connect("auth_service").await;
    let found = audit::verify(&mut connection, &Witness::default()).await.expect("verifies");
    assert_eq!((found.sealed, found.fault), (0, None));
    let rows = found.unsealed;

    // In several goes, as the sealer does it.
    seal_all(&mut connection, 3).await;
    let found = audit::verify(&mut connection, &Witness::default()).await.expect("verifies");
    assert_eq!((found.sealed, found.unsealed, found.fault), (rows, 0, None));
    let links = audit::links_of(&mut connection, "workflow", &workflow.to_string()).await.expect("links");
    assert!(!links.is_empty() && links.iter().all(audit::Link::holds));

    // Who owns the table can switch its guard off: then the chain tells.
    let mut owner = world.database.connect_as_owner().await;
    for sql in [
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_erasure_only",
        "UPDATE audit_log SET detail = detail || '{\"digest\": \"other\"}' WHERE action = 'workflow.proposed'",
    ] {
        diesel::sql_query(sql).execute(&mut owner).await.expect(sql);
    }
    let found = audit::verify(&mut connection, &Witness::default()).await.expect("verifies");
    let altered = links[0].record["id"].as_i64().expect("an id");
    assert_eq!(found.fault, Some(Fault::Altered { id: altered.into(), position: found.sealed + 1 }));
    let links = audit::links_of(&mut connection, "workflow", &workflow.to_string()).await.expect("links");
    assert!(!links[0].holds());
}

/// Somebody sets the clock of the server: then the order of rows is not that of their times.
#[tokio::test]
async fn what_is_asked_for_by_time_is_whole_whatever_the_clock_said() {
    let database = TestDatabase::new().await;
    let mut owner = database.connect_as_owner().await;
    for (minute, day) in [(1, 2), (2, 9), (3, 2), (4, 5), (5, 2)] {
        let insert = format!(
            "INSERT INTO audit_log (at, actor_kind, action, resource_kind, resource_id)
             VALUES ('2026-03-0{day}T12:0{minute}:00Z', 'system', 'test.done', 'test', '{minute}')"
        );
        diesel::sql_query(&insert).execute(&mut owner).await.expect("inserts");
    }
    let mut connection = database.connect("auth_service").await;
    seal_all(&mut connection, 100).await;
    let at = |day: u8| Some(format!("2026-03-0{day}T00:00:00Z").parse().expect("a time"));
    let one = Limit::try_from(1).expect("a limit");
    for (from, to, newest_first, as_sealed) in [
        (at(2), at(3), &["5", "3", "1"][..], &["1", "3", "5"][..]),
        (at(3), at(6), &["4"], &["4"]),
        (at(4), None, &["2", "4"], &["2", "4"]),
        (None, at(6), &["4", "5", "3", "1"], &["1", "3", "4", "5"]),
    ] {
        let filter = audit::Filter { from, to, ..audit::Filter::default() };
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let (rows, next) = audit::list(&mut connection, &filter, one, after).await.expect("lists");
            listed.extend(rows.into_iter().map(|row| row.resource_id));
            let Some(Cursor(last)) = next else { break };
            after = Some(last);
        }
        assert_eq!(listed, newest_first, "{filter:?}");
        let links = audit::export(&mut connection, &filter, 0, 100).await.expect("exports");
        let exported: Vec<_> = links.iter().map(|link| link.record["resource_id"].as_str().expect("an id")).collect();
        assert_eq!(exported, as_sealed, "{filter:?}");
    }
}

/// A row with a smaller id whose transaction ends later must not be passed over, nor come after what it precedes.
#[tokio::test]
async fn rows_of_running_transactions_are_waited_for() {
    let world = World::new().await;
    let mut sealer = world.database.connect("auth_service").await;
    seal_all(&mut sealer, 100).await;

    let insert = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id) VALUES ('system', 'test.done', 'test', '1')";
    let mut slow = world.database.connect("auth_service").await;
    let mut quick = world.database.connect("auth_service").await;
    slow.transaction(async |slow| {
        diesel::sql_query(insert).execute(slow).await?;
        diesel::sql_query(insert).execute(&mut quick).await?;
        // The quick row is committed, but the slow one comes before it.
        assert_eq!(audit::seal(&mut sealer, 100).await.expect("seals"), 0);
        assert_eq!(unsealed(&mut sealer).await, 1, "the slow row is not even visible yet");
        diesel::QueryResult::Ok(())
    })
    .await
    .expect("commits");
    seal_all(&mut sealer, 100).await;
    assert_eq!(audit::verify(&mut sealer, &Witness::default()).await.expect("verifies").fault, None);
}

/// However many instances of the service run: one sealer works at a time, and none makes a link twice.
#[tokio::test]
async fn sealers_that_work_at_once_make_one_chain() {
    let world = World::new().await;
    let mut owner = world.database.connect_as_owner().await;
    let rows = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id)
        SELECT 'system', 'test.done', 'test', n::text FROM generate_series(1, 500) n";
    diesel::sql_query(rows).execute(&mut owner).await.expect("inserts");
    let sealers = (0..4).map(async |_| {
        let mut connection = world.database.connect("auth_service").await;
        seal_all(&mut connection, 20).await;
    });
    futures_util::future::join_all(sealers).await;
    let found = audit::verify(&mut owner, &Witness::default()).await.expect("verifies");
    assert!(found.sealed >= 500 && found.unsealed == 0 && found.fault.is_none(), "{found:?}");
}

/// What goes on in the record while it is watched, and what is done to it behind the watch's back.
#[tokio::test]
async fn the_watch_goes_on_where_it_stopped_and_finds_what_was_done_behind_it() {
    let world = World::new().await;
    let mut connection = world.database.connect("auth_service").await;
    let tail = audit::tail(&mut connection).await.expect("a tail");
    assert!(tail.rows > 0 && tail.since.is_some(), "{tail:?}");
    seal_all(&mut connection, 100).await;
    assert_eq!(audit::tail(&mut connection).await.expect("a tail").rows, 0);

    // In slices, to the end; then what is new only.
    let mut watch = Watch::new(None);
    let mut slices = 1;
    while !watch.advance(&mut connection, 2).await.expect("reads").expect("holds") {
        slices += 1;
    }
    let sealed = watch.position();
    assert_eq!(slices, sealed / 2 + 1);
    let row = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id) VALUES ('system', 'test.done', 'test', '1')";
    TestDatabase::execute(&world.database, row).await;
    seal_all(&mut connection, 100).await;
    assert!(watch.advance(&mut connection, 100).await.expect("reads").expect("holds"));
    assert_eq!(watch.position(), sealed + 1);

    for guard in ["audit_log_erasure_only ON audit_log", "audit_seals_append_only ON audit_seals"] {
        let (name, table) = guard.split_once(" ON ").expect("two names");
        TestDatabase::execute(&world.database, &format!("ALTER TABLE {table} DISABLE TRIGGER {name}")).await;
    }
    // A row that is put where the sealer has passed, with the number of an old transaction.
    let old = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id, transaction_id)
        SELECT 'system', 'test.done', 'test', 'forged', min(transaction_id) FROM audit_log";
    TestDatabase::execute(&world.database, old).await;
    let fault = to_the_end(&mut watch.again(), &mut connection).await;
    assert!(matches!(fault, Some(Fault::Inserted { .. })), "{fault:?}");

    // A row that was altered long ago is found by the next check of the whole.
    TestDatabase::execute(&world.database, "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only").await;
    TestDatabase::execute(&world.database, "DELETE FROM audit_log WHERE resource_id = 'forged'").await;
    let altered = "UPDATE audit_log SET detail = detail || '{\"x\": 1}' WHERE id = (SELECT audit_id FROM audit_seals WHERE position = 2)";
    TestDatabase::execute(&world.database, altered).await;
    assert!(watch.advance(&mut connection, 100).await.expect("reads").is_ok(), "nothing is new");
    let fault = to_the_end(&mut watch.again(), &mut connection).await;
    assert!(matches!(fault, Some(Fault::Altered { position: 2, .. })), "{fault:?}");

    // The link that it stopped at is another one, or gone.
    TestDatabase::execute(&world.database, "UPDATE audit_seals SET hash = sha256(hash) WHERE position > 2").await;
    let fault = watch.advance(&mut connection, 100).await.expect("reads").expect_err("was rewritten");
    assert_eq!(fault, Fault::Rewritten { position: sealed + 1 });
    TestDatabase::execute(&world.database, &format!("DELETE FROM audit_seals WHERE position = {}", sealed + 1)).await;
    let fault = watch.advance(&mut connection, 100).await.expect("reads").expect_err("was cut off");
    assert_eq!(fault, Fault::Removed { id: None, position: sealed + 1 });
}

async fn to_the_end(watch: &mut Watch, connection: &mut Connection) -> Option<Fault> {
    loop {
        match watch.advance(connection, 3).await.expect("reads") {
            Ok(false) => {}
            Ok(true) => return None,
            Err(fault) => return Some(fault),
        }
    }
}

async fn unsealed(connection: &mut Connection) -> i64 {
    audit::verify(connection, &Witness::default()).await.expect("verifies").unsealed
}

/// Seals until nothing is left. A transaction of any other test holds the sealer up: transaction ids are the cluster's.
async fn seal_all(connection: &mut Connection, batch: u16) {
    while unsealed(connection).await > 0 {
        audit::seal(connection, batch).await.expect("seals");
    }
}
