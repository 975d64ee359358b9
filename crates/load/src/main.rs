#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a report")]

mod arrivals;
mod check;
mod clients;
mod footprint;
mod mix;
mod organisation;
mod report;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use mix::Mix;
use organisation::Organisation;
use report::{Recovery, Report};
use stage::Verdict;
use testing::runtime::Runtime;

/// How long each step of the search lasts.
const STEP: Duration = Duration::from_secs(15);
/// How long the product is put under twice of what it holds.
const OVERLOAD: Duration = Duration::from_secs(30);
/// How long it is watched while it recovers, and how soon it must have recovered.
const RECOVERY: Duration = Duration::from_secs(30);
/// By how much the rate grows from step to step of the search.
const GROWTH: f64 = 1.4;
/// How often the search halves what is left between a rate that is held and one that is not.
const NARROWINGS: u32 = 2;
/// Which share of what is held is an ordinary day.
const CALM: f64 = 0.5;

/// Finds what the product holds, and how it behaves beyond.
#[derive(Parser)]
struct Arguments {
    /// Requests per second to begin the search with; with --soak, the rate that is kept.
    #[arg(long, default_value_t = 60.0)]
    rate: f64,
    /// How many listen to the events meanwhile.
    #[arg(long, default_value_t = 200)]
    listeners: usize,
    /// Keeps one rate for so many minutes, in place of searching.
    #[arg(long)]
    soak: Option<f64>,
    /// What arrivals are drawn from; one that the clock gives when not said.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the report goes for programs.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The page for people, whose part `search` or `soak` is renewed.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let runtime = Runtime::from_environment()?;
    let organisation = Arc::new(Organisation::found(&runtime).await?);
    let mix = Arc::new(Mix::new(runtime, organisation.clone(), seed)?);
    let renewing = tokio::spawn(organisation.clone().keep_logged_in());
    let listeners = mix.listen(arguments.listeners);
    let mut report = Report::new(seed, arguments.listeners);

    match arguments.soak {
        Some(minutes) => soak(&mix, &mut report, arguments.rate, minutes).await?,
        None => search(&mix, &mut report, arguments.rate).await?,
    }
    listeners.cancel();
    renewing.abort();

    let kept = check::everything_kept(&mix.runtime, &mix.take_accepted()).await?;
    println!("{kept}");
    report.kept = Some(kept);
    println!("{}", report.markdown());
    if let Some(path) = arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    if let Some(path) = arguments.markdown {
        let part = if arguments.soak.is_some() { "soak" } else { "search" };
        testing::markdown::renew(&path, part, &report.markdown())?;
    }
    let broken = report.broken();
    for one in &broken {
        println!("BROKEN: {one}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Steps up to what is held, goes to twice of it, and watches the recovery.
async fn search(mix: &Arc<Mix>, report: &mut Report, first: f64) -> anyhow::Result<()> {
    stage::run(mix, "warming up", first, STEP).await?;
    let (mut held, mut not_held) = (None, None);
    let mut rate = first;
    let mut narrowings = 0;
    while narrowings <= NARROWINGS {
        // What a step left behind is done before the next begins.
        mix.settle().await;
        match report.stage(stage::run(mix, "search", rate, STEP).await?).verdict() {
            Verdict::Held => held = Some(rate),
            Verdict::NotHeld(_) => not_held = Some(rate),
        }
        rate = match (held, not_held) {
            (Some(held), None) => held * GROWTH,
            (Some(held), Some(not_held)) => f64::midpoint(held, not_held),
            (None, _) => break,
        };
        narrowings += u32::from(not_held.is_some());
    }
    let saturation = held.with_context(|| format!("not even {first} requests a second are held"))?;
    report.saturation = Some(saturation);
    mix.settle().await;
    let calm = stage::run(mix, "half", saturation * CALM, STEP).await?;
    let usual = report.stage(calm).p99_of_reads();
    // Whoever still waits when the overload ends is a part of it.
    let answered = report.stage(stage::run(mix, "overload", 2.0 * saturation, OVERLOAD).await?).answered_after();
    let after = report.stage(stage::run(mix, "recovery", saturation * CALM, RECOVERY).await?);
    report.recovery = Some(match after.quick_again_after(usual) {
        Some(quick) => Recovery::QuickAfter(answered + quick),
        None => Recovery::StayedSlow,
    });
    Ok(())
}

/// Keeps one rate, and compares the beginning with the end.
async fn soak(mix: &Arc<Mix>, report: &mut Report, rate: f64, minutes: f64) -> anyhow::Result<()> {
    // Pools, caches and the page cache fill first.
    let warm = Duration::from_secs_f64((minutes * 6.0).clamp(15.0, 300.0));
    stage::run(mix, "warming up", rate, warm).await?;
    report.stage(stage::run(mix, "soak", rate, Duration::from_secs_f64(minutes * 60.0)).await?);
    Ok(())
}
