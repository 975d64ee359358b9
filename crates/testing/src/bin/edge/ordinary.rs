//! Clients that mean well, and how they were served.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use testing::runtime::Runtime;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::wire::address;

/// The network of their addresses.
const NETWORK: u8 = 20;
/// How many there are.
const CLIENTS: u8 = 4;
/// How often each asks: less than half of what NGINX lets one address have.
const PACE: Duration = Duration::from_millis(250);
/// What they ask for in turn, of the API; the console's icon comes after it.
const PATHS: [&str; 3] = ["/api/auth/me", "/health", "/api/councils"];
/// How long they ask where nothing else says it.
const A_WHILE: Duration = Duration::from_secs(3);
/// The longest that any may wait, on a machine that is busy with the attack, too.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the median may grow by for reasons of the machine.
const NOISE: Duration = Duration::from_millis(250);

/// People with a token, at addresses of their own.
pub struct Ordinary {
    clients: Vec<Client>,
    trusting: Box<dyn Fn(Ipv4Addr) -> reqwest::Result<Client> + Send + Sync>,
    api: String,
    console: String,
    token: String,
}

/// How they were served.
pub struct Served {
    requests: usize,
    faults: Vec<String>,
    median: Duration,
    slowest: Duration,
}

impl Ordinary {
    /// The administrator of the run.
    pub async fn log_in(runtime: &Runtime) -> anyhow::Result<Self> {
        let certificate = Certificate::from_pem(&runtime.authority)?;
        let name = |url: &reqwest::Url| url.host_str().map(str::to_owned).context("a URL without a host");
        let (api, console) = (name(&runtime.api)?, name(&runtime.console)?);
        let port = runtime.api.port_or_known_default().context("API_URL has no port")?;
        let edge = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let trusting = move |from: Ipv4Addr| {
            Client::builder()
                .local_address(IpAddr::V4(from))
                .resolve(&api, edge)
                .resolve(&console, edge)
                .tls_certs_only([certificate.clone()])
                // Each request needs a connection: that is what others take away.
                .pool_max_idle_per_host(0)
                .timeout(PATIENCE * 2)
                .no_proxy()
                .build()
        };
        let clients = (0..CLIENTS).map(|number| trusting(address(NETWORK, number))).collect::<Result<Vec<_>, _>>()?;
        let text = |url: &reqwest::Url| url.as_str().trim_end_matches('/').to_owned();
        let (api, console) = (text(&runtime.api), text(&runtime.console));
        let login = json!({"email": runtime.admin_email, "password": runtime.admin_password});
        let answer = clients[0].post(format!("{api}/api/auth/login")).json(&login).send().await?;
        ensure!(answer.status() != StatusCode::TOO_MANY_REQUESTS, "too many logins in a minute: wait a minute");
        let session: Value = answer.error_for_status()?.json().await?;
        let token = session["token"].as_str().context("no token")?.to_owned();
        Ok(Self { clients, trusting: Box::new(trusting), api, console, token })
    }

    /// Has services log every request that reaches them, for some minutes at most.
    pub async fn log_every_request(&self) -> anyhow::Result<()> {
        self.level(Method::PUT, &json!({"level": "info,common::http::edge=debug", "minutes": 5})).await
    }

    /// Ends that.
    pub async fn log_as_before(&self) -> anyhow::Result<()> {
        self.level(Method::DELETE, &Value::Null).await
    }

    async fn level(&self, method: Method, order: &Value) -> anyhow::Result<()> {
        let request = self.clients[0].request(method, format!("{}/api/admin/log-level", self.api));
        request.bearer_auth(&self.token).json(order).send().await?.error_for_status()?;
        Ok(())
    }

    /// Opens so many streams of events at one address, no faster than the address may ask.
    pub async fn streams(&self, from: Ipv4Addr, count: usize) -> anyhow::Result<Vec<Response>> {
        let (client, mut streams) = ((self.trusting)(from)?, Vec::new());
        for _ in 0..count {
            // A stream has no end to wait for.
            let request = client.get(format!("{}/api/events", self.api)).timeout(Duration::from_mins(10));
            let answer = request.bearer_auth(&self.token).send().await?;
            let status = answer.status();
            ensure!(status == 200, "a stream of events is refused with {status}: {}", answer.text().await?);
            streams.push(answer);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(streams)
    }

    /// Asks for a while with nothing else going on.
    pub async fn for_a_while(&self) -> anyhow::Result<Served> {
        let ((), served) = self
            .meanwhile(async {
                tokio::time::sleep(A_WHILE).await;
                Ok(())
            })
            .await?;
        Ok(served)
    }

    /// Asks until something else is over; nobody may fail meanwhile.
    pub async fn meanwhile<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Served)> {
        let over = CancellationToken::new();
        let asking = try_join_all(self.clients.iter().map(|client| self.ask(client, &over)));
        let work = async {
            let done = work.await;
            over.cancel();
            done
        };
        let (done, asked) = tokio::join!(work, asking);
        let (done, served) = (done?, Served::of(asked?.concat()));
        served.without_fault()?;
        Ok((done, served))
    }

    /// Asks at a steady pace until it is over.
    async fn ask(&self, client: &Client, over: &CancellationToken) -> anyhow::Result<Vec<(Duration, Option<String>)>> {
        let mut ticks = tokio::time::interval(PACE);
        // What was late is not caught up with: NGINX would refuse that.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked = Vec::new();
        for turn in 0.. {
            ticks.tick().await;
            if over.is_cancelled() {
                break;
            }
            let url = match PATHS.get(turn % (PATHS.len() + 1)) {
                Some(path) => format!("{}{path}", self.api),
                None => format!("{}/icon.svg", self.console),
            };
            let began = Instant::now();
            let answer = async {
                let answer = client.get(&url).bearer_auth(&self.token).send().await?.error_for_status()?;
                answer.bytes().await
            };
            let fault = answer.await.err().map(|error| format!("{:#}", anyhow::Error::from(error)));
            asked.push((began.elapsed(), fault));
        }
        Ok(asked)
    }
}

impl Served {
    fn of(mut asked: Vec<(Duration, Option<String>)>) -> Self {
        asked.sort_unstable_by_key(|(took, _)| *took);
        let at = |index: usize| asked.get(index).map_or(Duration::ZERO, |(took, _)| *took);
        Self {
            requests: asked.len(),
            median: at(asked.len() / 2),
            slowest: at(asked.len().saturating_sub(1)),
            faults: asked.into_iter().filter_map(|(_, fault)| fault).collect(),
        }
    }

    fn without_fault(&self) -> anyhow::Result<()> {
        ensure!(self.requests > 0, "nobody asked anything");
        let first = self.faults.first().map_or("", String::as_str);
        let (faults, requests) = (self.faults.len(), self.requests);
        ensure!(self.faults.is_empty(), "{faults} of {requests} ordinary requests failed, one with: {first}");
        Ok(())
    }

    /// Fails when they were served notably slower than when they were alone.
    pub fn as_quick_as(&self, alone: &Self) -> anyhow::Result<()> {
        let most = alone.median * 5 + NOISE;
        ensure!(self.median < most, "ordinary requests took {:?}, alone {:?}", self.median, alone.median);
        ensure!(self.slowest < PATIENCE, "an ordinary request took {:?}", self.slowest);
        Ok(())
    }
}

impl Display for Served {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { requests, faults, median, slowest } = self;
        let (failed, median, slowest) = (faults.len(), median.as_millis(), slowest.as_millis());
        write!(f, "{requests} ordinary requests, {failed} failed, median {median} ms, slowest {slowest} ms")
    }
}
