//! Running what is approved: how many workflows a second, how soon after the vote, in how much memory.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId};
use database::governance::cast_vote::{NewVote, cast_vote};
use database::{Connection, DatabaseSettings, Pool};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Jsonb, Nullable};
use diesel_async::RunQueryDsl;
use governance::digest::{Digest, proposal_digest};
use governance::workflow::{Vote, WorkflowStatus};
use redis::AsyncCommands;
use serde_json::{Value, json};

use crate::Effort;
use crate::governance::{COUNCIL, WAITING, pgbench, run_all, voter, workflow};
use crate::identity::median;
use crate::report::{Figure, Goal};
use crate::stack::{Stack, start_bare};

/// A type whose one step calls a URL.
const TYPES: &str = include_str!("execution/types.sql");
/// Approved workflows of one template each, with their outbox rows.
const QUEUED: &str = include_str!("execution/queued.sql");
/// Workflows of that kind that have finished, with all that their runs wrote.
const HISTORY: &str = include_str!("execution/history.sql");
/// What the two scripts of pgbench's below write to besides.
const BATCH_TABLES: &str = include_str!("execution/batch.sql");
/// The smallest transaction that is durable.
const COMMIT: &str = include_str!("execution/commit.pgbench");
/// What the runs of a hundred such workflows write, in two transactions.
const BATCH: &str = include_str!("execution/batch.pgbench");
/// How many workflows are queued when a worker begins.
const WAITING_RUNS: u64 = 100_000;
/// Workflows per second that one worker should run on two cores.
const RUNS_GOAL: f64 = 6000.0;
/// Votes per second while latency is measured, whatever becomes of the earlier ones.
const RATE: u32 = 100;
/// From the vote to the first step's start, in milliseconds: at the median and at the 99th percentile.
const LATENCY_GOALS: (f64, f64) = (5.0, 25.0);
/// How much a worker may hold, in megabytes.
const MEMORY_GOAL: f64 = 100.0;

/// Measures.
pub async fn measure(stack: &Stack, effort: Effort, workflows: u64) -> anyhow::Result<Vec<Figure>> {
    let limits = limits(stack, effort).await?;
    let (mut rates, mut memory) = (Vec::new(), Vec::new());
    for round in 1..=effort.rounds {
        let name = format!("bench_runs_{round}");
        let (superuser, _) = stack.empty_database(&name).await?;
        run_all(&superuser, COUNCIL, 0).await?;
        let runs = runs(stack, &name, &superuser, effort.time, 0).await?;
        rates.push(runs.per_second);
        memory.push(runs.megabytes);
    }
    let rate = median(rates);
    let full = runs_among(stack, effort, workflows).await?;
    let memory = median(memory);
    let mut figures = vec![
        Figure {
            name: "workflows that do nothing per second by one worker, every state durable, to the goal",
            measured: format!("{rate:.0}/s"),
            limit: format!("{RUNS_GOAL}/s; raw: {limits}"),
            ratio: rate / RUNS_GOAL,
            goal: Goal::AtLeast(1.0),
        },
        Figure {
            name: "the same to the same rows in batched SQL by pgbench, two clients",
            measured: format!("{rate:.0}/s"),
            limit: format!("{:.0}/s", limits.batched),
            ratio: rate / limits.batched,
            goal: Goal::AtLeast(0.5),
        },
        Figure {
            name: "the same among finished workflows, to among none",
            measured: format!("{full:.0}/s among {workflows}"),
            limit: format!("{rate:.0}/s"),
            ratio: full / rate,
            goal: Goal::AtLeast(0.9),
        },
        Figure {
            name: "memory of the worker with 100,000 queued at most, to what it may hold",
            measured: format!("{memory:.0} MB"),
            limit: format!("{MEMORY_GOAL} MB"),
            ratio: memory / MEMORY_GOAL,
            goal: Goal::AtMost(1.0),
        },
    ];
    figures.extend(latency(stack, effort).await?);
    Ok(figures)
}

