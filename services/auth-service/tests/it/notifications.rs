//! Mail about workflows, end to end: what council-service's acts leave on the timeline, a worker's announcer turns into
//! mail, and this service's mailer brings it to a real mail server.

use std::time::Duration;

use access::{Access, KeySettings};
use auth_service::mail::Mailer;
use auth_service::settings::{MailSettings, MailTransport};
use common::encryption::Encryption;
use common::http::RequestContext;
use common::http::routes::operations;
use common::ids::WorkflowId;
use common::metrics::Metrics;
use common::roles::Role;
use council_service::events::{EventSettings, Events};
use database::governance::break_glass::break_glass;
use database::governance::close_reviews::close_due_reviews;
use database::outbox::EMAIL;
use database::schema::outbox;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use governance::workflow::Vote;
use reqwest::Method;
use serde_json::json;
use testing::{Client, JWT_SECRET, MailServer, Person, Served, TestDatabase, TestRedis, World, person};

use crate::accounts::{Running, readable};
use crate::serve;

/// What writes mail, in a worker, until the value is dropped.
fn run_announcer(world: &World) -> Running {
    let worker = world.database.pool("workflow_worker");
    Running::start(|stop| workflow_worker::announcer::run(worker, "https://api.example.com".to_owned(), stop))
}

/// What sends it.
fn run_mailer(world: &World, mailbox: &MailServer, console_url: &str) -> Running {
    let settings = MailSettings {
        from: "Codex Dominion <no-reply@example.com>".parse().expect("a mailbox"),
        console_url: console_url.to_owned(),
        transport: MailTransport::Smtp(mailbox.url().into()),
    };
    let mailer = Mailer::new(world.database.pool("auth_service"), &settings).expect("a mailer");
    Running::start(|stop| mailer.run(stop))
}

/// Both.
fn run_mail(world: &World, mailbox: &MailServer, console_url: &str) -> [Running; 2] {
    [run_announcer(world), run_mailer(world, mailbox, console_url)]
}

/// The organisation, with one type of workflow.
async fn world() -> World {
    let world = World::new().await;
    let page = json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}]);
    world.add_type("web.page", page).await;
    world
}

/// Serves council-service beside this service.
async fn serve_councils(world: &World) -> Served {
    let metrics = Metrics::new("council-service").expect("metrics");
    let (pool, keys) = (world.database.pool("council_service"), KeySettings::of_secret(JWT_SECRET));
    let (ring, fetcher) = (keys.ring().expect("keys"), keys.fetcher().expect("a fetcher"));
    let queue = TestRedis::shared().queue();
    let access = Access::new(ring, fetcher, pool.clone(), queue.clone());
    access.catch_up().await;
    let encryption = Encryption::new("a key for tests of at least 32 characters").expect("a key");
    let listening = EventSettings { listeners: 1, listeners_per_caller: 1, heartbeat: Duration::from_secs(15) };
    let events = Events::new(&listening, pool.clone(), &metrics.meter());
    let service =
        council_service::service(Served::http_settings(), metrics, pool, queue, access.clone(), encryption, events);
    Served::start(service).beside(|stop| access.run(stop))
}

/// To whom mails went, in the order of names.
fn readers(mails: &[String]) -> Vec<&str> {
    let to = |mail: &'_ String| -> Option<(usize, usize)> {
        let start = mail.find("\nTo: ")? + 5;
        Some((start, start + mail[start..].find(['\r', '\n'])?))
    };
    let mut readers: Vec<_> = mails.iter().filter_map(|mail| to(mail).map(|(from, to)| &mail[from..to])).collect();
    readers.sort_unstable();
    readers
}

