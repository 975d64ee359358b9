//! What millions of rows do to whatever reads them: every list, every job, the record, copies, migrations.

mod clock;
mod copies;
mod jobs;
mod lists;
mod record;

use std::fmt::Write;
use std::time::Instant;

use database::{Connection, connect};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::governance::run_all;
use crate::stack::Stack;
use clock::Found;

/// Councils, people and types.
const WORLD: &str = include_str!("scale/world.sql");
/// Workflows with all that they left.
const WORKFLOWS: &str = include_str!("scale/workflows.sql");
/// What is under way, and statistics.
const FINISH: &str = include_str!("scale/finish.sql");
/// Workflows that are made at a time.
const CHUNK: u64 = 50_000;
/// Rows of the record that ten workflows leave, about.
const ACTS_OF_TEN: u64 = 74;

/// How much there is.
#[derive(Clone, Copy)]
pub struct Size {
    /// Workflows, in two years.
    pub workflows: u64,
    /// Rows of the record, about. The workflows that fit into them, the newest, have all of theirs and their timeline.
    pub acts: u64,
}

impl Size {
    const fn tenth(self) -> Self {
        Self { workflows: self.workflows / 10, acts: self.acts / 10 }
    }

    /// The number of the first workflow that has its record.
    const fn recorded(self) -> u64 {
        self.workflows.saturating_sub(self.acts * 10 / ACTS_OF_TEN) + 1
    }
}

/// A thing at both sizes.
#[derive(Serialize)]
pub struct Line {
    name: String,
    tenth: Option<String>,
    full: String,
    /// In milliseconds, rows per second or bytes.
    value: f64,
    limit: Option<String>,
    is_met: Option<bool>,
}

/// Everything of a run.
#[derive(Serialize)]
pub struct Report {
    machine: String,
    date: String,
    workflows: u64,
    acts: u64,
    lines: Vec<Line>,
}

impl Report {
    /// As a table in Markdown.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{}, {}: {} workflows, {} rows of the record\n\n| what | at a tenth | at full size | limit | met |\n|---|---|---|---|---|\n",
            self.machine, self.date, self.workflows, self.acts
        );
        for Line { name, tenth, full, limit, is_met, .. } in &self.lines {
            let met = match is_met {
                None => "",
                Some(true) => "yes",
                Some(false) => "no",
            };
            let (tenth, limit) = (tenth.as_deref().unwrap_or_default(), limit.as_deref().unwrap_or_default());
            let _ = writeln!(table, "| {name} | {tenth} | {full} | {limit} | {met} |");
        }
        table
    }
}

/// Measures at a tenth of the size and at the size: on a server of its own, or on one that is there, by a URL with `{role}` and
/// `{database}` in it, where databases are kept and an earlier run's are measured again.
pub async fn measure(machine: String, date: String, size: Size, on: Option<&str>) -> anyhow::Result<Report> {
    let stack = if on.is_none() { Some(Stack::start_large().await?) } else { None };
    let server = Server(on.map_or_else(|| stack.as_ref().map(Stack::pattern).unwrap_or_default(), ToOwned::to_owned));
    let mut tenth = at(&server, "scale_tenth", size.tenth()).await?;
    if let Some(stack) = &stack {
        stack.drop_database("scale_tenth").await?;
    }
    let mut full = at(&server, "scale_full", size).await?;
    let acts = full.acts;
    if let Some(stack) = &stack {
        full.found.extend(copies::measure(stack, &server.url("postgres", "scale_full")).await?);
    }
    let lines = full.found.into_iter().map(|found| {
        let at = tenth.found.iter().position(|other| other.name == found.name);
        let tenth = at.map(|at| tenth.found.swap_remove(at).shown);
        let Found { name, shown, value, limit } = found;
        let is_met = limit.map(|limit| limit.is_met(value));
        Line { name, tenth, full: shown, value, limit: limit.map(|limit| limit.to_string()), is_met }
    });
    Ok(Report { machine, date, workflows: size.workflows, acts, lines: lines.collect() })
}