/// What came of running what was queued.
struct Runs {
    per_second: f64,
    megabytes: f64,
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    left: i64,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    /// From the first claim to the last end.
    #[diesel(sql_type = Nullable<Double>)]
    seconds: Option<f64>,
}

/// Queues workflows, and has a worker run them for this long, or until none is left.
async fn runs(stack: &Stack, name: &str, superuser: &str, time: Duration, round: u32) -> anyhow::Result<Runs> {
    const DONE: &str = "
        SELECT count(*) FILTER (WHERE status IN ('queued', 'running')) AS left,
            count(*) FILTER (WHERE status = 'completed') AS completed,
            extract(epoch FROM max(finished_at) - min(started_at))::float8 AS seconds
        FROM workflows WHERE id > '01900000-0000-7000-8001-000000000000'";
    let mut connection = database::connect(&superuser.to_owned().into()).await?;
    // The rounds before have left theirs completed: of them, nothing is counted.
    let offset = u64::from(round) * WAITING_RUNS;
    let first = format!("01900000-0000-7000-8001-{offset:012x}");
    let done = DONE.replace("01900000-0000-7000-8001-000000000000", &first);
    let digest = digest_of(&mut connection, "bench.render").await?;
    let script = QUEUED.replace("{digest}", &digest.to_string()).replace("{offset}", &offset.to_string());
    // It waits for work: of a Redis without its group it would think that its data was lost, and send all of it again.
    let worker = stack.start_worker(name, redis_number(name, round)).await?;
    run_all(superuser, &script, WAITING_RUNS).await?;
    let began = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let megabytes = worker.peak_megabytes()?;
        let found: Done = diesel::sql_query(&done).get_result(&mut connection).await?;
        if found.left > 0 && began.elapsed() < time {
            continue;
        }
        // Before what it has in hand comes to its end.
        drop(worker);
        let seconds = found.seconds.context("nothing was run")?;
        ensure!(found.completed > 0, "nothing was completed");
        return Ok(Runs { per_second: f64::from(u32::try_from(found.completed)?) / seconds, megabytes });
    }
}

/// The database of Redis for a round: no worker sees what another left.
fn redis_number(name: &str, round: u32) -> u32 {
    100 + round + name.bytes().map(u32::from).sum::<u32>() % 10_000
}

/// The same after so many others have finished.
async fn runs_among(stack: &Stack, effort: Effort, workflows: u64) -> anyhow::Result<f64> {
    let name = "bench_runs_among";
    let (superuser, _) = stack.empty_database(name).await?;
    run_all(&superuser, COUNCIL, 0).await?;
    let digest = digest_of(&mut database::connect(&superuser.clone().into()).await?, "bench.render").await?;
    run_all(&superuser, &HISTORY.replace("{digest}", &digest.to_string()), workflows).await?;
    let mut rates = Vec::new();
    for round in 0..u32::try_from(effort.rounds)? {
        rates.push(runs(stack, name, &superuser, effort.time, round).await?.per_second);
        // What was not run would run in the next round.
        let rest = "TRUNCATE outbox; UPDATE workflows SET status = 'cancelled', finished_at = now(), lease_holder = NULL, \
                    lease_expires_at = NULL WHERE status IN ('queued', 'running')";
        run_all(&superuser, &format!("SET session_replication_role = replica;\n{}", rest.replace("; ", ";\n")), 0)
            .await?;
    }
    Ok(median(rates))
}

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = Jsonb)]
    input_schema: Value,
    #[diesel(sql_type = Jsonb)]
    steps: Value,
}

