//! Heads that are too large: each is refused with what is wrong with it, and costs its sender the connection.

use std::iter::repeat_n;

use anyhow::{Context, ensure};

use crate::http2::{self, ENHANCE_YOUR_CALM, Http2, Outcome};
use crate::ordinary::Ordinary;
use crate::wire::{self, Edge, PATIENCE, Protocol, address};

/// The network of their addresses.
const NETWORK: u8 = 23;

/// A head.
struct Huge {
    what: &'static str,
    path: String,
    fields: Vec<(&'static str, String)>,
    status: u16,
    code: &'static str,
}

/// Sends each over HTTP/1.1 and over HTTP/2.
pub async fn prove(edge: &Edge, ordinary: &Ordinary) -> anyhow::Result<()> {
    let all = heads();
    let sending = async {
        for (huge, number) in all.iter().zip(0..) {
            over_http1(edge, huge, number).await.with_context(|| format!("{} over HTTP/1.1", huge.what))?;
            over_http2(edge, huge, number).await.with_context(|| format!("{} over HTTP/2", huge.what))?;
        }
        too_many_for_a_service(edge).await.context("200 small headers")
    };
    let ((), served) = ordinary.meanwhile(sending).await?;
    let told: Vec<_> = all.iter().map(|huge| format!("{} {}", huge.what, huge.status)).collect();
    println!(
        "huge: {}, 200 small headers 431 by the service; over HTTP/2 the same, or the connection is given up; meanwhile {served}",
        told.join(", ")
    );
    Ok(())
}

fn heads() -> Vec<Huge> {
    let kib = |count: usize| "x".repeat(count * 1024);
    let head = |what, path: &str, fields| {
        let (status, code) = (431, "headers_too_large");
        Huge { what, path: path.to_owned(), fields, status, code }
    };
    vec![
        head("one header of 12 KiB", "/health", vec![("x-huge", kib(12))]),
        head("one header of 1 MiB", "/health", vec![("x-huge", kib(1024))]),
        head("100 headers of 1 KiB", "/health", repeat_n(("x-huge", kib(1)), 100).collect()),
        head("5,000 small headers", "/health", repeat_n(("x-huge", "x".to_owned()), 5000).collect()),
        head("one cookie of 40 KiB", "/api/auth/me", vec![("cookie", format!("a={}", kib(40)))]),
        head("60 cookies of 1 KiB", "/api/auth/me", repeat_n(("cookie", format!("a={}", kib(1))), 60).collect()),
        Huge { status: 414, code: "uri_too_long", ..head("a URL of 20 KiB", &format!("/{}", kib(20)), Vec::new()) },
    ]
}

async fn over_http1(edge: &Edge, huge: &Huge, number: u8) -> anyhow::Result<()> {
    let mut connection = edge.connect(address(NETWORK, number), &edge.api, Protocol::Http1).await?;
    let mut head = format!("GET {} HTTP/1.1\r\nhost: {}\r\n", huge.path, edge.api);
    for (name, value) in &huge.fields {
        head.extend([name, ": ", value, "\r\n"]);
    }
    // NGINX answers before it has read all, and may hang up meanwhile.
    let _ = connection.send(format!("{head}\r\n").as_bytes()).await;
    let answer = connection.answer().await?.context("it is not answered")?;
    refused(huge, answer.status, &answer.problem()?["code"])?;
    ensure!(connection.closes(PATIENCE).await, "the connection stays open");
    Ok(())
}

async fn over_http2(edge: &Edge, huge: &Huge, number: u8) -> anyhow::Result<()> {
    let mut connection = Http2::connect(edge, address(NETWORK, 100 + number), &edge.api).await?;
    let mut fields =
        vec![(":method", "GET"), (":scheme", "https"), (":authority", edge.api.as_str()), (":path", &huge.path)];
    fields.extend(huge.fields.iter().map(|(name, value)| (*name, value.as_str())));
    connection.send(&http2::head(1, &fields, true)).await;
    match connection.outcome(1).await? {
        Outcome::Answered { status, body } => refused(huge, status, &wire::problem(status, &body)?["code"]),
        // To a field that is too large NGINX has no answer there, only a reason.
        Outcome::Closed(Some(ENHANCE_YOUR_CALM)) => Ok(()),
        outcome => anyhow::bail!("it is not refused: {outcome:?}"),
    }
}

/// As many headers as NGINX takes and a service does not: its HTTP library refuses them before anything of ours could say why.
async fn too_many_for_a_service(edge: &Edge) -> anyhow::Result<()> {
    let mut connection = edge.connect(address(NETWORK, 200), &edge.api, Protocol::Http1).await?;
    let head = format!("GET /api/auth/me HTTP/1.1\r\nHost: {}\r\n{}\r\n", edge.api, "X-Small: a\r\n".repeat(200));
    connection.send(head.as_bytes()).await?;
    let answer = connection.answer().await?.context("it is not answered")?;
    ensure!(answer.status == 431, "it is answered {answer:?}");
    Ok(())
}

fn refused(huge: &Huge, status: u16, code: &serde_json::Value) -> anyhow::Result<()> {
    let Huge { status: wanted, code: reason, .. } = huge;
    ensure!(status == *wanted && code == reason, "it is answered {status} {code}, not {wanted} {reason}");
    Ok(())
}
