//! Each kind of step, for real.

use governance::workflow::{StepStatus, WorkflowStatus};
use serde_json::{Value, json};
use testing::{MailServer, Receiver, Scripted, TestRedis, World};

use crate::worker::Worker;

/// A world with one type of these steps, `web.run`.
async fn world(steps: Value) -> (World, TestRedis) {
    let world = World::new().await;
    world.add_type("web.run", steps).await;
    (world, TestRedis::shared())
}

/// Runs `web.run` to its end.
async fn run(world: &World, inputs: Value, ends: WorkflowStatus) -> database::governance::workflows::Detail {
    let workflow = world.propose("web.run", inputs).await;
    world.approve(workflow).await;
    world.wait_for(workflow, ends).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_decides_what_is_run() {
    let call = |name: &str| json!({"name": name, "kind": "http_request", "with": {"url": format!("{{{{ inputs.url }}}}/{name}")}});
    let (world, redis) = world(json!([
        {"name": "large", "kind": "condition", "with": {"if": "inputs.amount > 100", "then": ["urgent", "ask"], "else": ["note"]}},
        call("ask"),
        {"name": "urgent", "kind": "condition", "with": {"if": "inputs.urgent", "then": ["hurry"], "else": ["wait"]}},
        call("hurry"), call("wait"), call("note"),
        {"name": "sum", "kind": "transform", "with": {"value": {
            "asked": "{{ steps.ask.output is not none }}", "noted": "{{ steps.note.output }}", "large": "{{ steps.large.output.result }}"}}},
    ]))
    .await;
    let _worker = Worker::start(&world, &redis).await;
    let receiver = Receiver::start();
    let found =
        run(&world, json!({"amount": 500, "urgent": true, "url": receiver.url()}), WorkflowStatus::Completed).await;
    let statuses: Vec<_> = found.steps.iter().map(|step| (step.name.as_str(), step.status)).collect();
    let (completed, skipped) = (StepStatus::Completed, StepStatus::Skipped);
    assert_eq!(
        statuses,
        [
            ("large", completed),
            ("ask", completed),
            ("urgent", completed),
            ("hurry", completed),
            ("wait", skipped),
            ("note", skipped),
            ("sum", completed),
        ]
    );
    assert_eq!(found.output, Some(json!({"asked": true, "noted": null, "large": true})));
    let left_out = &found.steps[4];
    assert_eq!((left_out.attempt, left_out.output.as_ref(), left_out.finished_at.is_some()), (0, None, true));
    let paths: Vec<_> = receiver.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/ask", "/hurry"]);

    let found = run(&world, json!({"amount": 5, "url": receiver.url()}), WorkflowStatus::Completed).await;
    let left_out: Vec<_> =
        found.steps.iter().filter(|step| step.status == skipped).map(|step| step.name.as_str()).collect();
    assert_eq!(left_out, ["ask", "urgent", "hurry", "wait"]);
    let events: Vec<_> =
        found.timeline.iter().filter(|event| event.event == "step_skipped").map(|event| event.detail.clone()).collect();
    assert_eq!(events[2], json!({"step": "hurry", "because": "large"}));
    assert_eq!(receiver.calls()[2].path, "/note");

    // What can't be decided is no decision.
    let found = run(&world, json!({"url": receiver.url()}), WorkflowStatus::Failed).await;
    assert!(found.error.as_deref().is_some_and(|error| error.starts_with("large failed: /if: ")), "{:?}", found.error);
    assert_eq!(receiver.calls().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_once_under_a_name_that_shows_a_second_one() {
    let (world, redis) = world(json!([{"name": "tell", "kind": "send_email", "with": {
        "to": "{{ inputs.to }}", "cc": "boss@example.com", "subject": "Für {{ inputs.name }}",
        "text": "Dear {{ inputs.name }}", "html": "<p>Dear {{ inputs.name }}</p>"}}]))
    .await;
    let mut mailbox = MailServer::stopped();
    let settings = [("SMTP_URL", mailbox.url()), ("MAIL_FROM", "Dominion <no-reply@codex.example>".to_owned())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let _worker = Worker::start_with(&world, &redis, &settings).await;
    let inputs = json!({"to": ["a@example.com", "b@example.com", "A@example.com"], "name": "<Ann>"});
    let workflow = world.propose("web.run", inputs).await;
    world.approve(workflow).await;
    // Nobody is there yet; that passes.
    while world.find(workflow).await.steps[0].error.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    mailbox.resume();
    let found = world.wait_for(workflow, WorkflowStatus::Completed).await;
    let message_id = format!("<{workflow}.tell@codex.example>");
    assert_eq!(found.output, Some(json!({"message_id": message_id, "recipients": 3})));
    let mails = mailbox.wait_for(1).await;
    let [mail] = mails.as_slice() else { panic!("one mail: {mails:#?}") };
    for line in [
        "From: Dominion <no-reply@codex.example>",
        "To: a@example.com, b@example.com",
        "Cc: boss@example.com",
        "Subject: =?utf-8?b?RsO8cg==?= <Ann>",
        &format!("Message-ID: {message_id}"),
        "Auto-Submitted: auto-generated",
        "Dear <Ann>",
        "<p>Dear &lt;Ann&gt;</p>",
    ] {
        assert!(mail.replace("\r\n", "\n").contains(line), "{line} is missing in\n{mail}");
    }
    let injected = json!({"to": "a@example.com", "name": "x\r\nBcc: all@example.com"});
    let found = run(&world, injected, WorkflowStatus::Failed).await;
    assert_eq!(found.error.as_deref(), Some("tell failed: /subject must be one line of 1 to 200 characters"));
    assert_eq!(mailbox.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_a_mail_fails_with_what_to_do() {
    let with = json!({"to": "a@example.com", "subject": "s", "text": "t"});
    let (world, redis) = world(json!([{"name": "tell", "kind": "send_email", "with": with}])).await;
    let _worker = Worker::start(&world, &redis).await;
    let found = run(&world, json!({}), WorkflowStatus::Failed).await;
    let told = "tell failed: this worker sends no mail: set SMTP_URL and MAIL_FROM";
    assert_eq!(found.error.as_deref(), Some(told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_without_what_is_secret() {
    let (world, redis) = world(json!([{"name": "call", "kind": "http_request", "with": {
        "method": "{{ inputs.method }}", "url": "{{ inputs.url }}/start", "follow_redirects": 2, "text": "a;b", "content_type": "text/csv",
        "headers": {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Cookie": "a=b", "Accept": "text/csv"}}}]))
    .await;
    let _worker = Worker::start(&world, &redis).await;
    let (here, there) = (Receiver::start(), Receiver::start());
    let private = ["authorization", "x-api-key", "cookie"];

    // To the same server, everything goes on; to another one, not what only the first should know.
    here.script(Scripted::redirect(307, "next?page=2"));
    here.script(Scripted::redirect(308, format!("{}/end", there.url())));
    let inputs = json!({"method": "PUT", "url": here.url()});
    let found = run(&world, inputs, WorkflowStatus::Completed).await;
    let ([first, second], [third]) = (&here.calls()[..], &there.calls()[..]) else { panic!("three calls") };
    for call in [first, second] {
        assert!(private.iter().all(|name| call.headers.contains_key(*name)), "{call:?}");
    }
    assert!(private.iter().all(|name| !third.headers.contains_key(*name)), "{third:?}");
    for (call, path) in [(first, "/start"), (second, "/next"), (third, "/end")] {
        assert_eq!((call.method.as_str(), call.path.as_str(), call.raw.as_str()), ("PUT", path, "a;b"));
        assert_eq!(
            (&call.headers["content-type"], &call.headers["accept"]),
            (&"text/csv".to_owned(), &"text/csv".to_owned())
        );
        assert_eq!(call.headers["idempotency-key"], format!("{}/call", found.summary.id));
    }

    // After a POST, 303 asks for the result.
    here.script(Scripted::redirect(303, "/result"));
    run(&world, json!({"method": "POST", "url": here.url()}), WorkflowStatus::Completed).await;
    let last = here.calls().pop().expect("a call");
    assert_eq!((last.method.as_str(), last.path.as_str(), last.raw.as_str()), ("GET", "/result", ""));
    assert!(!last.headers.contains_key("content-type") && last.headers.contains_key("authorization"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_read_as_the_step_wants_it() {
    let world = World::new().await;
    let redis = TestRedis::shared();
    for (id, with) in [
        ("web.json", json!({"output": "json"})),
        ("web.text", json!({"output": "text", "expect_status": [404, "409"]})),
        ("web.auto", json!({})),
    ] {
        let mut with = with;
        with["url"] = json!("{{ inputs.url }}");
        world.add_type(id, json!([{"name": "call", "kind": "http_request", "with": with}])).await;
    }
    let _worker = Worker::start(&world, &redis).await;
    let receiver = Receiver::start();
    let answer = |status, body: &str| {
        receiver.script(Scripted {
            status,
            body: body.as_bytes().to_vec(),
            content_type: "text/plain".to_owned(),
            ..Scripted::default()
        });
    };
    let run = async |id: &str| {
        let workflow = world.propose(id, json!({"url": receiver.url()})).await;
        world.approve(workflow).await;
        loop {
            let found = world.find(workflow).await;
            match found.summary.status {
                WorkflowStatus::Completed => return Ok(found.output.expect("an output")["body"].clone()),
                WorkflowStatus::Failed => return Err(found.error.expect("a reason")),
                _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    };
    answer(200, "[1]");
    assert_eq!(run("web.json").await, Ok(json!([1])));
    answer(200, "<p>");
    let told = run("web.json").await.expect_err("fails");
    assert!(told.starts_with("call failed: the answer is no JSON that can be kept: "), "{told}");
    answer(404, "[1]");
    assert_eq!(run("web.text").await, Ok(json!("[1]")));
    answer(200, "[1]");
    assert_eq!(run("web.text").await, Err("call failed: the answer was 200 OK".to_owned()));
    answer(200, "[1]");
    assert_eq!(run("web.auto").await, Ok(json!([1])));
    answer(200, "<p>\0");
    assert_eq!(run("web.auto").await, Ok(json!("<p>\u{fffd}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_waits_without_a_worker_and_one_that_has_passed_does_not() {
    let (world, redis) = world(json!([
        {"name": "wait", "kind": "delay", "with": {"until": "{{ inputs.until }}"}},
        {"name": "call", "kind": "http_request", "with": {"url": "{{ inputs.url }}"}},
    ]))
    .await;
    let (worker, receiver) = (Worker::start(&world, &redis).await, Receiver::start());
    let until = chrono::Utc::now() + chrono::TimeDelta::seconds(4);
    let workflow = world.propose("web.run", json!({"until": until.to_rfc3339(), "url": receiver.url()})).await;
    world.approve(workflow).await;
    while world.find(workflow).await.steps[0].status != StepStatus::Running {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // Who let it wait is gone; somebody else goes on when the time has come.
    worker.terminate();
    let _other = Worker::start(&world, &redis).await;
    let found = world.wait_for(workflow, WorkflowStatus::Completed).await;
    let resumed_at = found.steps[0].output.as_ref().and_then(|output| output["resumed_at"].as_str()).expect("a time");
    let resumed_at: chrono::DateTime<chrono::Utc> = resumed_at.parse().expect("a time");
    // The engine waits for so long from when it has written that down.
    assert!(resumed_at >= until - chrono::TimeDelta::milliseconds(1), "{resumed_at} is before {until}");
    assert!(found.steps[1].started_at.is_some_and(|started| started >= resumed_at), "{found:#?}");
    assert_eq!((receiver.calls().len(), found.steps[0].attempt), (1, 1));
    world.prove(workflow).await;

    let past = json!({"until": "2020-01-01T00:00:00Z", "url": receiver.url()});
    run(&world, past, WorkflowStatus::Completed).await;
    let far = json!({"until": "2999-01-01T00:00:00Z", "url": receiver.url()});
    let found = run(&world, far, WorkflowStatus::Failed).await;
    assert_eq!(found.error.as_deref(), Some("wait failed: /until is more than 90 days from now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_mailed_and_kept() {
    let day = |days: i64| (chrono::Utc::now() + chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let with = json!({"from": day(-1), "to": day(2), "recipients": ["board@example.com"]});
    let world = World::new().await;
    let redis = TestRedis::shared();
    world.add_type("web.run", json!([{"name": "report", "kind": "report.weekly", "with": with}])).await;
    world.add_type("web.note", json!([{"name": "note", "kind": "transform", "with": {"value": 1}}])).await;
    let mailbox = MailServer::start();
    let settings = [("SMTP_URL", mailbox.url()), ("MAIL_FROM", "no-reply@codex.example".to_owned())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let _worker = Worker::start_with(&world, &redis, &settings).await;
    let note = world.propose("web.note", json!({})).await;
    world.approve(note).await;
    world.wait_for(note, WorkflowStatus::Completed).await;
    let found = run(&world, json!({}), WorkflowStatus::Completed).await;
    let output = found.output.expect("an output");
    let message_id = format!("<{}.report@codex.example>", found.summary.id);
    assert_eq!((&output["time_zone"], &output["message_id"]), (&json!("UTC"), &json!(message_id)));
    // The report itself is under way.
    let totals = &output["totals"];
    assert_eq!(
        (&totals["proposed"], &totals["completed"], &totals["completion_rate"]),
        (&json!(2), &json!(1), &json!(1.0))
    );
    assert_eq!(output["councils"][0]["council"], "web-team");
    assert_eq!(output["types"][0]["workflow_type"], "web.note");
    let fits = governance::schema::violations(governance::definition::StepKind::ReportWeekly.output_schema(), &output);
    assert_eq!(fits, []);
    let mails = mailbox.wait_for(1).await;
    // Lines of a mail are folded where they are long.
    let mail = mails[0].replace("=\n", "").replace("=\r\n", "");
    for words in [
        "To: board@example.com",
        &format!("Message-ID: {message_id}"),
        &format!("Subject: Workflows from {} to {}", day(-1), day(1)),
        "In all: proposed 2, completed 1, failed 0",
        "completion rate 100.0 %",
        "web.note: proposed 1, completed 1",
        "web-team</th>",
    ] {
        assert!(mail.contains(words), "{words} is missing in\n{mail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cleanup_counts_first_and_deletes_when_it_is_told_to() {
    let (world, redis) = (World::new().await, TestRedis::shared());
    let clean = |dry_run: bool| json!([{"name": "clean", "kind": "maintenance.cleanup", "with": {"older_than_days": 30, "what": ["outputs"], "dry_run": dry_run}}]);
    world.add_type("web.note", json!([{"name": "note", "kind": "transform", "with": {"value": 1}}])).await;
    world.add_type("web.count", clean(true)).await;
    world.add_type("web.run", clean(false)).await;
    let _worker = Worker::start(&world, &redis).await;
    let note = world.propose("web.note", json!({})).await;
    world.approve(note).await;
    world.wait_for(note, WorkflowStatus::Completed).await;
    world.database.execute("UPDATE workflows SET finished_at = finished_at - interval '31 days'").await;

    let counting = world.propose("web.count", json!({})).await;
    world.approve(counting).await;
    let counted = world.wait_for(counting, WorkflowStatus::Completed).await.output.expect("an output");
    let rows = json!({"workflow_steps.output": 1, "workflows.output": 1});
    assert_eq!((&counted["dry_run"], &counted["rows"]), (&json!(true), &rows));
    assert_eq!(world.find(note).await.output, Some(json!(1)));
    let cleaned = run(&world, json!({}), WorkflowStatus::Completed).await;
    let output = cleaned.output.expect("an output");
    assert_eq!((&output["dry_run"], &output["rows"]), (&json!(false), &rows));
    assert_eq!(world.find(note).await.output, None);
    assert!(world.find(counting).await.output.is_some(), "it is young");
}
