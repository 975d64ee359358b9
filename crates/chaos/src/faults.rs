//! What goes wrong, when: a schedule that is the same for the same seed.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// What can go wrong. Services and wires are named by their number in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL to a service, and its start after this time.
    Kill(usize, Duration),
    /// SIGSTOP to a service, and SIGCONT after this time.
    Pause(usize, Duration),
    /// SIGKILL to Redis, and its start with its data after this time.
    CrashRedis(Duration),
    /// SIGKILL to Redis, and its start without its data after this time.
    LoseRedis(Duration),
    /// Everything in a running Redis is deleted.
    FlushRedis,
    /// SIGSTOP to Redis, and SIGCONT after this time.
    PauseRedis(Duration),
    /// PostgreSQL's immediate shutdown, and its start after this time.
    CrashPostgres(Duration),
    /// A wire's connections are closed for this time.
    Cut(usize, Duration),
    /// Nothing passes a wire for this time.
    Stall(usize, Duration),
    /// An admin pauses a queue for this time. No fault, but nothing may be lost by it, either.
    PauseQueue(&'static str, Duration),
}

/// A fault and its time, from the beginning of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub at: Duration,
    /// What.
    pub fault: Fault,
}

/// What there is to break.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// How many workers there are; they are the first services.
    pub workers: usize,
    /// How many services there are in all.
    pub services: usize,
    /// How many wires there are.
    pub wires: usize,
    /// A worker's lease.
    pub lease: Duration,
}

/// The mean pause between two faults, in seconds.
const PAUSE: f64 = 1.5;
/// How many turns a round has; killing a worker has two.
const KINDS: usize = 12;
const QUEUES: [&str; 3] = ["high", "normal", "low"];

/// Plans faults for a run of this length. They come in rounds: in each, every kind has its turn, in a random order.
pub fn plan(seed: u64, time: Duration, targets: Targets) -> Vec<Planned> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut planned, mut at) = (Vec::new(), 0.0);
    loop {
        let mut kinds: Vec<_> = (0..KINDS).collect();
        kinds.shuffle(&mut random);
        for kind in kinds {
            at += PAUSE * random.random_range(0.2..1.8);
            if at >= time.as_secs_f64() {
                return planned;
            }
            let fault = fault(kind, targets, &mut random);
            planned.push(Planned { at: Duration::from_secs_f64(at), fault });
        }
    }
}

fn fault(kind: usize, targets: Targets, random: &mut StdRng) -> Fault {
    let lease = targets.lease.as_secs_f64();
    let mut within = |from: f64, to: f64| Duration::from_secs_f64(random.random_range(from..to));
    let (short, long, past_lease) = (within(0.1, 1.5), within(0.5, 4.0), within(1.1 * lease, 2.5 * lease));
    let worker = random.random_range(0..targets.workers);
    let other = random.random_range(targets.workers..targets.services);
    let wire = random.random_range(0..targets.wires);
    let queue = QUEUES[random.random_range(0..QUEUES.len())];
    match kind {
        0 | 1 => Fault::Kill(worker, short),
        2 => Fault::Kill(other, short),
        3 => Fault::Pause(worker, past_lease),
        4 => Fault::Pause(other, long),
        5 => Fault::CrashRedis(short),
        6 => Fault::LoseRedis(short),
        7 => Fault::FlushRedis,
        8 => Fault::CrashPostgres(short),
        9 => Fault::Cut(wire, long),
        10 => Fault::PauseQueue(queue, long),
        _ if random.random_bool(0.3) => Fault::PauseRedis(long),
        _ => Fault::Stall(wire, past_lease),
    }
}

impl Fault {
    /// What kind it is, for counting.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Kill(..) => "SIGKILL to a service",
            Self::Pause(..) => "SIGSTOP to a service",
            Self::CrashRedis(_) => "SIGKILL to Redis",
            Self::LoseRedis(_) => "SIGKILL to Redis, data lost",
            Self::FlushRedis => "FLUSHALL",
            Self::PauseRedis(_) => "SIGSTOP to Redis",
            Self::CrashPostgres(_) => "immediate shutdown of PostgreSQL",
            Self::Cut(..) => "TCP connections cut",
            Self::Stall(..) => "TCP connections stalled",
            Self::PauseQueue(..) => "queue paused",
        }
    }

    const fn time(self) -> Duration {
        match self {
            Self::FlushRedis => Duration::ZERO,
            Self::Kill(_, time)
            | Self::Pause(_, time)
            | Self::Cut(_, time)
            | Self::Stall(_, time)
            | Self::PauseQueue(_, time)
            | Self::CrashRedis(time)
            | Self::LoseRedis(time)
            | Self::PauseRedis(time)
            | Self::CrashPostgres(time) => time,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.1} s)", self.kind(), self.time().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const TARGETS: Targets = Targets { workers: 3, services: 6, wires: 12, lease: Duration::from_secs(2) };

    #[test]
    fn the_same_seed_plans_the_same_faults_and_another_plans_others() {
        let of = |seed| plan(seed, Duration::from_mins(1), TARGETS);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn a_short_run_has_every_kind_of_fault_and_pauses_workers_past_their_lease() {
        let planned = plan(1, Duration::from_mins(1), TARGETS);
        let mut counts = BTreeMap::<_, u32>::new();
        for one in &planned {
            *counts.entry(one.fault.kind()).or_default() += 1;
            match one.fault {
                Fault::Pause(worker, time) if worker < TARGETS.workers => assert!(time > TARGETS.lease, "{one:?}"),
                Fault::Kill(service, _) | Fault::Pause(service, _) => assert!(service < TARGETS.services),
                Fault::Cut(wire, _) | Fault::Stall(wire, _) => assert!(wire < TARGETS.wires),
                _ => {}
            }
        }
        assert!(counts.len() >= 8, "{counts:?}");
        assert!(planned.is_sorted_by_key(|one| one.at) && planned.len() > 20);
    }
}
