#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a report")]

mod audit;
mod execution;
mod governance;
mod identity;
mod instrumentation;
mod report;
mod scale;
mod scrape;
mod stack;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use report::Report;
use stack::Stack;

/// Measures.
#[derive(Parser)]
struct Arguments {
    /// Measure for a shorter time.
    #[arg(long)]
    quick: bool,
    /// How many workflows the lists are asked over, and have finished before others run: a million, or a twentieth of it for a shorter time, when not said.
    #[arg(long)]
    workflows: Option<u64>,
    /// How many rows the record has in `scale`: two for each workflow, when not said.
    #[arg(long)]
    acts: Option<u64>,
    /// Measure `scale` on this server, a URL with `{role}` and `{database}`, and keep the databases there.
    #[arg(long)]
    on: Option<String>,
    /// Measure only this part: `identity`, `instrumentation`, `scrape`, `audit`, `governance` or `execution`; or `scale`,
    /// which takes its time and is no part of the whole.
    #[arg(long)]
    only: Option<String>,
    /// Write the report here as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Renew the part of this page that is called `bench`, or `scale`.
    #[arg(long)]
    markdown: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve one answer on every path: the limit that endpoints are compared with.
    Bare {
        /// Where.
        port: u16,
        /// What it answers.
        body: String,
    },
    /// Take whatever is sent, and keep nothing: the place of a collector.
    Sink {
        /// Where.
        port: u16,
    },
    /// Serve what auth-service does, unwatched: without logs, metrics, traces and error reports.
    Unwatched,
}

/// How long each thing is measured, and how often in turn.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How long each time.
    pub time: Duration,
    /// How often; the median counts.
    pub rounds: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Bare { port, body }) => stack::serve_bare(port, body),
        Some(Command::Sink { port }) => instrumentation::serve_sink(port),
        Some(Command::Unwatched) => tokio::runtime::Runtime::new()?.block_on(instrumentation::serve_unwatched()),
        None => tokio::runtime::Runtime::new()?.block_on(measure(&arguments)),
    }
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let effort = if arguments.quick {
        Effort { time: Duration::from_secs(3), rounds: 1 }
    } else {
        Effort { time: Duration::from_secs(10), rounds: 3 }
    };
    let workflows = arguments.workflows.unwrap_or(if arguments.quick { 50_000 } else { 1_000_000 });
    if arguments.only.as_deref() == Some("scale") {
        return measure_scale(arguments).await;
    }
    let stack = Stack::start().await?;
    let asked = |part: &str| arguments.only.as_deref().is_none_or(|only| only == part);
    let mut figures = Vec::new();
    if asked("identity") {
        figures.extend(identity::measure(&stack, effort).await?);
    }
    if asked("instrumentation") {
        figures.extend(instrumentation::measure(&stack, effort).await?);
    }
    if asked("scrape") {
        figures.push(scrape::measure(effort).await?);
    }
    if asked("audit") {
        figures.extend(audit::measure(&stack, effort).await?);
    }
    if asked("governance") {
        figures.extend(governance::measure(&stack, effort, workflows).await?);
    }
    if asked("execution") {
        figures.extend(execution::measure(&stack, effort, workflows).await?);
    }
    let report = Report { machine: stack::machine()?, date: now(), quick: arguments.quick, figures };
    println!("{}, {}\n\n{}", report.machine, report.date, report.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(path) = &arguments.markdown {
        let text = format!("{} on {}.\n\n{}", report.date, report.machine, report.table());
        testing::markdown::renew(path, "bench", &text)?;
    }
    Ok(())
}

async fn measure_scale(arguments: &Arguments) -> anyhow::Result<()> {
    let workflows = arguments.workflows.unwrap_or(5_000_000);
    let size = scale::Size { workflows, acts: arguments.acts.unwrap_or(workflows * 2) };
    let report = scale::measure(stack::machine()?, now(), size, arguments.on.as_deref()).await?;
    println!("{}", report.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(path) = &arguments.markdown {
        testing::markdown::renew(path, "scale", &report.table())?;
    }
    Ok(())
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
