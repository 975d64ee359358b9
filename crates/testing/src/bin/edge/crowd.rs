//! Ten thousand connections at once.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use testing::footprint::{self, Footprint};
use testing::runtime::Runtime;
use tokio::task::JoinSet;

use crate::ordinary::{Ordinary, Served};
use crate::wire::{Connection, Edge, Protocol, address};

/// The network of their addresses.
const NETWORK: u8 = 21;
/// How many addresses they come from: one alone has no more than 28,000 ports.
const ADDRESSES: u8 = 250;
/// How many come from each.
const EACH: usize = 40;
/// How many there are.
const CONNECTIONS: usize = ADDRESSES as usize * EACH;
/// What NGINX may hold of the machine meanwhile: `docker-compose.production.yml` lets it have no more.
const MEMORY: u64 = 512 << 20;
/// How long NGINX may take to notice that all have gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens them all, asks once over each and leaves them open.
pub async fn prove(edge: &Arc<Edge>, runtime: &Runtime, ordinary: &Ordinary, alone: &Served) -> anyhow::Result<()> {
    let before = nginx(runtime)?;
    let began = Instant::now();
    let (mut crowd, _) = ordinary.meanwhile(open(edge)).await?;
    let opened_in = began.elapsed();

    let (held, served) = (nginx(runtime)?, ordinary.for_a_while().await?);
    ensure!(
        held.files >= CONNECTIONS,
        "of {CONNECTIONS} connections, NGINX has no more than {} files open",
        held.files
    );
    ensure!(held.memory < MEMORY, "NGINX takes {} for {CONNECTIONS} connections", mib(held.memory));
    served.as_quick_as(alone)?;
    // They are still open: one of each address asks again.
    for connection in crowd.iter_mut().step_by(EACH) {
        ask(edge, connection).await.context("a connection that was left open")?;
    }

    drop(crowd);
    let began = Instant::now();
    let after = loop {
        let after = nginx(runtime)?;
        if after.files < before.files + EACH {
            break after;
        }
        ensure!(began.elapsed() < PATIENCE, "all have gone, and NGINX still has {} files open", after.files);
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    println!(
        "crowd: {CONNECTIONS} connections from {ADDRESSES} addresses, opened in {:.1} s; NGINX took {}, {} with them, {} \
         afterwards; meanwhile {served}",
        opened_in.as_secs_f64(),
        mib(before.memory),
        mib(held.memory),
        mib(after.memory),
    );
    Ok(())
}

async fn open(edge: &Arc<Edge>) -> anyhow::Result<Vec<Connection>> {
    let mut opening = JoinSet::new();
    for number in 0..ADDRESSES {
        let edge = edge.clone();
        opening.spawn(async move { open_from(&edge, address(NETWORK, number)).await });
    }
    let mut crowd = Vec::with_capacity(CONNECTIONS);
    while let Some(opened) = opening.join_next().await {
        crowd.extend(opened??);
    }
    Ok(crowd)
}

async fn open_from(edge: &Edge, from: Ipv4Addr) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(EACH);
    for number in 1..=EACH {
        let which = || format!("connection {number} of {from}");
        let mut connection = edge.connect(from, &edge.api, Protocol::Http1).await.with_context(which)?;
        ask(edge, &mut connection).await.with_context(which)?;
        connections.push(connection);
    }
    Ok(connections)
}

/// Asks for what NGINX answers by itself: the crowd is NGINX's to bear, not the services'.
async fn ask(edge: &Edge, connection: &mut Connection) -> anyhow::Result<()> {
    connection.send(format!("GET /crowd HTTP/1.1\r\nHost: {}\r\n\r\n", edge.api).as_bytes()).await?;
    let answer = connection.answer().await?.context("it was closed")?;
    ensure!(answer.status == 404 && answer.header("connection") != Some("close"), "it was answered {answer:?}");
    Ok(())
}

fn nginx(runtime: &Runtime) -> anyhow::Result<Footprint> {
    footprint::noted_in(&runtime.pids.join("nginx.pid"))?.context("nginx.pid holds no pid")
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