/// The digest of a proposal of a type's first version without inputs: a worker runs nothing else.
async fn digest_of(connection: &mut Connection, workflow_type: &str) -> anyhow::Result<Digest> {
    let query = "SELECT input_schema, steps FROM workflow_type_versions WHERE version = 1 AND workflow_type = $1";
    let found: Definition =
        diesel::sql_query(query).bind::<diesel::sql_types::Text, _>(workflow_type).get_result(connection).await?;
    let id = workflow_type.parse().map_err(anyhow::Error::msg)?;
    Ok(proposal_digest(&id, 1, &found.input_schema, &found.steps, &json!({})))
}

/// What the machine can do, in the same run.
struct Limits {
    /// Entries per second through a stream and back: added, read in a group, acknowledged and deleted.
    entries: f64,
    /// Commits per second of one row each, by eight clients.
    commits: f64,
    /// Workflows per second whose rows are written in batches.
    batched: f64,
}

impl std::fmt::Display for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { entries, commits, batched } = self;
        write!(
            f,
            "Redis {entries:.0} entries/s, PostgreSQL {commits:.0} commits/s, the same rows in batches {batched:.0}/s"
        )
    }
}

async fn limits(stack: &Stack, effort: Effort) -> anyhow::Result<Limits> {
    let (superuser, _) = stack.empty_database("bench_runs_limits").await?;
    run_all(&superuser, COUNCIL, 0).await?;
    run_all(&superuser, BATCH_TABLES, 0).await?;
    let digest = digest_of(&mut database::connect(&superuser.clone().into()).await?, "bench.render").await?;
    let script = QUEUED.replace("{digest}", &digest.to_string());
    // More than can be run in the time.
    let needed = effort.time.as_secs() * 20_000;
    let (mut entries, mut commits, mut batched) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..u64::try_from(effort.rounds)? {
        entries.push(entries_per_second(&stack.redis_url(99), effort.time).await?);
        commits.push(pgbench(&superuser, COMMIT, 8, effort.time)?);
        // Batches are numbered on: the first of a round is where the last round has ended.
        let queued = script.replace("{offset}", &(round * needed).to_string());
        run_all(&superuser, &queued, needed).await?;
        let begin = format!("SELECT setval('bench_batch', {}, false)", round * needed / 100 + 1);
        run_all(&superuser, &begin, 0).await?;
        batched.push(100.0 * pgbench(&superuser, BATCH, 2, effort.time)?);
        run_all(&superuser, "SET session_replication_role = replica;\nTRUNCATE outbox, workflows CASCADE", 0).await?;
    }
    Ok(Limits { entries: median(entries), commits: median(commits), batched: median(batched) })
}

/// Entries per second on one connection, five hundred at a time.
async fn entries_per_second(url: &str, time: Duration) -> anyhow::Result<f64> {
    const STREAM: &str = "bench:stream";
    const BATCH: usize = 500;
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    redis::cmd("DEL").arg(STREAM).exec_async(&mut connection).await?;
    let _: () = connection.xgroup_create_mkstream(STREAM, "bench", "0").await?;
    let payload = json!({"workflow_id": WorkflowId::new()}).to_string();
    let options = redis::streams::StreamReadOptions::default().group("bench", "one").count(BATCH);
    let (began, mut entries) = (Instant::now(), 0_u32);
    while began.elapsed() < time {
        let mut adding = redis::pipe();
        for _ in 0..BATCH {
            adding.xadd(STREAM, "*", &[("payload", &payload)]).ignore();
        }
        adding.exec_async(&mut connection).await?;
        let read: redis::streams::StreamReadReply = connection.xread_options(&[STREAM], &[">"], &options).await?;
        let ids: Vec<_> = read.keys.iter().flat_map(|key| &key.ids).map(|entry| entry.id.as_str()).collect();
        let mut done = redis::pipe();
        done.xack(STREAM, "bench", &ids).ignore().xdel(STREAM, &ids).ignore();
        done.exec_async(&mut connection).await?;
        entries += u32::try_from(ids.len())?;
    }
    Ok(f64::from(entries) / began.elapsed().as_secs_f64())
}

