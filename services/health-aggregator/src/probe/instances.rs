//! The instances that have announced themselves: which run, and which went without a word. Pure: time is given.
//!
//! An instance that stops takes its announcement back. One that crashes or hangs can't: it stops answering, and its
//! announcement ends by itself ten seconds later or more. That is how the two are told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use queue::Instance;

use super::{Finding, Health};

/// An instance whose announcement ends after it was silent for so long did not stop by itself.
const SILENT: Duration = Duration::from_secs(8);
/// For how long one that is gone is shown, unless another takes its place.
const SHOWN_GONE: Duration = Duration::from_mins(15);

/// Which instance.
pub type Key = (String, String);

/// An instance, as far as it is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// What it announced.
    pub instance: Instance,
    /// What it answered last.
    pub finding: Option<Finding>,
    /// Whether it is announced now.
    pub announced: bool,
    /// When it was announced first.
    first_seen: Instant,
    /// When it answered last; when it was announced first, if it never did.
    answered_at: Instant,
    /// Since when it does not answer at all.
    silent_since: Option<Instant>,
    /// Since when it is gone.
    gone_since: Option<Instant>,
    /// Whether another listens where it did.
    replaced: bool,
}

impl Known {
    /// Whether it went without a word.
    pub const fn is_gone(&self) -> bool {
        self.gone_since.is_some()
    }
}

/// Every instance that is known.
#[derive(Clone, Debug, Default)]
pub struct Instances(BTreeMap<Key, Known>);

impl Instances {
    /// Takes in who is announced now.
    pub fn announced(&mut self, now: Instant, announced: Vec<Instance>) {
        let listed: BTreeSet<Key> = announced.iter().map(key).collect();
        for instance in announced {
            self.take_in(now, instance);
        }
        self.0.retain(|key, known| {
            known.announced = listed.contains(key);
            known.announced || still_of_interest(known, now)
        });
    }

    fn take_in(&mut self, now: Instant, instance: Instance) {
        let key = key(&instance);
        if let Some(known) = self.0.get_mut(&key) {
            if known.instance != instance {
                (known.instance, known.finding, known.silent_since) = (instance, None, None);
            }
            known.gone_since = None;
            return;
        }
        // Where it listens, no other does any more.
        let before = self
            .0
            .values_mut()
            .filter(|known| (&known.instance.service, &known.instance.url) == (&instance.service, &instance.url));
        before.for_each(|known| known.replaced = true);
        let known = Known {
            instance,
            finding: None,
            announced: true,
            first_seen: now,
            answered_at: now,
            silent_since: None,
            gone_since: None,
            replaced: false,
        };
        self.0.insert(key, known);
    }

    /// Takes in what an instance answered, or that it did not.
    pub fn asked(&mut self, now: Instant, key: &Key, finding: Finding, answered: bool) {
        if let Some(known) = self.0.get_mut(key) {
            if answered {
                (known.answered_at, known.silent_since) = (now, None);
            } else {
                known.silent_since = known.silent_since.or(Some(now));
            }
            known.finding = Some(finding);
        }
    }

    /// The instances to ask.
    pub fn to_ask(&self) -> impl Iterator<Item = (&Key, &Known)> {
        self.0.iter().filter(|(_, known)| !known.replaced && !known.is_gone())
    }

    /// The instances that count, sorted by service. One that does not answer counts until another takes its place: one that
    /// was announced for the first time after it had answered for the last.
    pub fn all(&self) -> impl Iterator<Item = &Known> {
        let mut newcomers: Vec<&Known> =
            self.0.values().filter(|known| !known.replaced && known.silent_since.is_none()).collect();
        newcomers.sort_by_key(|known| known.first_seen);
        let mut counted: Vec<&Known> = Vec::new();
        for known in self.0.values().filter(|known| !known.replaced) {
            let takes_its_place = |other: &&Known| {
                other.instance.service == known.instance.service && other.first_seen > known.answered_at
            };
            match newcomers.iter().position(takes_its_place) {
                Some(place) if known.silent_since.is_some() => drop(newcomers.remove(place)),
                _ => counted.push(known),
            }
        }
        counted.into_iter()
    }
}

fn key(instance: &Instance) -> Key {
    (instance.service.clone(), instance.id.clone())
}

/// Whether an instance whose announcement has ended is to be kept in mind.
fn still_of_interest(known: &mut Known, now: Instant) -> bool {
    if known.replaced {
        return false;
    }
    if known.gone_since.is_none() && known.silent_since.is_some_and(|since| now - since >= SILENT) {
        known.gone_since = Some(now);
    }
    match known.gone_since {
        Some(since) => now - since < SHOWN_GONE,
        // Redis has lost its announcement, if it still answers; else it has stopped.
        None => known.silent_since.is_none() && known.finding.is_some(),
    }
}

/// How a service is, by its instances: none that is ready, some, or all. None when nobody has been asked yet.
pub fn service_health<'a>(instances: impl Iterator<Item = &'a Known>, now: Instant) -> Option<ServiceHealth> {
    let mut service = ServiceHealth { ready: 0, instances: 0, latency: None };
    for known in instances {
        if let Some(finding) = &known.finding {
            service.instances += 1;
            if !known.is_gone() && finding.health_at(now) == Health::Healthy {
                service.ready += 1;
                service.latency = service.latency.max(finding.latency);
            }
        }
    }
    (service.instances > 0).then_some(service)
}

/// How many instances of a service there are, and how they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceHealth {
    /// Those that are ready.
    pub ready: usize,
    /// Those that are announced, or went without a word.
    pub instances: usize,
    /// How long the slowest that is ready took to answer.
    pub latency: Option<Duration>,
}

