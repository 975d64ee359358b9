//! What the product holds of the machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use diesel_async::RunQueryDsl;
use serde::Serialize;
use testing::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// At one moment.
#[derive(Clone, Default, Serialize)]
pub struct Footprint {
    /// Memory of each part with its child processes, in bytes; pages that are shared count in part (PSS).
    pub memory: BTreeMap<String, u64>,
    /// How many files each part has open, sockets too.
    pub files: BTreeMap<String, usize>,
    /// How many connections PostgreSQL has.
    pub connections: i64,
    /// How many rows are dead and not cleared away yet.
    pub dead_rows: i64,
    /// How many rows there are.
    pub rows: i64,
}

#[derive(diesel::QueryableByName)]
struct Counts {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    connections: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    dead_rows: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    live_rows: i64,
}

const COUNTS: &str = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections, \
     (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables) AS dead_rows, \
     (SELECT coalesce(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables) AS live_rows";

/// Looks at it again and again.
pub struct Watching {
    cancel: CancellationToken,
    looking: JoinHandle<anyhow::Result<Vec<Footprint>>>,
}

/// Begins to look, every so often.
pub fn watch(runtime: &Runtime, every: Duration) -> Watching {
    let (pids, database) = (runtime.pids.clone(), runtime.database.clone());
    let cancel = CancellationToken::new();
    let cancelled = cancel.clone();
    let looking = tokio::spawn(async move {
        let mut connection = database::connect(&database.into()).await?;
        let mut seen = Vec::new();
        loop {
            let counts: Counts = diesel::sql_query(COUNTS).get_result(&mut connection).await?;
            let (memory, files) = of_processes(&pids)?;
            let Counts { connections, dead_rows, live_rows } = counts;
            seen.push(Footprint { memory, files, connections, dead_rows, rows: live_rows });
            if cancelled.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
                return Ok(seen);
            }
        }
    });
    Watching { cancel, looking }
}

impl Watching {
    /// Stops, and tells what was seen.
    pub async fn stop(self) -> anyhow::Result<Vec<Footprint>> {
        self.cancel.cancel();
        self.looking.await?
    }
}

/// Of each process that the run has noted in `NAME.pid`, with its children.
fn of_processes(pids: &Path) -> anyhow::Result<(BTreeMap<String, u64>, BTreeMap<String, usize>)> {
    let (mut memory, mut files) = (BTreeMap::new(), BTreeMap::new());
    for entry in std::fs::read_dir(pids)? {
        let path = entry?.path();
        let (Some(name), Some("pid")) = (path.file_stem(), path.extension().and_then(|end| end.to_str())) else {
            continue;
        };
        let Some(held) = testing::footprint::noted_in(&path)? else { continue };
        let name = name.to_string_lossy().into_owned();
        memory.insert(name.clone(), held.memory);
        files.insert(name, held.files);
    }
    Ok((memory, files))
}
