//! The record: what sealing costs those who write it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use common::actor::Actor;
use common::http::RequestContext;
use database::audit::{self, Act};
use database::{DatabaseSettings, Pool};
use diesel_async::AsyncConnection;
use serde_json::json;

use crate::Effort;
use crate::identity::median;
use crate::report::{Figure, Goal};
use crate::stack::Stack;

const WRITERS: usize = 8;
const SEAL_BATCH: u16 = 1000;
const SEAL_PAUSE: Duration = Duration::from_millis(500);

/// Measures, in a database of its own that no service of the stack seals.
pub async fn measure(stack: &Stack, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let url = stack.new_database("bench_audit").await?;
    let pool = Pool::new(&DatabaseSettings { url: url.into(), pool_size: WRITERS + 2 })?;
    let (mut with, mut without, mut lags) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        without.push(acts_per_second(&pool, effort.time).await?);
        while audit::seal(&mut *pool.get().await?, SEAL_BATCH).await? > 0 {}
        let stop = Arc::new(AtomicBool::new(false));
        let sealing = tokio::spawn(seal(pool.clone(), stop.clone()));
        with.push(acts_per_second(&pool, effort.time).await?);
        let began = Instant::now();
        while unsealed(&pool).await? > 0 {
            ensure!(began.elapsed() < Duration::from_mins(1), "the sealer does not keep up");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        lags.push(began.elapsed().as_secs_f64());
        stop.store(true, Ordering::Relaxed);
        sealing.await??;
    }
    let found = audit::verify(&mut *pool.get().await?, &audit::Witness::default()).await?;
    ensure!(found.fault.is_none(), "{found}");
    let (with, without, lag) = (median(with), median(without), median(lags));
    Ok(vec![
        Figure {
            name: "acts on the record per second by 8 writers while it is sealed, to without sealing",
            measured: format!("{with:.0}/s"),
            limit: format!("{without:.0}/s"),
            ratio: with / without,
            goal: Goal::AtLeast(0.9),
        },
        Figure {
            name: "how long after the last of them all are sealed, to the promised second",
            measured: format!("{lag:.2} s"),
            limit: "1 s".to_owned(),
            ratio: lag,
            goal: Goal::AtMost(1.0),
        },
    ])
}

/// As the service's sealer does.
async fn seal(pool: Pool, stop: Arc<AtomicBool>) -> database::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        if audit::seal(&mut *pool.get().await?, SEAL_BATCH).await? < usize::from(SEAL_BATCH) {
            tokio::time::sleep(SEAL_PAUSE).await;
        }
    }
    Ok(())
}

async fn unsealed(pool: &Pool) -> database::Result<i64> {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    let mut connection = pool.get().await?;
    let rows: i64 = database::schema::audit_log::table.count().get_result(&mut connection).await?;
    let seals: i64 = database::schema::audit_seals::table.count().get_result(&mut connection).await?;
    Ok(rows - seals)
}

async fn acts_per_second(pool: &Pool, time: Duration) -> anyhow::Result<f64> {
    let (began, acts) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (pool, acts) = (pool.clone(), acts.clone());
            tokio::spawn(async move {
                let mut connection = pool.get().await?;
                while began.elapsed() < time {
                    connection
                        .transaction(async |connection| {
                            let act = Act::new(Actor::System, "bench.done", "bench", "1").with(json!({"number": 1}));
                            audit::record(connection, &RequestContext::default(), act).await
                        })
                        .await?;
                    acts.fetch_add(1, Ordering::Relaxed);
                }
                database::Result::Ok(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    Ok(f64::from(u32::try_from(acts.load(Ordering::Relaxed))?) / began.elapsed().as_secs_f64())
}
