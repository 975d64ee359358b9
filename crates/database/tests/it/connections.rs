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