impl ServiceHealth {
    /// In a word.
    pub const fn health(self) -> Health {
        match self.ready {
            0 => Health::Unhealthy,
            ready if ready < self.instances => Health::Degraded,
            _ => Health::Healthy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, url: &str) -> Instance {
        Instance {
            service: "council-service".to_owned(),
            id: id.to_owned(),
            url: url.to_owned(),
            version: "1.0.0".to_owned(),
        }
    }

    /// A clock, and what happens by it.
    struct Story {
        instances: Instances,
        now: Instant,
    }

    impl Story {
        fn new() -> Self {
            Self { instances: Instances::default(), now: Instant::now() }
        }

        /// A second passes: these are announced, and of all that are known these answer.
        fn second(&mut self, announced: &[Instance], answering: &[&str]) {
            self.now += Duration::from_secs(1);
            self.instances.announced(self.now, announced.to_vec());
            let keys: Vec<Key> = self.instances.to_ask().map(|(key, _)| key.clone()).collect();
            for key in keys {
                let answers = answering.contains(&key.1.as_str());
                let health = if answers { Health::Healthy } else { Health::Unhealthy };
                let finding = Finding::new(self.now, health, "", Some(Duration::ZERO));
                self.instances.asked(self.now, &key, finding, answers);
            }
        }

        fn health(&self) -> Option<(usize, usize)> {
            service_health(self.instances.all(), self.now).map(|service| (service.ready, service.instances))
        }
    }

    #[test]
    fn one_that_crashed_is_shown_as_gone_until_another_takes_its_place() {
        let (one, two) = (instance("one", "http://a"), instance("two", "http://b"));
        let mut story = Story::new();
        story.second(&[one.clone(), two.clone()], &["one", "two"]);
        assert_eq!(story.health(), Some((2, 2)));
        // Killed: it does not answer, and its announcement holds for a while.
        for _ in 0..10 {
            story.second(&[one.clone(), two.clone()], &["one"]);
            assert_eq!(story.health(), Some((1, 2)));
        }
        for _ in 0..300 {
            story.second(std::slice::from_ref(&one), &["one"]);
            assert_eq!(story.health(), Some((1, 2)));
        }
        let three = instance("three", "http://c");
        story.second(&[one, three], &["one", "three"]);
        assert_eq!(story.health(), Some((2, 2)));
    }

    #[test]
    fn another_takes_its_place_at_once_wherever_it_listens() {
        let (one, two) = (instance("one", "http://a"), instance("two", "http://b"));
        let mut story = Story::new();
        story.second(&[one.clone(), two.clone()], &["one", "two"]);
        story.second(&[one.clone(), two.clone()], &["one"]);
        // The announcement of the dead one holds for a while.
        let three = instance("three", "http://c");
        for _ in 0..10 {
            story.second(&[one.clone(), two.clone(), three.clone()], &["one", "three"]);
            assert_eq!(story.health(), Some((2, 2)));
        }
        for _ in 0..30 {
            story.second(&[one.clone(), three.clone()], &["one", "three"]);
            assert_eq!(story.health(), Some((2, 2)));
        }
        // And one that only hung is one more.
        story.second(&[one, two, three], &["one", "two", "three"]);
        assert_eq!(story.health(), Some((3, 3)));
    }

    #[test]
    fn one_that_is_gone_is_forgotten_in_the_end() {
        let (one, two) = (instance("one", "http://a"), instance("two", "http://b"));
        let mut story = Story::new();
        for _ in 0..10 {
            story.second(&[one.clone(), two.clone()], &["one"]);
        }
        for _ in 0..=900 {
            story.second(std::slice::from_ref(&one), &["one"]);
        }
        assert_eq!(story.health(), Some((1, 1)));
    }

    #[test]
    fn one_that_stopped_is_not_missed() {
        let (one, two) = (instance("one", "http://a"), instance("two", "http://b"));
        let mut story = Story::new();
        story.second(&[one.clone(), two.clone()], &["one", "two"]);
        // It takes its announcement back, still answers for a moment, and does not any more.
        story.second(std::slice::from_ref(&one), &["one", "two"]);
        story.second(std::slice::from_ref(&one), &["one"]);
        story.second(std::slice::from_ref(&one), &["one"]);
        assert_eq!(story.health(), Some((1, 1)));
    }

    #[test]
    fn one_that_is_restarted_where_it_was_takes_its_own_place() {
        let mut story = Story::new();
        story.second(&[instance("one", "http://a")], &["one"]);
        story.second(&[instance("one", "http://a")], &[]);
        // The announcement of the process before ends only later.
        for _ in 0..10 {
            story.second(&[instance("one", "http://a"), instance("new", "http://a")], &["one", "new"]);
            assert_eq!(story.health(), Some((1, 1)));
        }
        story.second(&[instance("new", "http://a")], &["new"]);
        assert_eq!(story.health(), Some((1, 1)));
    }

    #[test]
    fn what_redis_has_forgotten_still_runs() {
        let mut story = Story::new();
        story.second(&[instance("one", "http://a")], &["one"]);
        for _ in 0..5 {
            story.second(&[], &["one"]);
            assert_eq!(story.health(), Some((1, 1)));
        }
        story.second(&[instance("one", "http://a")], &["one"]);
        assert_eq!(story.health(), Some((1, 1)));
    }

    #[test]
    fn one_that_hangs_is_not_ready_and_comes_back() {
        let one = [instance("one", "http://a")];
        let mut story = Story::new();
        story.second(&one, &["one"]);
        for _ in 0..10 {
            story.second(&one, &[]);
        }
        assert_eq!(story.health(), Some((0, 1)));
        for _ in 0..20 {
            story.second(&[], &[]);
        }
        assert_eq!(story.health(), Some((0, 1)));
        story.second(&one, &["one"]);
        assert_eq!(story.health(), Some((1, 1)));
    }
}
