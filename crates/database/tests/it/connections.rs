use common::problem::Problem;
use diesel_async::RunQueryDsl;
use testing::TestDatabase;

#[tokio::test]
async fn who_asks_on_a_connection_that_breaks_is_told_to_come_back() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect("council_service").await;
    let asked = async {
        let sleeping = diesel::sql_query("SELECT pg_sleep(60)").execute(&mut connection).await;
        let again = diesel::sql_query("SELECT 1").execute(&mut connection).await;
        [sleeping, again].map(|answer| Problem::from(database::Error::from(answer.expect_err("it broke"))).code())
    };
    let broken = async {
        const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()";
        while database.execute(END).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    let (codes, ()) = tokio::join!(asked, broken);
    assert_eq!(codes, ["unavailable", "unavailable"]);
}