/// Every address in a mail that something could follow.
fn links(mail: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "\"'<>".contains(c);
    let readable = readable(mail);
    let starts = readable.match_indices("http").map(|(at, _)| at);
    starts.map(|at| readable[at..].split(ends).next().unwrap_or_default().replace("&#x2f;", "/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_asked_for_their_votes_and_the_proposer_is_told_the_decision() {
    let (world, mailbox) = (world().await, MailServer::start());
    let _running = run_mail(&world, &mailbox, "https://console.example.com");
    let workflow = world.propose("web.page", json!({"title": "between us"})).await;
    let mails = mailbox.wait_for(3).await;
    let expected =
        ["chair <chair@example.com>", "member-one <member-one@example.com>", "member-two <member-two@example.com>"];
    assert_eq!(readers(&mails), expected);
    for mail in &mails {
        let mail = readable(mail);
        assert!(mail.contains("Subject: Your vote is needed: web.page"), "{mail}");
        assert!(
            mail.contains("Publisher proposes: A type (web.page).") && mail.contains("Web team takes votes until 20"),
            "{mail}"
        );
        assert!(mail.contains(&format!("https://console.example.com/workflows/{workflow}")), "{mail}");
        assert!(!mail.contains("between us"), "inputs stay where they are");
    }

    world.approve(workflow).await;
    let mails = mailbox.wait_for(4).await;
    assert_eq!(readers(&mails[3..]), ["admin <admin@example.com>"]);
    assert!(readable(&mails[3]).contains("Subject: Decided: web.page is approved"), "{}", mails[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_who_was_passed_over_is_told_who_broke_the_glass_and_why() {
    let (world, mailbox) = (world().await, MailServer::start());
    let breaker = person(&world.database, "breaker", Role::Admin).await;
    let workflow = world.propose("web.page", json!({})).await;
    TestDatabase::execute(&world.database, "UPDATE sessions SET second_factor_at = now()").await;
    let digest = world.find(workflow).await.summary.digest;
    let reason = "the shop is down <b>now</b>, this repairs it".to_owned().try_into().expect("a reason");
    let (context, mut connection) = (RequestContext::default(), world.connect().await);
    break_glass(&mut connection, &breaker.claims, &context, workflow, digest, &reason).await.expect("breaks it");
    // Nobody had been asked before: now their votes are needed for nothing but the ratification.
    let _running = run_mail(&world, &mailbox, "https://console.example.com");
    let mails = mailbox.wait_for(4).await;
    let expected = [
        "admin <admin@example.com>",
        "chair <chair@example.com>",
        "member-one <member-one@example.com>",
        "member-two <member-two@example.com>",
    ];
    assert_eq!(readers(&mails), expected);
    for mail in &mails {
        let mail = readable(mail);
        assert!(mail.contains("Subject: Run without its approval: web.page"), "{mail}");
        assert!(mail.contains("breaker ran this before its councils had decided"), "{mail}");
        assert!(mail.contains("the shop is down &lt;b&gt;now&lt;"), "{mail}");
    }

    // Nobody ratifies it in time: they are told once more, and so is who broke the glass.
    TestDatabase::execute(&world.database, "UPDATE workflow_reviews SET deadline = now()").await;
    let mut worker = world.database.connect("workflow_worker").await;
    for _ in 0..2 {
        close_due_reviews(&mut worker, 10).await.expect("looks after it");
    }
    let mails = &mailbox.wait_for(8).await[4..];
    assert_eq!(readers(mails)[0], "breaker <breaker@example.com>");
    assert_eq!(readers(mails)[1..], expected[1..]);
    for mail in mails {
        let mail = readable(mail);
        assert!(
            mail.contains("Subject: Not ratified in time: web.page") && mail.contains("Web team was to ratify it"),
            "{mail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_or_need_not_vote_any_more_gets_no_mail() {
    let (world, mailbox) = (world().await, MailServer::start());
    let announcer = run_announcer(&world);
    let workflow = world.propose("web.page", json!({})).await;
    until_waiting(&world, 3).await;
    world.approve(workflow).await;
    until_waiting(&world, 4).await;
    drop(announcer);
    // Nothing is sent yet: three are asked for votes that are needed no more, and the fourth, the proposer, leaves.
    let leaves = format!("UPDATE users SET state = 'deactivated' WHERE id = '{}'", world.admin.id);
    TestDatabase::execute(&world.database, &leaves).await;
    let _mailer = run_mailer(&world, &mailbox, "https://console.example.com");
    until_waiting(&world, 0).await;
    assert_eq!(mailbox.mails(), Vec::<String>::new());
}

/// Waits until so many mails wait to be sent.
async fn until_waiting(world: &World, count: i64) {
    let mut connection = world.database.connect_as_owner().await;
    let mail = outbox::table.filter(outbox::stream.eq(EMAIL)).count();
    for _ in 0..1000 {
        if mail.get_result::<i64>(&mut connection).await.expect("counts") == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not {count} mails wait after 20 s");
}

/// Follows an address as scanners, previews and people do: with and without a session.
async fn follow(client: &Client, voter: &Person, path: &str) {
    for client in [client.clone(), client.with(&voter.token)] {
        for method in [Method::GET, Method::HEAD] {
            client.request(method, path).send().await.expect("an answer");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_of_a_mail_decides_anything_whoever_follows_it() {
    let (world, mailbox) = (world().await, MailServer::start());
    let (councils, accounts) = (serve_councils(&world).await, serve(&world.database).await);
    // The console itself is another program; here its address leads to the API, which would be worse.
    let running = run_mail(&world, &mailbox, &councils.url());
    let workflow = world.propose("web.page", json!({})).await;
    let mails = mailbox.wait_for(3).await;
    until_waiting(&world, 0).await;
    drop(running);

    let before = world.database.fingerprint().await;
    for mail in &mails {
        let links = links(mail);
        assert_eq!(links.len(), 3, "the plain text's, the button's and its text: {links:?}");
        for link in links {
            let path = link.strip_prefix(&councils.url()).expect("the console's");
            assert_eq!(path, format!("/workflows/{workflow}"), "no token, no vote, no query");
            for operator in &world.operators {
                follow(&councils.client(), operator, path).await;
                follow(&accounts.client(), operator, path).await;
            }
        }
    }
    // Nor does any other GET there is.
    let asked = follow_everything(&councils.client(), &council_service::openapi(), &world, workflow).await
        + follow_everything(&accounts.client(), &auth_service::openapi(), &world, workflow).await;
    assert!(asked > 30, "{asked}");
    assert_eq!(world.database.fingerprint().await, before, "not a row of any table has changed");

    // The same session, sent as a vote, does vote: what was shown is not that nothing works.
    world.vote(&world.operators[0], workflow, Vote::Approve).await.expect("votes");
    assert_ne!(world.database.fingerprint().await["votes"], before["votes"]);
}

/// Asks every path of a service, also those that are for other methods, with GET and HEAD as a voter.
async fn follow_everything(
    client: &Client,
    api: &utoipa::openapi::OpenApi,
    world: &World,
    workflow: WorkflowId,
) -> usize {
    let voter = &world.operators[1];
    for (pattern, item) in &api.paths.paths {
        assert!(operations(item).next().is_some());
        let path = pattern
            .replace("{workflow_id}", &workflow.to_string())
            .replace("{council_id}", "web-team")
            .replace("{user_id}", &voter.id.to_string())
            .replace("{workflow_type}", "web.page");
        for vote in ["", "?vote=approve"] {
            follow(client, voter, &format!("{path}{vote}")).await;
        }
    }
    api.paths.paths.len()
}
