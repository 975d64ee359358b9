//! What a run came to, for people and for programs.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use crate::check::Kept;
use crate::footprint::Footprint;
use crate::stage::{Stage, Verdict};

/// How soon after too much the product has to be as quick as before, in seconds.
const RECOVERY: usize = 10;
/// By how much a soak may let memory and open files grow: by this share, and a little that is nobody's leak.
const GROWTH: f64 = 0.1;
const LITTLE_MEMORY: f64 = 8e6;
const LITTLE_FILES: f64 = 16.0;
/// How much memory a service may take under twice of what the product holds, in bytes.
const MOST_MEMORY: u64 = 512_000_000;
/// Which share of rows may be dead at the end of a soak, and how many are never too many.
const DEAD: f64 = 0.25;
const FEW_DEAD: i64 = 20_000;
/// The services; of the others' memory, their own settings decide.
const SERVICES: [&str; 4] = ["auth-service", "council-service", "workflow-worker", "health-aggregator"];

/// Everything of one run.
#[derive(Serialize)]
pub struct Report {
    /// When, RFC 3339.
    pub date: String,
    /// The machine.
    pub machine: String,
    /// What arrivals were drawn from.
    pub seed: u64,
    /// How many listened to the events.
    pub listeners: usize,
    /// The highest rate that is held, in requests per second.
    pub saturation: Option<f64>,
    /// How it went after too much.
    pub recovery: Option<Recovery>,
    /// Each rate that was tried.
    pub stages: Vec<Stage>,
    /// What became of what was accepted.
    pub kept: Option<Kept>,
}

/// How answers were after too much.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// As quick as before, after so many seconds.
    QuickAfter(usize),
    /// Not as quick as before for as long as they were watched.
    StayedSlow,
}

/// One line about a stage, while it goes on.
#[expect(clippy::print_stdout, reason = "a report")]
pub fn tell(stage: &Stage) {
    let verdict = match stage.verdict() {
        Verdict::Held => "held".to_owned(),
        Verdict::NotHeld(why) => format!("not held: {why}"),
    };
    println!("{:>10} {:6.0}/s for {:4.0} s: {verdict}", stage.name, stage.rate, stage.seconds);
}

impl Report {
    /// An empty one, of now and here.
    pub fn new(seed: u64, listeners: usize) -> Self {
        let date = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let (saturation, recovery, stages, kept) = (None, None, Vec::new(), None);
        Self { date, machine: machine(), seed, listeners, saturation, recovery, stages, kept }
    }

    /// Adds a stage.
    pub fn stage(&mut self, stage: Stage) -> &Stage {
        self.stages.push(stage);
        &self.stages[self.stages.len() - 1]
    }

    fn named(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Every promise that was not kept, in words.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.is_broken()) {
            broken.push(kept.to_string());
        }
        match self.recovery {
            Some(Recovery::StayedSlow) => broken.push("answers did not become quick again".to_owned()),
            Some(Recovery::QuickAfter(seconds)) if seconds > RECOVERY => {
                broken.push(format!("answers were quick again after {seconds} s, more than {RECOVERY} s"));
            }
            _ => {}
        }
        if let Some(overload) = self.named("overload") {
            let failed = overload.failed();
            if failed > 0 {
                broken.push(format!(
                    "under twice of what is held, {failed} of {} failed and were not turned away",
                    overload.count()
                ));
            }
            for service in SERVICES {
                let most =
                    overload.footprints.iter().filter_map(|one| one.memory.get(service)).max().copied().unwrap_or(0);
                if most > MOST_MEMORY {
                    broken.push(format!("under twice of what is held, {service} took {}", megabytes(most)));
                }
            }
        }
        if let Some(soak) = self.named("soak") {
            broken.extend(grown(&soak.footprints));
            if soak.failed() + soak.shed() > 0 {
                broken.push(format!("{} of {} were not done in the soak", soak.failed() + soak.shed(), soak.count()));
            }
        }
        broken
    }

    /// As a page in Markdown.
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "{} on {}; {} listened to the events; seed {}.\n",
            self.date, self.machine, self.listeners, self.seed
        );
        if let Some(saturation) = self.saturation {
            let _ = writeln!(page, "\nHeld: **{saturation:.0} requests a second**.");
        }
        match self.recovery {
            Some(Recovery::QuickAfter(seconds)) => {
                let _ =
                    writeln!(page, "\nAfter twice of that, answers were as quick as before within **{seconds} s**.");
            }
            Some(Recovery::StayedSlow) => {
                page.push_str("\nAfter twice of that, answers did **not** become as quick as before.\n");
            }
            None => {}
        }
        if let Some(kept) = &self.kept {
            let _ = writeln!(page, "\nAfterwards: {kept}.");
        }
        for stage in self.stages.iter().filter(|stage| stage.name != "search" || Some(stage.rate) == self.saturation) {
            stage_table(&mut page, stage);
        }
        page
    }
}

