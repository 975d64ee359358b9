use database::{Connection, connect, migrations, schema};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use testing::TestDatabase;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

async fn objects(connection: &mut Connection) -> Vec<String> {
    let names: Vec<Name> = diesel::sql_query(
        "SELECT relkind::text || ' ' || relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
         UNION ALL
         SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         ORDER BY 1",
    )
    .load(connection)
    .await
    .expect("lists objects");
    names.into_iter().map(|row| row.name).filter(|name| !name.contains("__diesel_schema_migrations")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_can_be_taken_back_and_applied_again() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect_as_owner().await;
    let before = objects(&mut connection).await;
    assert!(before.contains(&"r workflows".to_owned()), "{before:?}");

    migrations::revert_all(connect(&database.owner_url().into()).await.expect("connects")).expect("reverts");
    // Functions that triggers call are left behind by nothing.
    let left: Vec<_> =
        objects(&mut connection).await.into_iter().filter(|name| !name.starts_with("function diesel_")).collect();
    assert_eq!(left, Vec::<String>::new());

    migrations::run(connect(&database.owner_url().into()).await.expect("connects")).expect("applies");
    assert_eq!(objects(&mut connection).await, before);
}

#[tokio::test]
async fn the_schema_is_the_databases() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect_as_owner().await;
    macro_rules! select {
        ($($table:ident),+ $(,)?) => {$(
            let query = schema::$table::table.select(schema::$table::all_columns).filter(diesel::dsl::sql::<diesel::sql_types::Bool>("false"));
            let rows = diesel::QueryDsl::count(schema::$table::table).get_result::<i64>(&mut connection).await;
            rows.expect(stringify!($table));
            let sql = diesel::debug_query::<diesel::pg::Pg, _>(&query).to_string();
            let sql = sql.split(" -- binds").next().expect("a query").to_owned();
            diesel::sql_query(sql).execute(&mut connection).await.expect(stringify!($table));
        )+};
    }
    select!(
        users,
        sessions,
        refresh_tokens,
        revocations,
        login_failures,
        totp,
        recovery_codes,
        account_tokens,
        agents,
        api_keys,
        audit_log,
        audit_seals,
        audit_checkpoints,
        councils,
        council_domains,
        council_policies,
        council_seats,
        workflow_types,
        workflow_type_versions,
        workflows,
        workflow_reviews,
        votes,
        workflow_steps,
        workflow_timeline,
        outbox,
        mandates,
        mandate_uses,
        break_glass,
        seat_delegations,
        idempotency_keys,
        announcer,
        webhooks,
        webhook_deliveries,
        health_history,
        incidents,
        backup_reports,
    );
}
