//! The queue, on real servers of each kind: one server, a primary that Sentinels watch, a cluster.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

mod carrying;
mod failover;
mod keeping;
mod tls;

/// Asks each kind of Redis the same: `server::`, `sentinel::` and `cluster::` before the name of each test.
macro_rules! on_each_kind {
    ($($test:ident),+ $(,)?) => {
        mod server {
            $(#[tokio::test] async fn $test() { super::$test(testing::TestRedis::private()).await; })+
        }
        mod sentinel {
            $(#[tokio::test] async fn $test() { super::$test(testing::TestRedis::watched()).await; })+
        }
        mod cluster {
            $(#[tokio::test] async fn $test() { super::$test(testing::TestRedis::cluster()).await; })+
        }
    };
}
pub(crate) use on_each_kind;
