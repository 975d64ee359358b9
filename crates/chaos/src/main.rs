#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a report")]

mod check;
mod faults;
mod organisation;
mod outside;
mod people;
mod proxy;
mod record;
mod report;
mod stack;
mod tickets;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use database::audit::{self, Witness};
use database::governance::evidence;
use faults::Planned;
use organisation::Organisation;
use outside::Outside;
use people::People;
use record::{Moving, Record};
use stack::Stack;
use tickets::Told;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// How long everything may take to come to rest after the last fault.
const REST: Duration = Duration::from_mins(3);
/// How many tickets are dealt with at the same time: people who are not answered ask for nothing more.
const HANDS: usize = 64;
/// Of how many workflows the evidence is checked.
const SAMPLE: usize = 100;

/// Breaks what can break, and checks that nothing is lost.
#[derive(Parser)]
struct Arguments {
    /// For how many minutes faults happen.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// What the run is made from; one that the clock gives when not said.
    #[arg(long)]
    seed: Option<u64>,
    /// How many proposals are made per second.
    #[arg(long, default_value_t = 15)]
    rate: u32,
    /// Where the services' logs go.
    #[arg(long, default_value = ".local/chaos")]
    logs: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // A number that is easily typed again.
    let seed = arguments.seed.unwrap_or_else(|| chrono::Utc::now().timestamp().unsigned_abs() % 1_000_000);
    println!("chaos for {} min with the seed {seed}; to repeat it: CHAOS_SEED={seed} make chaos", arguments.minutes);
    tokio::runtime::Runtime::new()?.block_on(async {
        // However this ends, the values that own processes and folders are dropped: nothing is left.
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            ended = run(&arguments, seed) => ended,
            _ = tokio::signal::ctrl_c() => bail!("stopped by Ctrl-C"),
            _ = terminated.recv() => bail!("stopped by SIGTERM"),
        }
    })
}

async fn run(arguments: &Arguments, seed: u64) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let say = |what: &str| println!("{:6.1} s  {what}", began.elapsed().as_secs_f64());
    let stack = Arc::new(Stack::start(&arguments.logs).await?);
    let organisation = Organisation::found(&stack).await?;
    let outside = Arc::new(Outside::start(seed)?);
    let (calm, calm_since) = watch::channel(None);
    let people = People::new(organisation, stack.council_urls.clone(), outside.clone(), seed, calm_since)?;
    let people = Arc::new(people);
    say("the stack is up; the faults begin");

    let time = Duration::from_secs_f64(arguments.minutes * 60.0);
    let planned = faults::plan(seed, time, stack.targets());
    let (told, broken) =
        tokio::join!(propose(&people, arguments.rate, time), break_things(&stack, &people, &planned, time, &say),);
    let (asking, mut incidents) = (told, broken?);
    outside.behave();
    stack.wait_until_ready().await.context("after the last fault")?;
    calm.send_replace(Some(Instant::now()));
    say("the faults are over; waiting until all is quiet");

    let told = asking.join_all().await;
    let mut connection = stack.connect().await?;
    let rested = Instant::now();
    let mut moving = Moving::read(&mut connection).await?;
    while moving != Moving::NOTHING && rested.elapsed() < REST {
        tokio::time::sleep(Duration::from_millis(250)).await;
        moving = Moving::read(&mut connection).await?;
    }
    incidents.extend(stack.revive()?);
    if moving != Moving::NOTHING {
        incidents.push(format!("not at rest {} s after the last fault: {moving:?}", REST.as_secs()));
    }
    say("checking");

    let witness = Witness { public_key: Some(stack.public_key.clone()), kept: None };
    let chain = audit::verify(&mut connection, &witness).await?;
    if chain.fault.is_some() || chain.unsealed > 0 {
        incidents.push(format!("the audit log: {chain}"));
    }
    let workflows = record::workflows(&mut connection).await?;
    let (evidence, faulty) = check_evidence(&people, &stack, &told).await;
    incidents.extend(faulty);
    let (exported, faulty) = gauges(&stack).await?;
    incidents.extend(faulty);
    incidents.extend(
        people
            .answers()
            .keys()
            .filter(|answer| answer.starts_with("500"))
            .map(|answer| format!("council-service answered {answer}, which only a fault of its own explains")),
    );
    let record = Record { told, workflows, calls: outside.calls(), incidents };
    let found = check::check(&record);

    let mut more = vec![
        ("acts on the record, sealed and verified".to_owned(), chain.sealed.to_string()),
        ("evidence verified offline".to_owned(), evidence.to_string()),
    ];
    more.extend(exported);
    print!("\nseed {seed}\n{}", report::counts(&record, &planned, &people.answers(), &more));
    if found.is_empty() {
        println!("\nevery promise was kept");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\n{} violations; to repeat the run: CHAOS_MINUTES={} CHAOS_SEED={seed} make chaos",
        found.len(),
        arguments.minutes
    );
    print!("{}", report::violations(&found));
    let file = arguments.logs.join("violations.txt");
    std::fs::write(&file, report::trails(&record, &found))?;
    println!("all that is on the record about them: {}", file.display());
    Ok(ExitCode::FAILURE)
}

