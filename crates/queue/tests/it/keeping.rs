//! What is kept for a time: instances, what admins ask of them, failed logins.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::ids::UserId;
use queue::{Announcer, Instance, LevelOrder, ServiceName};
use testing::TestRedis;
use tokio_util::sync::CancellationToken;

use crate::on_each_kind;

/// What no test should need.
const LIMIT: Duration = Duration::from_secs(30);

on_each_kind!(
    instances_are_listed_until_they_stop,
    levels_of_the_logs_hold_for_their_time,
    an_instance_takes_a_profile_that_it_is_asked_for,
    failed_logins_are_counted_by_address,
);

fn instance(service: &str, id: &str) -> Instance {
    let (url, version) = (format!("http://{id}"), "1.0.0".to_owned());
    Instance { service: service.to_owned(), id: id.to_owned(), url, version }
}

async fn instances_are_listed_until_they_stop(redis: TestRedis) {
    let queue = redis.queue();
    assert_eq!(queue.instances().await.expect("asks"), []);
    let known: Vec<_> = ["a", "b", "c"].iter().flat_map(|id| ["one", "two"].map(|name| instance(name, id))).collect();
    for instance in known.iter().chain(&known[..1]) {
        queue.announce(instance).await.expect("announces");
    }
    let mut sorted = known.clone();
    sorted.sort_by_key(|instance| (instance.service.clone(), instance.id.clone()));
    assert_eq!(queue.instances().await.expect("asks"), sorted);

    let (stop, address) = (CancellationToken::new(), SocketAddr::from(([127, 0, 0, 1], 80)));
    let announcer = Announcer::new("three", "1.0.0", address);
    let id = announcer.id().to_owned();
    let is_listed = async || queue.announcements().await.expect("asks").iter().any(|said| said.instance.id == id);
    let running = tokio::spawn(announcer.run(queue.clone(), stop.clone()));
    let began = Instant::now();
    while !is_listed().await {
        assert!(began.elapsed() < LIMIT, "not announced");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    running.await.expect("ends");
    assert!(!is_listed().await, "it has taken it back");

    // As after the time for which it holds: what is not repeated is forgotten, and with the last of them the whole set.
    assert!(redis.command(&["PTTL", "codex:instances"]).parse::<u64>().expect("a time") <= 15_000);
    redis.command(&["ZADD", "codex:instances", "1", "{}"]);
    queue.announce(&known[0]).await.expect("announces");
    assert_eq!(redis.command(&["ZCARD", "codex:instances"]), "6");
}

async fn levels_of_the_logs_hold_for_their_time(redis: TestRedis) {
    let queue = redis.queue();
    let order = |service| LevelOrder {
        service,
        level: "debug".parse().expect("a level"),
        until: "2026-01-01T00:00:00Z".parse().expect("a time"),
        set_by: UserId::new(),
    };
    let (all, one) = (order(None), order(Some(ServiceName::Worker)));
    queue.set_log_level(&one, LIMIT).await.expect("sets");
    queue.set_log_level(&all, LIMIT).await.expect("sets");
    assert_eq!(queue.log_levels().await.expect("asks"), [all.clone(), one.clone()]);
    queue.unset_log_level(Some(ServiceName::Worker)).await.expect("unsets");
    assert_eq!(queue.log_levels().await.expect("asks"), [all]);
    queue.set_log_level(&one, LIMIT).await.expect("sets");
    queue.unset_log_level(None).await.expect("unsets");
    assert_eq!(queue.log_levels().await.expect("asks"), []);
}

async fn an_instance_takes_a_profile_that_it_is_asked_for(redis: TestRedis) {
    let queue = redis.queue();
    let (stop, address) = (CancellationToken::new(), SocketAddr::from(([127, 0, 0, 1], 80)));
    let announcer = Announcer::new("one", "1.0.0", address);
    let watched = instance("one", announcer.id());
    let request = queue.ask_profile(&watched, 1).await.expect("asks").expect("none is being taken");
    assert!(queue.ask_profile(&watched, 1).await.expect("asks").is_none(), "one is asked for already");
    let running = tokio::spawn(announcer.run(queue.clone(), stop.clone()));
    let began = Instant::now();
    let taken = loop {
        if let Some(taken) = queue.taken_profile(request.id).await.expect("asks") {
            break taken;
        }
        assert!(began.elapsed() < LIMIT, "not taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(!taken.expect("a profile").is_empty());
    queue.forget_profile(&watched, request.id).await.expect("forgets");
    assert!(queue.taken_profile(request.id).await.expect("asks").is_none());
    assert!(queue.ask_profile(&watched, 1).await.expect("asks").is_some(), "it may be asked again");
    stop.cancel();
    running.await.expect("ends");
}

async fn failed_logins_are_counted_by_address(redis: TestRedis) {
    let (queue, address) = (redis.queue(), "192.0.2.1".parse().expect("an address"));
    for _ in 0..19 {
        queue.count_login_failure(address).await.expect("counts");
    }
    assert_eq!(queue.login_wait(address).await.expect("asks"), None);
    queue.count_login_failure(address).await.expect("counts");
    let wait = queue.login_wait(address).await.expect("asks").expect("it has to wait");
    assert!(wait <= Duration::from_secs(30), "{wait:?}");
    assert_eq!(queue.login_wait("192.0.2.2".parse().expect("an address")).await.expect("asks"), None);
}
