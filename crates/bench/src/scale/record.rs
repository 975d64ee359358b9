//! The record: sealing all of it, checking all of it, and how far behind the sealer is at that size.

use std::time::Instant;

use common::actor::Actor;
use common::http::RequestContext;
use database::audit::{self, Act, Watch, Witness};
use database::{AsyncConnection, Connection, connect};
use serde_json::json;

use super::clock::{Found, Limit, found, found_in, number, seconds};

/// As many rows as auth-service's sealer and auditor take at a time.
const BATCH: u16 = 1000;
const SLICE: u16 = 2000;
/// Rows whose sealing is waited for, one after the other.
const ACTS: usize = 200;

/// Seals every row, signs and verifies.
pub async fn measure(auth_service: &str) -> anyhow::Result<Vec<Found>> {
    let mut connection = connect(&auth_service.to_owned().into()).await?;
    let mut all = Vec::new();
    let began = Instant::now();
    let (mut sealed, mut batches) = (0, Vec::new());
    loop {
        let this = Instant::now();
        let rows = audit::seal(&mut connection, BATCH).await?;
        if rows < usize::from(BATCH) {
            sealed += rows;
            break;
        }
        sealed += rows;
        batches.push(seconds(this));
    }
    let took = seconds(began);
    let rate = number(i64::try_from(sealed)?) / took;
    let name = "sealing every row of the record";
    all.push(found(name, format!("{rate:.0}/s ({sealed} rows in {took:.0} s)"), rate, Some(Limit::PerSecond(4000.0))));
    let last = &batches[batches.len() - batches.len() / 10..];
    if !last.is_empty() {
        let rate = f64::from(BATCH) * number(i64::try_from(last.len())?) / last.iter().sum::<f64>();
        all.push(found(
            "the same, the last tenth of them",
            format!("{rate:.0}/s"),
            rate,
            Some(Limit::PerSecond(4000.0)),
        ));
    }
    all.push(lag(&mut connection).await?);

    let (key, began) = (testing::checkpoint_key(), Instant::now());
    let mut checkpoints = 0;
    while audit::sign_next(&mut connection, &key).await?.is_some() {
        checkpoints += 1;
    }
    let rate = number(i64::try_from(sealed)?) / seconds(began);
    let shown = format!("{rate:.0}/s ({checkpoints} in {:.0} s)", seconds(began));
    all.push(found("rows that checkpoints with their Merkle roots are signed over", shown, rate, None));

    let began = Instant::now();
    let verdict = audit::verify(&mut connection, &Witness::default()).await?;
    anyhow::ensure!(verdict.fault.is_none(), "{verdict}");
    let rate = number(verdict.sealed) / seconds(began);
    let shown = format!("{rate:.0}/s ({:.0} s)", seconds(began));
    all.push(found("`auth-service audit verify` of all of it", shown, rate, Some(Limit::PerSecond(10_000.0))));

    let (mut watch, began) = (Watch::new(None), Instant::now());
    for _ in 0..20 {
        let verdict = watch.advance(&mut connection, SLICE).await?;
        anyhow::ensure!(verdict.is_ok(), "{verdict:?}");
    }
    let slice = seconds(began) / 20.0 * 1e3;
    all.push(found("a slice of the auditor's, 2000 rows", format!("{slice:.0} ms"), slice, None));
    Ok(all)
}

/// How long a seal of one new row takes once everything before it is sealed.
async fn lag(connection: &mut Connection) -> anyhow::Result<Found> {
    let mut times = Vec::new();
    for _ in 0..ACTS {
        connection
            .transaction(async |connection| {
                let act = Act::new(Actor::System, "bench.done", "bench", "1").with(json!({"number": 1}));
                audit::record(connection, &RequestContext::default(), act).await
            })
            .await?;
        let began = Instant::now();
        audit::seal(connection, BATCH).await?;
        times.push(seconds(began) * 1e3);
    }
    Ok(found_in("sealing one new row after all of them", times, Limit::Milliseconds(50.0)))
}