/// Where the databases are.
struct Server(String);

impl Server {
    fn url(&self, role: &str, database: &str) -> String {
        self.0.replace("{role}", role).replace("{database}", database)
    }

    /// Makes a database, unless it is there.
    async fn has_made(&self, name: &str) -> anyhow::Result<bool> {
        let mut superuser = connect(&self.url("postgres", "postgres").into()).await?;
        if rows(&mut superuser, &format!("pg_database WHERE datname = '{name}'")).await? > 0 {
            return Ok(false);
        }
        let statement = format!("CREATE DATABASE {name} TEMPLATE {}", testing::TEMPLATE);
        diesel::sql_query(statement).execute(&mut superuser).await?;
        Ok(true)
    }
}

/// What was found in a database.
struct Findings {
    found: Vec<Found>,
    acts: u64,
}

async fn at(server: &Server, name: &str, size: Size) -> anyhow::Result<Findings> {
    let (url, began) = (|role: &str| server.url(role, name), Instant::now());
    let superuser = url("postgres");
    if server.has_made(name).await? {
        generate(&superuser, size).await?;
        eprintln!("{name}: {} workflows made in {:.0} s", size.workflows, began.elapsed().as_secs_f64());
    }
    let mut owner = connect(&superuser.clone().into()).await?;
    let mut found = record::measure(&url("auth_service")).await?;
    run_all(&superuser, "VACUUM (ANALYZE) audit_seals", 0).await?;
    found.extend(lists::measure(&url("council_service"), size.workflows).await?);
    found.extend(lists::of_the_record(&url("auth_service")).await?);
    found.extend(lists::of_the_monitor(&url("health_aggregator")).await?);
    found.extend(jobs::measure(&url).await?);
    found.extend(sizes(&mut owner).await?);
    let acts = rows(&mut owner, "audit_log").await?.unsigned_abs();
    Ok(Findings { found, acts })
}

/// Fills a database, chunk by chunk: the tables are to be as if acts had come one after the other.
async fn generate(superuser: &str, size: Size) -> anyhow::Result<()> {
    let with_size = |script: &str| {
        script.replace("{number}", &size.workflows.to_string()).replace("{recorded}", &size.recorded().to_string())
    };
    run_all(superuser, &with_size(WORLD), 0).await?;
    for first in (1..=size.workflows).step_by(usize::try_from(CHUNK)?) {
        let last = (first + CHUNK - 1).min(size.workflows);
        let script = with_size(WORKFLOWS).replace("{first}", &first.to_string()).replace("{last}", &last.to_string());
        run_all(superuser, &script, 0).await?;
    }
    run_all(superuser, &with_size(FINISH), 0).await
}

/// What a row costs on the disk, with its share of the indexes, in each table that grows.
async fn sizes(connection: &mut Connection) -> anyhow::Result<Vec<Found>> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        bytes: i64,
        #[diesel(sql_type = BigInt)]
        indexes: i64,
    }
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT relname::text AS name, pg_total_relation_size(relid) AS bytes, pg_indexes_size(relid) AS indexes
         FROM pg_stat_user_tables WHERE relname IN ('workflows', 'workflow_reviews', 'votes', 'workflow_steps',
             'workflow_timeline', 'audit_log', 'audit_seals', 'webhook_deliveries') ORDER BY 2 DESC",
    )
    .load(connection)
    .await?;
    let mut found = Vec::new();
    for Table { name, bytes, indexes } in tables {
        let rows = rows(connection, &name).await?.max(1);
        let shown = format!("{}, {} ({rows} rows, {:.1} GB)", bytes / rows, indexes / rows, clock::gigabytes(bytes));
        let name = format!("bytes of a row of `{name}`, of which its indexes");
        found.push(clock::found(name, shown, clock::number(bytes / rows), None));
    }
    Ok(found)
}

async fn rows(connection: &mut Connection, table: &str) -> anyhow::Result<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count = format!("SELECT count(*) AS count FROM {table}");
    Ok(diesel::sql_query(count).get_result::<Count>(connection).await?.count)
}
