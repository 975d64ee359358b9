#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a report")]

mod audit;
mod governance;
mod identity;
mod report;
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
    /// How many workflows the lists are asked over: a million, or a tenth of it for a shorter time, when not said.
    #[arg(long)]
    workflows: Option<u64>,
    /// Write the report here as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the report here as Markdown.
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
        None => tokio::runtime::Runtime::new()?.block_on(measure(&arguments)),
    }
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let effort = if arguments.quick {
        Effort { time: Duration::from_secs(4), rounds: 2 }
    } else {
        Effort { time: Duration::from_secs(10), rounds: 3 }
    };
    let workflows = arguments.workflows.unwrap_or(if arguments.quick { 100_000 } else { 1_000_000 });
    let stack = Stack::start().await?;
    let mut figures = identity::measure(&stack, effort).await?;
    figures.extend(audit::measure(&stack, effort).await?);
    figures.extend(governance::measure(&stack, effort, workflows).await?);
    let date = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let report = Report { machine: stack::machine()?, date, quick: arguments.quick, figures };
    println!("{}, {}\n\n{}", report.machine, report.date, report.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(path) = &arguments.markdown {
        let text = format!(
            "# Performance\n\nWritten by `make bench WRITE=1`: {} on {}. How each is measured, `crates/bench` says.\n\n{}",
            report.date,
            report.machine,
            report.table()
        );
        std::fs::write(path, text)?;
    }
    Ok(())
}
