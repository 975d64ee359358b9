//! Live events.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::actor::Actor;
use common::http::RequestContext;
use common::ids::WorkflowId;
use council_service::events::EventSettings;
use database::identity::{agents, sessions};
use database::timeline::{self, Position};
use database::{AsyncConnection, Connection};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use rand::RngExt;
use serde_json::json;
use testing::{Client, EventStream, Served, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{ballot, organisation, propose, serve, serve_with};

fn settings() -> EventSettings {
    EventSettings { listeners: 100, listeners_per_caller: 100, heartbeat: Duration::from_secs(15) }
}

/// A workflow of the agent's that waits for its council.
async fn workflow(world: &World) -> WorkflowId {
    world.add_type("website.page", json!([{"name": "a", "kind": "render_template", "with": {"template": "x"}}])).await;
    let workflow = world.propose("website.page", json!({})).await;
    settled(world).await;
    workflow
}

/// Waits until what was committed is told to those who listen from now on as something of the past. PostgreSQL's oldest
/// running transaction holds it back, whichever test's that is.
async fn settled(world: &World) {
    let unsettled = "SELECT FROM workflow_timeline WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())";
    while world.database.execute(unsettled).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Puts an event of the test's own on the timeline.
async fn happen(connection: &mut Connection, workflow: WorkflowId, event: &str) {
    timeline::record(connection, workflow, Actor::System, event, json!({})).await.expect("is recorded");
}

/// Puts many events on the timeline, in one transaction.
async fn happen_often(world: &World, workflow: WorkflowId, times: u32, size: u32) {
    let insert = format!(
        "INSERT INTO workflow_timeline (workflow_id, event, actor_kind, detail)
         SELECT '{workflow}', 'busy', 'system', jsonb_build_object('text', repeat('x', {size}))
         FROM generate_series(1, {times})"
    );
    assert_eq!(world.database.execute(&insert).await, times as usize);
}

/// The ids of all events, in the order of commits.
async fn ids(world: &World) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        id: String,
    }
    use diesel_async::RunQueryDsl;
    let query =
        "SELECT transaction_id::text || '.' || t.id AS id FROM workflow_timeline t ORDER BY transaction_id, t.id";
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut world.connect().await).await.expect("reads");
    rows.into_iter().map(|row| row.id).collect()
}

fn place(id: &str) -> Position {
    id.parse().expect("a place")
}

