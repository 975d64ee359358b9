use common::problem::Problem;
use testing::TestDatabase;

#[tokio::test]
async fn who_asks_on_a_connection_that_breaks_is_told_to_come_back() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect("council_service").await;
    let asked = async {
        use diesel_async::RunQueryDsl;
        let sleeping = diesel::sql_query("SELECT pg_advisory_lock(7), pg_sleep(60)").execute(&mut connection).await;
        let again = diesel::sql_query("SELECT 1").execute(&mut connection).await;
        [sleeping, again].map(|answer| Problem::from(database::Error::from(answer.expect_err("it broke"))).code())
    };
    let broken = async {
        // It has the lock as soon as it sleeps.
        const END: &str = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = 7";
        while database.execute(END).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    let (codes, ()) = tokio::join!(asked, broken);
    assert_eq!(codes, ["unavailable", "unavailable"]);
}

#[tokio::test]
async fn who_has_to_give_way_in_a_deadlock_is_told_to_come_back() {
    use diesel_async::RunQueryDsl;
    let database = TestDatabase::new().await;
    let mut connections = [database.connect("council_service").await, database.connect("council_service").await];
    for (connection, lock) in connections.iter_mut().zip([1, 2]) {
        diesel::sql_query(format!("SELECT pg_advisory_lock({lock})")).execute(connection).await.expect("locks");
    }
    let [first, second] = &mut connections;
    // Whoever has to gives way by ending, so that the other goes on.
    let ask = async |connection: &mut database::Connection, lock: i32| {
        let asked = diesel::sql_query(format!("SELECT pg_advisory_lock({lock})")).execute(connection).await;
        let code = asked.err().map(|error| Problem::from(database::Error::from(error)).code());
        diesel::sql_query("SELECT pg_advisory_unlock_all()").execute(connection).await.expect("unlocks");
        code
    };
    let (first, second) = tokio::join!(ask(first, 2), ask(second, 1));
    let told: Vec<_> = first.into_iter().chain(second).collect();
    assert_eq!(told, ["unavailable"]);
}
