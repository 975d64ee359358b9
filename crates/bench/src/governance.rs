//! Votes, and the pages of large tables.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use common::claims::{Claims, Identity};
use common::http::RequestContext;
use common::ids::{CouncilId, SessionId, UserId, WorkflowId};
use common::page::Limit;
use common::roles::Role;
use database::governance::cast_vote::{NewVote, cast_vote};
use database::governance::workflows::{Filter, list};
use database::{Connection, DatabaseSettings, Pool};
use governance::workflow::{Vote, WorkflowStatus};
use uuid::Uuid;

use crate::Effort;
use crate::identity::median;
use crate::report::{Figure, Goal};
use crate::stack::Stack;

/// Who votes at the same time.
const VOTERS: u8 = 8;
/// A council of eight, whose policy one approval is enough for: each vote decides.
pub const COUNCIL: &str = include_str!("governance/council.sql");
/// Workflows that wait for a vote.
pub const WAITING: &str = include_str!("governance/waiting.sql");
/// Workflows that ran, with five votes each, and a thousand that wait.
const HISTORY: &str = include_str!("governance/history.sql");
/// What a vote that decides does, as a script of pgbench's.
const VOTE: &str = include_str!("governance/vote.pgbench");
/// How long a page may take at the 99th percentile, in milliseconds.
const PAGE_GOAL: f64 = 20.0;

/// Measures.
pub async fn measure(stack: &Stack, effort: Effort, workflows: u64) -> anyhow::Result<Vec<Figure>> {
    let mut figures = vec![votes(stack, effort).await?];
    figures.extend(pages(stack, workflows).await?);
    Ok(figures)
}

/// Runs a script of statements that may hold `{number}`, as the superuser.
pub async fn run_all(url: &str, script: &str, number: u64) -> anyhow::Result<()> {
    use diesel_async::RunQueryDsl;
    let mut superuser = database::connect(&url.to_owned().into()).await?;
    for statement in script.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        let statement = statement.replace("{number}", &number.to_string());
        diesel::sql_query(&statement).execute(&mut superuser).await.with_context(|| statement.clone())?;
    }
    Ok(())
}

/// The voter of this number, from 1, as `council.sql` makes them.
pub fn voter(number: u8) -> Claims {
    let id = |kind: u8| Uuid::from_bytes([0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, kind, 0, 0, 0, 0, 0, number]);
    let user = Identity {
        id: UserId(id(1)),
        email: format!("voter{number}@example.com"),
        name: format!("Voter {number}"),
        role: Role::CouncilOperator,
        seats: Vec::new(),
    };
    Claims::new(user, 0, SessionId(id(2)), Duration::from_hours(1))
}

/// The workflow of this number, from 1, as `waiting.sql` makes them.
pub fn workflow(number: u64) -> WorkflowId {
    WorkflowId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number)))
}

/// Deciding votes per second (vote, record, timeline, decision and outbox in one transaction) to the same statements by
/// pgbench.
async fn votes(stack: &Stack, effort: Effort) -> anyhow::Result<Figure> {
    let (superuser, service) = stack.empty_database("bench_votes").await?;
    run_all(&superuser, COUNCIL, 0).await?;
    let pool = Pool::new(&DatabaseSettings { url: service.into(), pool_size: VOTERS.into() })?;
    // More than can be decided in the time.
    let needed = effort.time.as_secs() * 6000;
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        run_all(&superuser, WAITING, needed).await?;
        limits.push(pgbench(&superuser, VOTE, VOTERS, effort.time)?);
        run_all(&superuser, WAITING, needed).await?;
        ours.push(votes_per_second(&pool, effort.time, needed).await?);
    }
    let (ours, limit) = (median(ours), median(limits));
    Ok(Figure {
        name: "deciding votes per second by 8 voters, to the same statements by pgbench",
        measured: format!("{ours:.0}/s"),
        limit: format!("{limit:.0}/s"),
        ratio: ours / limit,
        goal: Goal::AtLeast(0.6),
    })
}