/// Waits until the feed is past this event.
async fn passed(client: &Client, last: Position) {
    loop {
        let mut stream = client.listen("/api/events", None).await;
        if place(&stream.expect("ready").await.id) >= last {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn next_names(stream: &mut EventStream, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..count {
        let event = stream.expect("workflow").await;
        names.push(event.data["event"].as_str().expect("a name").to_owned());
    }
    names
}

#[tokio::test]
async fn a_proposal_its_votes_and_its_decision_are_told_in_order() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await;
    let operators: Vec<_> = world.operators.iter().map(|one| served.client().with(&one.token)).collect();
    let mut all = operators[2].listen("/api/events", None).await;
    let ready = all.expect("ready").await;
    let mut decided = operators[2].listen("/api/events?events=approved,queued", None).await;
    decided.expect("ready").await;

    let other = propose(&served.client().with(&world.agent_key), "Other").await;
    let workflow = propose(&served.client().with(&world.agent_key), "Hello").await;
    let path = format!("/api/events?workflow_id={}", workflow["id"].as_str().expect("an id"));
    let mut one = operators[2].listen(&path, Some(&ready.id)).await;
    for operator in &operators[..2] {
        operator.post("/api/councils/web-team/vote", &ballot(&workflow, "approve")).await.expect(200);
    }

    let told = all.expect("workflow").await;
    assert_eq!((&told.data["workflow_id"], &told.data["event"]), (&other["id"], &json!("proposed")));
    let mut events = Vec::new();
    for _ in 0..6 {
        events.push(all.expect("workflow").await);
    }
    let names: Vec<_> = events.iter().map(|event| event.data["event"].as_str().expect("a name")).collect();
    let expected = ["proposed", "voted", "voted", "review_decided", "approved", "queued"];
    assert_eq!(names, expected);
    assert!(events.windows(2).all(|pair| place(&pair[0].id) < place(&pair[1].id)), "{events:#?}");
    // What is told is what the workflow's own timeline says.
    let path = format!("/api/workflows/{}", workflow["id"].as_str().expect("an id"));
    let read = operators[2].get(&path).await.expect(200);
    for (event, read) in events.iter().zip(read["timeline"].as_array().expect("a timeline")) {
        let mut told = event.data.clone();
        let told = told.as_object_mut().expect("an object");
        assert_eq!(told.remove("workflow_id"), Some(workflow["id"].clone()));
        assert!(told.remove("status").is_some_and(|status| status.is_string()));
        assert_eq!(&json!(told), read);
    }
    assert_eq!(next_names(&mut decided, 2).await, ["approved", "queued"]);

    // The workflow's own stream: some of it was missed before it was opened, the rest is live.
    let mut own = Vec::new();
    while own.len() < expected.len() {
        let event = one.next().await.expect("the stream goes on");
        if event.event == "workflow" {
            assert_eq!(event.data["workflow_id"], workflow["id"]);
            own.push(event.data["event"].as_str().expect("a name").to_owned());
        }
    }
    assert_eq!(own, expected);
    let metrics = served.client().get("/metrics").await.expect(200);
    let metrics = metrics.as_str().expect("text");
    assert!(metrics.contains("event_listeners 3"), "{metrics}");
    assert!(metrics.contains("events_sent_total 15"), "{metrics}");
}

/// Writes to the timeline as services do, each in transactions of its own that overlap those of the others, so that the
/// order of ids is not the order of commits. Some are rolled back.
async fn write(world: &World, workflow: WorkflowId, transactions: usize) {
    use diesel_async::RunQueryDsl;
    let mut connection = world.connect().await;
    for _ in 0..transactions {
        let (events, keeps, pause) = {
            let mut random = rand::rng();
            (random.random_range(1..4), random.random_bool(0.9), random.random_range(0..25))
        };
        let written = connection
            .transaction(async |connection| {
                for _ in 0..events {
                    happen(connection, workflow, "written").await;
                }
                let hold = format!("SELECT pg_sleep({pause}::float8 / 1000)");
                diesel::sql_query(hold).execute(connection).await?;
                if keeps { Ok(()) } else { Err(diesel::result::Error::RollbackTransaction) }
            })
            .await;
        assert_eq!(written.is_ok(), keeps);
    }
}

#[tokio::test]
async fn who_resumes_misses_nothing_and_is_told_nothing_twice_while_others_write() {
    const WRITERS: usize = 8;
    let world = World::new().await;
    let workflow = workflow(&world).await;
    // A reader may come back to another instance, whose feed is not at the same place.
    let instances = [serve_with(&world.database, settings()).await, serve_with(&world.database, settings()).await];
    let clients: Vec<Client> = instances.iter().map(|one| one.client().with(&world.admin.token)).collect();
    let mut first = clients[0].listen("/api/events", None).await;
    let begin = first.expect("ready").await.id;
    drop(first);

    let mut seen: Vec<String> = Vec::new();
    let writing = async {
        futures_util::future::join_all((0..WRITERS).map(|_| write(&world, workflow, 40))).await;
        happen(&mut world.connect().await, workflow, "last").await;
    };
    let mut connections = 0;
    let reading = async {
        let mut last = begin.clone();
        loop {
            let (client, patience) = {
                let mut random = rand::rng();
                (&clients[random.random_range(0..clients.len())], random.random_range(0..30))
            };
            let mut stream = client.listen("/api/events", Some(&last)).await;
            connections += 1;
            for _ in 0..=patience {
                let event = stream.next().await.expect("the stream goes on");
                match event.event.as_str() {
                    "workflow" => {
                        seen.push(event.id);
                        if event.data["event"] == "last" {
                            return;
                        }
                    }
                    other => assert_eq!(other, "ready"),
                }
            }
            last = stream.last_id.expect("an id");
        }
    };
    tokio::join!(writing, reading);
    let written: Vec<_> = ids(&world).await.into_iter().filter(|id| place(id) > place(&begin)).collect();
    assert!(written.len() > WRITERS * 40, "{} events", written.len());
    assert_eq!(seen, written, "over {connections} connections");
    eprintln!("{} events over {connections} connections", seen.len());
}

#[tokio::test]
async fn an_agent_is_told_of_what_it_proposed_and_of_nothing_else() {
    let (world, served) = organisation(json!({"decision_rule": {"kind": "unanimous"}})).await;
    let mut stream = served.client().with(&world.agent_key).listen("/api/events", None).await;
    let ready = stream.expect("ready").await;
    let operator = served.client().with(&world.operators[0].token);
    propose(&operator, "Of a person").await;
    let own = propose(&served.client().with(&world.agent_key), "Own").await;
    let told = stream.expect("workflow").await;
    assert_eq!((&told.data["workflow_id"], &told.data["event"]), (&own["id"], &json!("proposed")));
    // Nor of what it missed.
    let mut stream = served.client().with(&world.agent_key).listen("/api/events", Some(&ready.id)).await;
    assert_eq!(stream.expect("workflow").await, told);
    stream.expect("ready").await;
}

#[tokio::test]
async fn who_missed_too_much_is_told_to_fetch_anew() {
    let world = World::new().await;
    let workflow = workflow(&world).await;
    let served = serve(&world).await;
    let client = served.client().with(&world.operators[0].token);
    let mut first = client.listen("/api/events", None).await;
    let begin = first.expect("ready").await.id;
    happen_often(&world, workflow, 10_000, 1).await;
    passed(&client, place(ids(&world).await.last().expect("the last"))).await;
    let mut stream = client.listen("/api/events", Some(&begin)).await;
    for _ in 0..10_000 {
        assert_eq!(stream.expect("workflow").await.data["event"], "busy");
    }
    stream.expect("ready").await;

    let mut connection = world.connect().await;
    happen(&mut connection, workflow, "one_more").await;
    assert_eq!(next_names(&mut stream, 1).await, ["one_more"]);
    // The feed is past the one more now, so that 10,001 were missed.
    let mut stream = client.listen("/api/events", Some(&begin)).await;
    let reset = stream.expect("reset").await;
    assert_eq!(&reset.id, ids(&world).await.last().expect("the last"));
    happen(&mut connection, workflow, "live").await;
    assert_eq!(next_names(&mut stream, 1).await, ["live"]);
    // As is who knows of an event that nobody can have told them: the database is an older copy.
    let mut stream = client.listen("/api/events", Some("999999999999.1")).await;
    stream.expect("reset").await;
    happen(&mut connection, workflow, "still_live").await;
    assert_eq!(next_names(&mut stream, 1).await, ["still_live"]);
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_to_fetch_anew_and_holds_up_nobody() {
    const EVENTS: u32 = 30_000;
    let world = World::new().await;
    let workflow = workflow(&world).await;
    let served = serve_with(&world.database, settings()).await;
    let client = served.client().with(&world.operators[0].token);
    let mut slow = client.listen("/api/events", None).await;
    slow.expect("ready").await;
    happen_often(&world, workflow, EVENTS, 1000).await;
    let last = place(ids(&world).await.last().expect("the last"));
    // It reads none of them, and the feed passes all the same.
    passed(&client, last).await;
    let (mut told, mut resets, mut before) = (0, 0, Position::default());
    while before < last {
        let event = slow.next().await.expect("the stream goes on");
        if event.event == "reset" {
            resets += 1;
        } else {
            told += 1;
            assert!(place(&event.id) > before, "nothing is told twice");
        }
        before = place(&event.id);
    }
    assert_eq!(resets, 1);
    assert!(told < EVENTS, "{told}");
    happen(&mut world.connect().await, workflow, "live").await;
    assert_eq!(next_names(&mut slow, 1).await, ["live"]);
}

#[tokio::test]
async fn a_stream_ends_with_its_session_its_token_or_its_key() {
    let world = World::new().await;
    let workflow = workflow(&world).await;
    let served = serve(&world).await;
    let operator = &world.operators[0];
    let mut kept = served.client().with(&world.operators[1].token).listen("/api/events", None).await;
    kept.expect("ready").await;

    let mut ended = served.client().with(&operator.token).listen("/api/events", None).await;
    ended.expect("ready").await;
    let mut connection = world.database.connect("auth_service").await;
    let (context, own) = (RequestContext::default(), sessions::Which::One(operator.claims.sid));
    sessions::end_own(&mut connection, &operator.claims, &context, own).await.expect("ends the session");
    assert_eq!(ended.next().await, None, "the session has ended");
    assert_eq!(served.client().with(&operator.token).get("/api/events").await.status, 401);

    let mut claims = world.admin.claims.clone();
    // It holds for the few seconds by which clocks may differ.
    claims.exp = chrono::Utc::now().timestamp() - 2;
    let token = testing::login_key().sign(&claims).expect("signs");
    let mut expired = served.client().with(&token).listen("/api/events", None).await;
    expired.expect("ready").await;
    assert_eq!(expired.next().await, None, "the token has expired");

    let mut keyed = served.client().with(&world.agent_key).listen("/api/events", None).await;
    keyed.expect("ready").await;
    let keys = agents::keys_of(&mut connection, world.agent.id).await.expect("keys");
    let revoked = agents::revoke_key(&mut connection, &world.admin.claims, &context, world.agent.id, keys[0].id);
    revoked.await.expect("revokes");
    assert_eq!(keyed.next().await, None, "the key was taken back");

    // Nobody else's stream has.
    happen(&mut world.connect().await, workflow, "still_told").await;
    assert_eq!(next_names(&mut kept, 1).await, ["still_told"]);
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut stream = served.client().with(&world.admin.token).listen("/api/events", None).await;
    stream.expect("ready").await;
    // A stream that went on would be cut off when the time for draining is over, and that is no end but an error.
    drop(served);
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_malformed_last_event_id_is_refused() {
    let world = World::new().await;
    let served = serve(&world).await;
    let client = served.client().with(&world.admin.token);
    for bad in ["", "1", "1.", "one.two", "-1.1", "1.1.1", "1.1, 2.2", "99999999999999999999.1", "\u{e9}"] {
        let request = client.request(reqwest::Method::GET, "/api/events").header("last-event-id", bad);
        assert_eq!(client.send(request).await.problem(400), "malformed_header", "{bad}");
    }
    let twice = client.request(reqwest::Method::GET, "/api/events");
    let twice = twice.header("last-event-id", "1.1").header("last-event-id", "1.1");
    assert_eq!(client.send(twice).await.problem(400), "malformed_header");
    for bad in ["events=Approved", "events=a,,b", "events=a b", "workflow_id=1", "token=x"] {
        assert_eq!(client.get(&format!("/api/events?{bad}")).await.problem(400), "invalid_query", "{bad}");
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_and_a_place_is_given_back() {
    let world = World::new().await;
    let heartbeat = Duration::from_millis(50);
    let served = serve_with(&world.database, EventSettings { listeners: 3, listeners_per_caller: 2, heartbeat }).await;
    let [first, second] = [0, 1].map(|index| served.client().with(&world.operators[index].token));
    let mut streams = Vec::new();
    for client in [&first, &first, &second] {
        let mut stream = client.listen("/api/events", None).await;
        stream.expect("ready").await;
        streams.push(stream);
    }
    let full = second.get("/api/events").await;
    assert_eq!(full.problem(503), "unavailable");
    assert!(full.headers.contains_key("retry-after"));
    streams.pop();
    // That the other side is gone is noticed when something is sent to it.
    let began = Instant::now();
    while second.get("/api/events").await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "the place is not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut answer = first.get("/api/events").await;
    while answer.status == 503 {
        answer = first.get("/api/events").await;
    }
    assert_eq!(answer.problem(429), "too_many_streams");
    assert!(answer.headers.contains_key("retry-after"));
}

/// A listener that costs its own side as little as can be: what is measured is the other.
async fn idle(served: &Served, token: &str) -> tokio::net::TcpStream {
    let address = served.url();
    let address = address.strip_prefix("http://").expect("a URL");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let request = format!("GET /api/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("is sent");
    let mut head = Vec::new();
    while !head.windows(12).any(|text| text == b"event: ready") {
        assert_ne!(stream.read_buf(&mut head).await.expect("is read"), 0, "{}", String::from_utf8_lossy(&head));
    }
    stream
}

/// This process's memory, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("is there");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("is told");
    1024 * line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number")
}

/// The processor time of this process, in hundredths of a second.
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("is there");
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    [11, 12].iter().map(|&index| fields[index].parse::<u64>().expect("a number")).sum()
}

/// How many transactions the database has seen.
async fn transactions(connection: &mut Connection) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    use diesel_async::RunQueryDsl;
    let query = "SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()";
    diesel::sql_query(query).get_result::<Row>(connection).await.expect("counts").count
}

#[tokio::test]
async fn two_thousand_idle_listeners_cost_little() {
    const LISTENERS: u64 = 2000;
    let world = World::new().await;
    let workflow = workflow(&world).await;
    let limits = EventSettings { listeners: 3000, listeners_per_caller: 3000, heartbeat: Duration::from_secs(15) };
    let served = serve_with(&world.database, limits).await;
    let mut streams = vec![idle(&served, &world.admin.token).await];
    let before = memory();
    for _ in 0..LISTENERS / 50 {
        let opening = (0..50).map(|_| idle(&served, &world.admin.token));
        streams.extend(futures_util::future::join_all(opening).await);
    }
    let each = memory().saturating_sub(before) / LISTENERS;
    let metrics = served.client().get("/metrics").await.expect(200);
    let line = format!("event_listeners {}", LISTENERS + 1);
    assert!(metrics.as_str().expect("text").contains(&line), "{line}");

    let mut connection = world.connect().await;
    let (began, cpu, queries) = (Instant::now(), processor_time(), transactions(&mut connection).await);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (took, cpu) = (began.elapsed().as_secs_f64(), processor_time() - cpu);
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let (cpu, rate) = (cpu as f64 / took, (transactions(&mut connection).await - queries) as f64 / took);

    // All of them are told, once.
    let began = Instant::now();
    happen(&mut connection, workflow, "told_to_all").await;
    let heard = streams.iter_mut().map(async |stream| {
        let mut text = Vec::new();
        while !text.windows(11).any(|text| text == b"told_to_all") {
            assert_ne!(stream.read_buf(&mut text).await.expect("is read"), 0);
        }
    });
    futures_util::future::join_all(heard).await;
    eprintln!(
        "{LISTENERS} idle listeners: {each} bytes each (both sides), {cpu:.1} % of a processor, {rate:.1} queries/s; \
         an event reached all of them in {} ms",
        began.elapsed().as_millis()
    );
    assert!(each < 64 * 1024, "{each} bytes each");
    // The feed's five queries a second and those that keep revocations known, twice with the pool's check of each
    // connection, however many listen.
    assert!(rate < 50.0, "{rate} queries a second");
}

#[tokio::test]
async fn nobody_is_told_twice_by_two_feeds() {
    // What the resuming test shows by chance, by design: a reader who goes from an instance that is ahead to one whose
    // feed has just begun.
    let world = World::new().await;
    let workflow = workflow(&world).await;
    let (one, other) = (serve(&world).await, serve(&world).await);
    let mut connection = world.connect().await;
    let mut stream = one.client().with(&world.admin.token).listen("/api/events", None).await;
    stream.expect("ready").await;
    let mut last = String::new();
    let mut seen = BTreeSet::new();
    for round in 0..10 {
        happen(&mut connection, workflow, "told").await;
        let event = stream.expect("workflow").await;
        assert!(seen.insert(event.id.clone()));
        last.clone_from(&event.id);
        let instance = if round % 2 == 0 { &other } else { &one };
        stream = instance.client().with(&world.admin.token).listen("/api/events", Some(&last)).await;
        stream.expect("ready").await;
    }
    assert_eq!(seen.len(), 10);
}
