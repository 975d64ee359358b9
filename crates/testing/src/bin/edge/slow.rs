//! Senders who take their time: none of them may take a place for long, nor one address many.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::http2::{self, Http2};
use crate::ordinary::{Ordinary, Served};
use crate::wire::{self, Answer, Edge, Protocol, address};

/// The network of their addresses.
const NETWORK: u8 = 22;
/// How many addresses each kind comes from.
const ADDRESSES: u8 = 10;
/// How many connections each address has.
const EACH: u8 = 25;
/// `client_header_timeout` and `client_body_timeout`.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How much later they may be let go.
const GRACE: Duration = Duration::from_secs(20);
/// How long each waits between two bytes.
const BEAT: Duration = Duration::from_secs(1);

/// How many requests one address may have open.
const OPEN: usize = 500;
/// How many of them are bodies that come byte by byte.
const BODIES: usize = 60;
/// How many are streams of events: as many as one person may have.
const STREAMS: usize = 20;
/// A little faster than one address may ask, which may do so for a while.
const PACE: Duration = Duration::from_millis(80);

/// How they are slow.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Connects, and says nothing.
    Silent,
    /// Sends a head byte by byte.
    Head,
    /// Sends the beginning of HTTP/2 byte by byte, and no request.
    Http2Preface,
    /// Sends half of a body, and then nothing.
    HalfBody,
}

/// Has all of them come at once.
pub async fn prove(edge: &Arc<Edge>, ordinary: &Ordinary, alone: &Served) -> anyhow::Result<()> {
    let all = async {
        tokio::try_join!(
            let_go(edge, 0, Manner::Silent),
            let_go(edge, 1, Manner::Head),
            let_go(edge, 2, Manner::Http2Preface),
            let_go(edge, 3, Manner::HalfBody),
            too_many_of_one_address(edge, ordinary),
        )
    };
    let ((silent, head, http2, body, ()), served) = ordinary.meanwhile(all).await?;
    served.as_quick_as(alone)?;
    let each = usize::from(ADDRESSES) * usize::from(EACH);
    println!(
        "slow: {each} each were let go after: silence {silent}, a head byte by byte {head}, the preface of HTTP/2 {http2}, half a \
         body {body}; one address had {OPEN} requests open, {BODIES} of them bodies byte by byte and {STREAMS} streams of \
         events, and was refused more with 429; meanwhile {served}",
    );
    Ok(())
}

/// How long the first and the last were borne, in seconds.
async fn let_go(edge: &Arc<Edge>, kind: u8, manner: Manner) -> anyhow::Result<String> {
    let mut slow = JoinSet::new();
    for number in 0..ADDRESSES * EACH {
        let (edge, from) = (edge.clone(), address(NETWORK, kind * ADDRESSES + number / EACH));
        slow.spawn(async move { borne(&edge, from, manner).await });
    }
    let (mut first, mut last) = (Duration::MAX, Duration::ZERO);
    while let Some(took) = slow.join_next().await {
        let took = took?.with_context(|| format!("{manner:?}"))?;
        (first, last) = (first.min(took), last.max(took));
    }
    Ok(format!("{:.0} to {:.0} s", first.as_secs_f64(), last.as_secs_f64()))
}

/// How long NGINX bears one.
async fn borne(edge: &Edge, from: Ipv4Addr, manner: Manner) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let too_long = || format!("it was still there after {:?}", TIMEOUT + GRACE);
    if let Manner::Silent = manner {
        let mut silent = edge.dial(from).await?;
        // Whether NGINX says goodbye or hangs up does not matter.
        let _ = timeout(TIMEOUT + GRACE, silent.read(&mut [0; 1])).await.with_context(too_long)?;
        return Ok(began.elapsed());
    }
    let protocol = if let Manner::Http2Preface = manner { Protocol::Http2 } else { Protocol::Http1 };
    let mut connection = edge.connect(from, &edge.api, protocol).await?;
    let head = format!("GET /health HTTP/1.1\r\nHost: {}\r\nX-Slow: {}", edge.api, "a".repeat(1000));
    let dribbled = match manner {
        // Once NGINX knows of a request it takes longer: README.md says why. Nobody has the time here.
        Manner::Http2Preface => http2::preface(),
        Manner::HalfBody => {
            let half = format!("{}{}", post(edge, 1000), "a".repeat(500));
            connection.send(half.as_bytes()).await?;
            Vec::new()
        }
        Manner::Silent | Manner::Head => head.into_bytes(),
    };
    let mut bytes = dribbled.chunks(1);
    while began.elapsed() < TIMEOUT + GRACE {
        if let Some(byte) = bytes.next()
            && connection.send(byte).await.is_err()
        {
            return Ok(began.elapsed());
        }
        if connection.closes(BEAT).await {
            return Ok(began.elapsed());
        }
    }
    anyhow::bail!(too_long())
}

/// The head of a request that has a body.
fn post(edge: &Edge, length: usize) -> String {
    format!(
        "POST /api/workflows HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        edge.api
    )
}

/// No timeout lets go who sends a byte a second: an address may have so many requests open, of whatever kind.
async fn too_many_of_one_address(edge: &Arc<Edge>, ordinary: &Ordinary) -> anyhow::Result<()> {
    // What NGINX lets one connection have at once.
    const AT_ONCE: usize = 128;
    let (from, over) = (address(NETWORK, 200), CancellationToken::new());
    let mut bodies = JoinSet::new();
    for _ in 0..BODIES {
        let (edge, over) = (edge.clone(), over.clone());
        bodies.spawn(async move { over.run_until_cancelled(dribble(&edge, from)).await.transpose() });
        sleep(PACE).await;
    }
    let streams = ordinary.streams(from, STREAMS).await?;

    // Of the console, whose pages ask for more at once than an address may ask the API for in minutes.
    let fields = [(":method", "GET"), (":scheme", "https"), (":authority", &edge.console), (":path", "/")];
    let mut connections = Vec::new();
    for _ in 0..=OPEN / AT_ONCE {
        let mut connection = Http2::connect(edge, from, &edge.console).await?;
        for number in 0..AT_ONCE {
            connection.send(&http2::head(u32::try_from(2 * number + 1)?, &fields, false)).await;
        }
        connections.push(connection);
    }
    let mut refusals = 0;
    for connection in &mut connections {
        for (status, body) in connection.answers(BEAT).await? {
            let problem = wire::problem(status, &body)?;
            ensure!(status == 429 && problem["code"] == "too_many_open_requests", "one too many gets {problem}");
            refusals += 1;
        }
    }
    let open = connections.len() * AT_ONCE - refusals + BODIES + STREAMS;
    ensure!(open == OPEN, "one address had {open} requests open at once, not {OPEN}");
    over.cancel();
    while let Some(answer) = bodies.join_next().await {
        let answer = answer??;
        ensure!(answer.is_none(), "a body that came byte by byte was answered: {answer:?}");
    }
    drop(streams);
    Ok(())
}

/// Sends a body byte by byte until there is an answer to it.
async fn dribble(edge: &Edge, from: Ipv4Addr) -> anyhow::Result<Answer> {
    let mut connection = edge.connect(from, &edge.api, Protocol::Http1).await?;
    connection.send(post(edge, 1000).as_bytes()).await?;
    loop {
        // Its answer may be on the way although it takes no more.
        let _ = connection.send(b"a").await;
        if let Ok(answer) = timeout(BEAT, connection.answer()).await {
            return answer?.context("a body was let go that came byte by byte");
        }
    }
}
