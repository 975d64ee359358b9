//! What the product holds of the machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use diesel_async::RunQueryDsl;
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::runtime::Runtime;

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
        let noted = std::fs::read_to_string(&path)?;
        let Some(pid) = noted.split_whitespace().next().and_then(|pid| pid.parse().ok()) else { continue };
        let name = name.to_string_lossy().into_owned();
        for pid in with_children(pid) {
            // One that has just ended holds nothing.
            *memory.entry(name.clone()).or_default() += proportional(pid).unwrap_or(0);
            *files.entry(name.clone()).or_default() +=
                std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        }
    }
    Ok((memory, files))
}

fn with_children(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        next += 1;
    }
    all
}

/// Its proportional set size (`proc(5)`), in bytes.
fn proportional(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
