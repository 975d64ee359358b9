//! Following a workflow through the whole product.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use testing::servers::free_port;
use testing::{Collector, ExportedSpan, Product, Receiver};

use crate::people::{MARKS, People};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// What a product is started with that sends every trace there.
fn exporting(collector: &str) -> [(&str, &str); 3] {
    [("OTEL_EXPORTER_OTLP_ENDPOINT", collector), ("OTEL_TRACES_SAMPLER_ARG", "1"), ("OTEL_BSP_SCHEDULE_DELAY", "200")]
}

/// A trace as an indented list, children in the order of their names; ids are left out.
fn tree(spans: &[ExportedSpan], parent: &str, depth: usize, lines: &mut Vec<String>) {
    let mut children: Vec<_> = spans.iter().filter(|span| span.parent_id == parent).collect();
    children.sort_by_key(|span| (&span.name, span.attributes.get("codex.step.attempt"), span.failed));
    for span in children {
        let (service, failed) = (&span.resource["service.name"], if span.failed { ", failed" } else { "" });
        lines.push(format!("{}{} ({service}, {:?}{failed})", "  ".repeat(depth), span.name, span.kind));
        tree(spans, &span.id, depth + 1, lines);
    }
}

fn named<'a>(spans: &'a [ExportedSpan], name: &str) -> Vec<&'a ExportedSpan> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Waits until so many lines of the logs name a workflow. By service, what they say and their trace.
async fn lines_of(product: &Product, workflow: &str, enough: usize) -> BTreeMap<&'static str, Vec<(String, String)>> {
    let (began, mut told) = (Instant::now(), BTreeMap::<_, Vec<_>>::new());
    while told.values().map(Vec::len).sum::<usize>() < enough {
        assert!(began.elapsed() < Duration::from_mins(1), "too few lines in a minute: {told:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        for service in ["auth-service", "council-service", "workflow-worker"] {
            let log = product.log(service);
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
            let lines = lines.filter(|line| line["workflow_id"] == *workflow);
            told.insert(service, lines.map(|line| (text(&line, "message"), text(&line, "trace_id"))).collect());
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_proposal_through_vote_outbox_stream_and_worker_to_the_call() {
    let (collector, receiver) = (Collector::start(), Receiver::start());
    let product = Product::start(&exporting(collector.url())).await.expect("starts");
    let people = People::found(&product).await;
    receiver.answer_next(503, Duration::ZERO);
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let workflow = people.propose(&receiver.url(), &[("traceparent", &traceparent)]).await;
    // Both operators are asked for their votes; after them, the admin, who answers for the agent, is told of the decision.
    collector.wait_for(TRACE, |spans| named(spans, "send mail").len() == 2).await;
    people.approve(&workflow).await;
    people.wait_until_completed(&workflow).await;
    let spans = collector
        .wait_for(TRACE, |spans| {
            named(spans, "run web.call").len() == 2
                && named(spans, "send mail").len() == 3
                && named(spans, "POST /api/workflows").len() == 1
                && named(spans, "vote").len() == 2
        })
        .await;
    let mut lines = Vec::new();
    tree(&spans, CALLER, 0, &mut lines);
    assert_eq!(lines.len(), spans.len(), "every span has a parent that is there: {spans:#?}");
    insta::assert_snapshot!(lines.join("\n"), @"
    POST /api/workflows (council-service, Server)
      propose (council-service, Internal)
        send mail (auth-service, Client)
        send mail (auth-service, Client)
        send mail (auth-service, Client)
        vote (council-service, Internal)
        vote (council-service, Internal)
          decide (council-service, Internal)
            send workflow (workflow-worker, Producer)
              run web.call (workflow-worker, Consumer)
                step call (workflow-worker, Internal, failed)
                  POST (workflow-worker, Client, failed)
              run web.call (workflow-worker, Consumer)
                step call (workflow-worker, Internal)
                  POST (workflow-worker, Client)
    ");

    let calls = receiver.calls();
    let posts = named(&spans, "POST");
    for (call, status) in calls.iter().zip(["503", "200"]) {
        let post = posts.iter().find(|post| post.attributes["http.response.status_code"] == status).expect("a span");
        assert_eq!(call.headers["traceparent"], format!("00-{TRACE}-{}-01", post.id));
    }
    let run = named(&spans, "run web.call")[0];
    assert_eq!(run.attributes["codex.workflow.id"], workflow);
    assert_eq!(run.resource["deployment.environment"], "development");
    assert_eq!(run.resource["service.version"], common::VERSION);

    // Who votes has a trace of their own: each names the other.
    let everything = collector.spans();
    for vote in named(&spans, "vote") {
        let [(trace, request)] = &*vote.links else { panic!("one link: {vote:#?}") };
        let request = everything.iter().find(|span| (&span.trace_id, &span.id) == (trace, request)).expect("exported");
        assert_eq!(request.name, "POST /api/councils/{council_id}/vote");
        let back = everything.iter().find(|span| span.parent_id == request.id).expect("a child");
        assert_eq!(back.links, [(vote.trace_id.clone(), vote.id.clone())]);
    }

    let everything = format!("{everything:?}");
    for mark in MARKS.iter().copied().chain(people.credentials.iter().map(String::as_str)) {
        assert!(!everything.contains(mark), "a trace says {mark}");
    }
    assert!(calls[0].headers["authorization"].contains(MARKS[1]), "the secret was sent where it belongs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_can_not_be_reached_changes_no_answer() {
    let (receiver, nobody) = (Receiver::start(), format!("http://127.0.0.1:{}", free_port().expect("a port")));
    let mut product = Product::start(&exporting(&nobody)).await.expect("starts");
    let people = People::found(&product).await;
    let workflow = people.propose(&receiver.url(), &[]).await;
    people.approve(&workflow).await;
    people.wait_until_completed(&workflow).await;
    let told = "traces can't be sent now";
    let began = Instant::now();
    while !product.log("council-service").contains(told) {
        assert!(began.elapsed() < Duration::from_mins(1), "nothing is told in a minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(product.log("council-service").matches(told).count(), 1, "it is told once a minute");
    let stopping = Instant::now();
    let status = product.process("council-service").stop().expect("stops").expect("it ran");
    assert!(status.success(), "{}", product.log("council-service"));
    assert!(stopping.elapsed() < Duration::from_secs(30), "its end does not wait for the collector");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_no_trace_gets_one_and_all_logs_of_the_workflow_tell_it() {
    let receiver = Receiver::start();
    let product = Product::start(&[]).await.expect("starts");
    let people = People::found(&product).await;
    let workflow = people.propose(&receiver.url(), &[]).await;
    // Both operators are asked for their votes; after them, the admin, who answers for the agent, is told of the decision.
    lines_of(&product, &workflow, 3).await;
    people.approve(&workflow).await;
    people.wait_until_completed(&workflow).await;
    let told = lines_of(&product, &workflow, 7).await;
    let trace = told["council-service"][0].1.clone();
    assert_eq!(trace.len(), 32, "{told:#?}");
    assert!(told.values().flatten().all(|(_, other)| *other == trace), "{told:#?}");
    let messages = |service| told[service].iter().map(|(message, _)| message.as_str()).collect::<Vec<_>>();
    assert_eq!(messages("council-service"), ["proposed", "voted", "voted"]);
    assert_eq!(messages("workflow-worker"), ["completed"]);
    assert_eq!(messages("auth-service"), ["a mail is dealt with"; 3]);
    let sent = receiver.calls()[0].headers["traceparent"].clone();
    assert_eq!(sent.split('-').nth(1), Some(&*trace), "{sent}");
}