#[derive(QueryableByName)]
struct Begun {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: WorkflowId,
    #[diesel(sql_type = Nullable<diesel::sql_types::Timestamptz>)]
    started_at: Option<DateTime<Utc>>,
}

/// From when a deciding vote is confirmed to its voter until the first step has begun: its start is stored before it reaches
/// the outside world. Votes come at a fixed rate: a slow one delays no later one.
async fn latency(stack: &Stack, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let name = "bench_latency";
    let (superuser, service) = stack.empty_database(name).await?;
    let (_bare, url) = start_bare("{}").await?;
    run_all(&superuser, COUNCIL, 0).await?;
    run_all(&superuser, &TYPES.replace("{url}", &url), 0).await?;
    let mut connection = database::connect(&superuser.clone().into()).await?;
    let digest = digest_of(&mut connection, "bench.call").await?;
    let votes = u64::from(RATE) * effort.time.as_secs();
    let waiting = WAITING.replace("'bench.render'", "'bench.call'").replace("sha256('x')", &format!("'\\x{digest}'"));
    run_all(&superuser, &waiting, votes).await?;
    let steps = "SET session_replication_role = replica;\nINSERT INTO workflow_steps (workflow_id, position, name, kind) \
                 SELECT id, 0, 'call', 'http_request' FROM workflows";
    run_all(&superuser, steps, 0).await?;
    let _worker = stack.start_worker(name, redis_number(name, 0)).await?;

    let pool = Pool::new(&DatabaseSettings { url: service.into(), pool_size: 8 })?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut voting = Vec::new();
    for number in 1..=votes {
        ticks.tick().await;
        let pool = pool.clone();
        voting.push(tokio::spawn(async move { vote(&pool, number).await }));
    }
    let mut confirmed = std::collections::BTreeMap::new();
    for vote in voting {
        let (id, at) = vote.await??;
        confirmed.insert(id.0, at);
    }
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < confirmed.len() {
        ensure!(began.elapsed() < Duration::from_mins(1), "not every approved workflow has begun");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let query =
            "SELECT workflow_id AS id, started_at FROM workflow_steps WHERE position = 0 AND started_at IS NOT NULL";
        let rows: Vec<Begun> = diesel::sql_query(query).load(&mut connection).await?;
        let milliseconds = |row: Begun| {
            let took = row.started_at? - *confirmed.get(&row.id.0)?;
            Some(took.to_std().unwrap_or_default().as_secs_f64() * 1e3)
        };
        times = rows.into_iter().filter_map(milliseconds).collect();
    }
    times.sort_by(f64::total_cmp);
    let (median, percentile_99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let figure = |name, measured: f64, goal: f64| Figure {
        name,
        measured: format!("{measured:.1} ms"),
        limit: format!("{goal} ms"),
        ratio: measured / goal,
        goal: Goal::AtMost(1.0),
    };
    Ok(vec![
        figure(
            "from the deciding vote to the first step's start, 100 a second, median, to the goal",
            median,
            LATENCY_GOALS.0,
        ),
        figure("the same, p99, to the goal", percentile_99, LATENCY_GOALS.1),
    ])
}

async fn vote(pool: &Pool, number: u64) -> anyhow::Result<(WorkflowId, DateTime<Utc>)> {
    let (claims, council) =
        (voter(u8::try_from(number % 8)? + 1), "bench".parse::<CouncilId>().map_err(anyhow::Error::msg)?);
    let id = workflow(number);
    let new =
        NewVote { council: &council, workflow: id, round: None, vote: Vote::Approve, comment: None, digest: None };
    // A voter whom a slow machine keeps waiting waits: that shows in the latency of the others, it ends nothing.
    let mut connection = loop {
        if let Ok(connection) = pool.get().await {
            break connection;
        }
    };
    let recorded = cast_vote(&mut connection, &claims, &RequestContext::default(), new).await?;
    let at = Utc::now();
    ensure!(recorded.status == WorkflowStatus::Queued, "a vote did not decide");
    Ok((id, at))
}