async fn votes_per_second(pool: &Pool, time: Duration, available: u64) -> anyhow::Result<f64> {
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let voting: Vec<_> = (1..=VOTERS)
        .map(|number| {
            let (pool, next) = (pool.clone(), next.clone());
            tokio::spawn(async move {
                let (claims, council) = (voter(number), "bench".parse::<CouncilId>().map_err(anyhow::Error::msg)?);
                let context =
                    RequestContext { request_id: Some("request-of-the-bench".to_owned()), ..RequestContext::default() };
                let mut connection = pool.get().await?;
                while began.elapsed() < time {
                    let id = workflow(next.fetch_add(1, Ordering::Relaxed) + 1);
                    let vote = NewVote {
                        council: &council,
                        workflow: id,
                        vote: Vote::Approve,
                        comment: None,
                        round: None,
                        digest: None,
                    };
                    let recorded = cast_vote(&mut connection, &claims, &context, vote).await?;
                    ensure!(recorded.status == WorkflowStatus::Queued, "a vote did not decide");
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for voter in voting {
        voter.await??;
    }
    let cast = next.load(Ordering::Relaxed);
    ensure!(cast < available, "there were too few workflows");
    Ok(f64::from(u32::try_from(cast)?) / began.elapsed().as_secs_f64())
}

/// Transactions per second of a script by this many clients.
pub fn pgbench(url: &str, text: &str, clients: u8, time: Duration) -> anyhow::Result<f64> {
    let script = std::env::temp_dir().join(format!("codex-bench-{}.pgbench", std::process::id()));
    std::fs::write(&script, text)?;
    let clients = clients.to_string();
    let output = Command::new(testing::servers::binary("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--client", &clients, "--time"])
        .arg(time.as_secs().to_string())
        .arg("--file")
        .arg(&script)
        .arg(url)
        .output()
        .context("pgbench can't be started: it comes with postgresql-15");
    std::fs::remove_file(&script)?;
    let output = output?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "pgbench: {said}{}", String::from_utf8_lossy(&output.stderr));
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    rate.and_then(|rate| rate.parse().ok()).with_context(|| format!("pgbench said: {said}"))
}

/// The 99th percentile of the inbox and of list pages, first and deep, to the 20 ms that they may take.
async fn pages(stack: &Stack, workflows: u64) -> anyhow::Result<Vec<Figure>> {
    let (superuser, service) = stack.empty_database("bench_pages").await?;
    run_all(&superuser, COUNCIL, 0).await?;
    run_all(&superuser, HISTORY, workflows).await?;
    let mut connection = database::connect(&service.into()).await?;
    let claims = voter(1);
    let inbox = Filter { awaiting: Some(&claims), ..Filter::default() };
    let inbox = percentile_99(&mut connection, &inbox, &[None]).await?;
    let deep: Vec<_> = (0..10).map(|part| Some(workflow(workflows / 10 * part + 100))).collect();
    let places = [&[None][..], &deep].concat();
    let mut slowest: f64 = 0.0;
    for status in [None, Some(WorkflowStatus::Completed), Some(WorkflowStatus::Failed), Some(WorkflowStatus::Running)] {
        let filter = Filter { statuses: status.as_slice(), ..Filter::default() };
        slowest = slowest.max(percentile_99(&mut connection, &filter, &places).await?);
    }
    let size = format!("{PAGE_GOAL} ms, {workflows} workflows, {} votes", workflows * 5);
    Ok(vec![
        Figure {
            name: "the inbox with a thousand open reviews, p99, to the 20 ms that it may take",
            measured: format!("{inbox:.1} ms"),
            limit: size.clone(),
            ratio: inbox / PAGE_GOAL,
            goal: Goal::AtMost(1.0),
        },
        Figure {
            name: "list pages, first and deep, by status, the slowest p99, to the 20 ms that they may take",
            measured: format!("{slowest:.1} ms"),
            limit: size,
            ratio: slowest / PAGE_GOAL,
            goal: Goal::AtMost(1.0),
        },
    ])
}

/// In milliseconds, after a few that warm up.
async fn percentile_99(
    connection: &mut Connection,
    filter: &Filter<'_>,
    places: &[Option<WorkflowId>],
) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for round in 0..220 {
        let began = Instant::now();
        list(connection, filter.clone(), Limit::default(), places[round % places.len()]).await?;
        if round >= 20 {
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 99 / 100])
}