fn stage_table(page: &mut String, stage: &Stage) {
    let answers: Vec<String> = stage.answers.iter().map(|(answer, count)| format!("{answer} {count} times")).collect();
    let _ = writeln!(page, "\n### {}: {:.0} requests a second for {:.0} s\n", stage.name, stage.rate, stage.seconds);
    let _ = writeln!(page, "Answers: {}.\n", answers.join(", "));
    page.push_str(
        "| what | count | turned away | failed | p50 | p95 | p99 | most |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (kind, figures) in &stage.kinds {
        let took = figures.took;
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.0} ms |",
            kind.name(),
            figures.count,
            figures.shed,
            figures.failed,
            took.p50,
            took.p95,
            took.p99,
            took.max
        );
    }
    let heard = stage.events;
    let _ = writeln!(
        page,
        "| an event, until it is heard | {} | | | {:.1} ms | {:.1} ms | {:.1} ms | {:.0} ms |",
        heard.count, heard.p50, heard.p95, heard.p99, heard.max
    );
    let (Some(first), Some(last)) = (stage.footprints.first(), stage.footprints.last()) else { return };
    page.push_str("\n| part | memory: first | most | last | open files: first | last |\n|---|---|---|---|---|---|\n");
    for (part, memory) in &first.memory {
        let most = stage.footprints.iter().filter_map(|one| one.memory.get(part)).max().copied().unwrap_or(0);
        let at = |one: &Footprint| one.memory.get(part).copied().unwrap_or(0);
        let files = |one: &Footprint| one.files.get(part).copied().unwrap_or(0);
        let _ = writeln!(
            page,
            "| {part} | {} | {} | {} | {} | {} |",
            megabytes(*memory),
            megabytes(most),
            megabytes(at(last)),
            files(first),
            files(last)
        );
    }
    let _ = writeln!(
        page,
        "\nConnections of PostgreSQL: {} at first, {} at last. Rows: {}, of which dead: {} at first, {} at last.",
        first.connections, last.connections, last.rows, first.dead_rows, last.dead_rows
    );
}

/// What grew between the first and the last quarter of a soak. A quarter's median is compared, since each moment differs.
fn grown(footprints: &[Footprint]) -> Vec<String> {
    let quarter = footprints.len().div_ceil(4);
    let (Some(first), Some(last)) = (footprints.get(..quarter), footprints.get(footprints.len() - quarter..)) else {
        return Vec::new();
    };
    let mut broken = Vec::new();
    let parts: Vec<&String> =
        footprints.iter().flat_map(|one| one.memory.keys()).collect::<BTreeSet<_>>().into_iter().collect();
    for part in
        parts.into_iter().filter(|part| SERVICES.contains(&part.as_str()) || *part == "nginx" || *part == "console")
    {
        let memory = |some: &[Footprint]| {
            median(some.iter().filter_map(|one| one.memory.get(part)).map(|bytes| to_float(*bytes)))
        };
        let (before, after) = (memory(first), memory(last));
        if after > before * (1.0 + GROWTH) + LITTLE_MEMORY {
            broken.push(format!("memory of {part} grew from {:.0} MB to {:.0} MB", before / 1e6, after / 1e6));
        }
        let files = |some: &[Footprint]| {
            median(some.iter().filter_map(|one| one.files.get(part)).map(|count| to_float(*count as u64)))
        };
        let (before, after) = (files(first), files(last));
        if after > before * (1.0 + GROWTH) + LITTLE_FILES {
            broken.push(format!("open files of {part} grew from {before:.0} to {after:.0}"));
        }
    }
    let connections =
        |some: &[Footprint]| median(some.iter().map(|one| to_float(u64::try_from(one.connections).unwrap_or(0))));
    if connections(last) > connections(first) * (1.0 + GROWTH) + 2.0 {
        broken.push(format!(
            "connections of PostgreSQL grew from {:.0} to {:.0}",
            connections(first),
            connections(last)
        ));
    }
    if let Some(end) = footprints.last()
        && end.dead_rows > FEW_DEAD
        && to_float(u64::try_from(end.dead_rows).unwrap_or(0)) > DEAD * to_float(u64::try_from(end.rows).unwrap_or(0))
    {
        broken.push(format!("{} of {} rows were dead in the end", end.dead_rows, end.rows));
    }
    broken
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "sizes that are shown in megabytes")]
fn to_float(value: u64) -> f64 {
    value as f64
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", to_float(bytes) / 1e6)
}

/// How many cores of which processor.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{cores} cores of {}", model.map_or("an unknown processor", |(_, name)| name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn soak(memory: impl Fn(u64) -> u64, files: usize, dead_rows: i64) -> Vec<Footprint> {
        (0..40)
            .map(|at| Footprint {
                memory: BTreeMap::from([("council-service".to_owned(), memory(at))]),
                files: BTreeMap::from([("council-service".to_owned(), if at > 30 { files } else { 50 })]),
                connections: 20,
                dead_rows,
                rows: 100_000,
            })
            .collect()
    }

    #[test]
    fn growth_is_found_and_noise_is_not() {
        let steady = |at: u64| 60_000_000 + (at % 3) * 2_000_000;
        assert_eq!(grown(&soak(steady, 55, 1000)), Vec::<String>::new());
        assert_eq!(grown(&soak(|at| 60_000_000 + at * 1_000_000, 55, 1000)).len(), 1);
        assert_eq!(grown(&soak(steady, 90, 1000)).len(), 1);
        assert_eq!(grown(&soak(steady, 55, 30_000)).len(), 1);
    }
}