/// Deals with a new ticket so many times a second, or when one of the earlier ones is done; what is begun goes on after the
/// time.
async fn propose(people: &Arc<People>, rate: u32, time: Duration) -> JoinSet<Told> {
    let (began, mut asking, hands) = (Instant::now(), JoinSet::new(), Arc::new(Semaphore::new(HANDS)));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0.. {
        ticks.tick().await;
        let hand = hands.clone().acquire_owned().await;
        if began.elapsed() >= time {
            break;
        }
        let people = people.clone();
        asking.spawn(async move {
            let told = people.deal_with(number).await;
            drop(hand);
            told
        });
    }
    asking
}

/// Lets the faults happen, each at its time, and returns what happened that should not, once all is mended.
async fn break_things(
    stack: &Arc<Stack>,
    people: &Arc<People>,
    planned: &[Planned],
    time: Duration,
    say: &impl Fn(&str),
) -> anyhow::Result<Vec<String>> {
    let (began, mut suffering, mut incidents) = (Instant::now(), JoinSet::new(), Vec::new());
    let mut waiting = planned.iter().copied().peekable();
    while began.elapsed() < time || !suffering.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        while let Some(Planned { fault, .. }) = waiting.next_if(|planned| planned.at <= began.elapsed()) {
            say(&format!("{fault}: {}", stack.target(fault)));
            let (stack, people) = (stack.clone(), people.clone());
            suffering.spawn(async move { stack.suffer(fault, &people).await });
        }
        while let Some(suffered) = suffering.try_join_next() {
            suffered??;
        }
        for ended in stack.revive()? {
            say(&ended);
            incidents.push(ended);
        }
    }
    Ok(incidents)
}

/// Checks the evidence of a sample of workflows, offline as whoever gets it would. Returns how much of it holds.
async fn check_evidence(people: &People, stack: &Stack, told: &[Told]) -> (usize, Vec<String>) {
    let accepted: Vec<_> = told.iter().filter_map(|told| told.accepted).map(|(id, _)| id).collect();
    let (mut holds, mut faulty) = (0, Vec::new());
    for id in accepted.iter().step_by(accepted.len() / SAMPLE + 1) {
        let checked = async {
            let document = serde_json::from_value(people.evidence(*id).await?)?;
            evidence::verify(&document, Some(&stack.public_key)).map_err(|fault| anyhow::anyhow!("{fault}"))
        };
        match checked.await {
            Ok(_) => holds += 1,
            Err(error) => faulty.push(format!("the evidence of {id} does not hold: {error:#}")),
        }
    }
    (holds, faulty)
}

/// What the workers say of lost and unapproved runs, where they do: always 0.
async fn gauges(stack: &Stack) -> anyhow::Result<(Vec<(String, String)>, Vec<String>)> {
    let (mut shown, mut faulty) = (Vec::new(), Vec::new());
    for url in &stack.worker_urls {
        let metrics = reqwest::get(format!("{url}/metrics")).await?.text().await?;
        for line in metrics.lines() {
            let is_one = line.starts_with("workflow_orphans") || line.starts_with("workflow_unapproved_runs_total");
            let Some((name, value)) = line.rsplit_once(' ').filter(|_| is_one) else { continue };
            if value.parse::<f64>()? > 0.0 {
                faulty.push(format!("a worker shows {line}"));
            }
            shown.push((name.to_owned(), value.to_owned()));
        }
    }
    shown.sort();
    shown.dedup();
    Ok((shown, faulty))
}
