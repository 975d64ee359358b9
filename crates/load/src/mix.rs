//! What people and agents do, and how often each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use testing::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::clients::{PATIENCE, clients};
use crate::organisation::{APPROVALS, Organisation};

/// How many addresses requests come from.
const CLIENTS: u8 = 200;
/// How many requests settle what was left behind, at the same time.
const SETTLING: usize = 8;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A page of a list of workflows.
    List,
    /// The inbox of an operator.
    Inbox,
    /// A workflow with everything about it.
    Workflow,
    /// Who am I?
    Me,
    /// A proposal.
    Propose,
    /// A vote.
    Vote,
    /// A login with a password.
    LogIn,
}

/// Of a thousand requests, how many are of each kind. Votes are as many as proposals need.
const SHARES: [(Kind, u32); 7] = [
    (Kind::List, 300),
    (Kind::Workflow, 200),
    (Kind::Vote, 160),
    (Kind::Inbox, 158),
    (Kind::Me, 100),
    (Kind::Propose, 80),
    (Kind::LogIn, 2),
];

impl Kind {
    /// One by chance, as often as its share says.
    pub fn draw(random: &mut impl Rng) -> Self {
        let mut left = random.random_range(0..SHARES.iter().map(|(_, share)| share).sum::<u32>());
        for (kind, share) in SHARES {
            match left.checked_sub(share) {
                Some(rest) => left = rest,
                None => return kind,
            }
        }
        Self::List
    }

    /// Whether it only reads.
    pub fn is_read(self) -> bool {
        matches!(self, Self::List | Self::Inbox | Self::Workflow | Self::Me)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list of workflows",
            Self::Inbox => "inbox",
            Self::Workflow => "one workflow",
            Self::Me => "who am I",
            Self::Propose => "proposal",
            Self::Vote => "vote",
            Self::LogIn => "login",
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered with this status.
    Answered(StatusCode),
    /// It was not answered in time, or the connection was lost or refused.
    Unanswered,
}

impl End {
    /// It was done.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Answered(status) if status.is_success())
    }

    /// It was turned away, in a way that says to come back later.
    pub fn is_shed(self) -> bool {
        matches!(self, Self::Answered(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE))
    }

    /// As a report says it.
    pub fn name(self) -> String {
        match self {
            Self::Answered(status) => status.as_u16().to_string(),
            Self::Unanswered => "no answer".to_owned(),
        }
    }
}

/// A vote that is to be cast.
struct Ballot {
    workflow: String,
    digest: String,
    operator: usize,
}

/// All that the requests need.
pub struct Mix {
    /// The run that is asked.
    pub runtime: Runtime,
    api: String,
    clients: Vec<Client>,
    next_client: AtomicUsize,
    organisation: Arc<Organisation>,
    random: Mutex<StdRng>,
    ballots: Mutex<VecDeque<Ballot>>,
    /// Each accepted proposal, with how many votes on it were confirmed.
    accepted: Mutex<BTreeMap<String, usize>>,
    /// How long each event took to whoever listens.
    heard: Mutex<Vec<Duration>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mix {
    /// Makes ready.
    pub fn new(runtime: Runtime, organisation: Arc<Organisation>, seed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            api: runtime.api.as_str().trim_end_matches('/').to_owned(),
            clients: clients(&runtime, CLIENTS)?,
            next_client: AtomicUsize::new(0),
            organisation,
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            ballots: Mutex::default(),
            accepted: Mutex::default(),
            heard: Mutex::default(),
            runtime,
        })
    }

    /// The gap to the next request, and what it is.
    pub fn next(&self, rate: f64) -> (Duration, Kind) {
        let mut random = lock(&self.random);
        (crate::arrivals::gap(&mut *random, rate), Kind::draw(&mut *random))
    }

    /// Does one thing, or what comes next to it: without a proposal that waits, an operator looks into the inbox. Returns what
    /// was done.
    pub async fn perform(&self, kind: Kind) -> (Kind, End) {
        match kind {
            Kind::List => (kind, self.ask(|client| self.read(client, "/api/workflows?limit=50")).await.0),
            Kind::Inbox => {
                let path = "/api/workflows?awaiting=me&limit=50";
                (kind, self.ask(|client| self.get(client, path).bearer_auth(self.operator().token())).await.0)
            }
            Kind::Me => {
                (kind, self.ask(|client| self.get(client, "/api/auth/me").bearer_auth(self.operator().token())).await.0)
            }
            Kind::Workflow => match self.some_workflow() {
                Some(id) => (kind, self.ask(|client| self.read(client, &format!("/api/workflows/{id}"))).await.0),
                None => Box::pin(self.perform(Kind::List)).await,
            },
            Kind::Propose => (kind, self.propose().await),
            Kind::Vote => {
                let ballot = lock(&self.ballots).pop_front();
                match ballot {
                    Some(ballot) => (kind, self.vote(ballot).await),
                    None => Box::pin(self.perform(Kind::Inbox)).await,
                }
            }
            Kind::LogIn => {
                let operator = self.operator();
                let credentials = json!({"email": operator.email, "password": operator.password});
                let url = format!("{}/api/auth/login", self.api);
                (kind, self.ask(|client| client.post(&url).json(&credentials)).await.0)
            }
        }
    }

    /// What was accepted since this was asked last.
    pub fn take_accepted(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut lock(&self.accepted))
    }

    /// How long events took that were heard since this was asked last.
    pub fn take_heard(&self) -> Vec<Duration> {
        std::mem::take(&mut lock(&self.heard))
    }

    /// Casts the votes that were left over, slowly, so that nothing waits for a decision any more.
    pub async fn settle(&self) {
        let hand = async || {
            loop {
                let Some(ballot) = lock(&self.ballots).pop_front() else { return };
                let again = Ballot { workflow: ballot.workflow.clone(), digest: ballot.digest.clone(), ..ballot };
                if !self.vote(ballot).await.is_done() {
                    lock(&self.ballots).push_back(again);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        };
        futures_util::future::join_all((0..SETTLING).map(|_| hand())).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    /// Has so many listen to the events until it is cancelled; who is cut off comes again.
    pub fn listen(self: &Arc<Self>, count: usize) -> CancellationToken {
        let cancel = CancellationToken::new();
        for number in 0..count {
            let (mix, cancel) = (self.clone(), cancel.clone());
            tokio::spawn(async move { cancel.run_until_cancelled(mix.follow(number)).await });
        }
        cancel
    }

    async fn follow(&self, number: usize) {
        let client = &self.clients[number % self.clients.len()];
        let url = format!("{}/api/events", self.api);
        // Not all at once.
        tokio::time::sleep(Duration::from_millis(10 * u64::try_from(number).unwrap_or(0))).await;
        loop {
            let operator = &self.organisation.operators[number % self.organisation.operators.len()];
            if let Ok(response) = client.get(&url).bearer_auth(operator.token()).send().await
                && response.status().is_success()
            {
                self.hear(response).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn hear(&self, response: Response) {
        let (mut stream, mut unread) = (response.bytes_stream(), Vec::new());
        while let Some(Ok(chunk)) = stream.next().await {
            unread.extend_from_slice(&chunk);
            while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = unread.drain(..=end).collect();
                let data = line.strip_prefix(b"data:").and_then(|data| serde_json::from_slice::<Value>(data).ok());
                let at =
                    data.as_ref().and_then(|data| data["at"].as_str()).and_then(|at| at.parse::<DateTime<Utc>>().ok());
                if let Some(at) = at {
                    lock(&self.heard).push((Utc::now() - at).to_std().unwrap_or_default());
                }
            }
        }
    }

    async fn propose(&self) -> End {
        let key = uuid::Uuid::new_v4().to_string();
        let (url, agent) = (format!("{}/api/workflows", self.api), self.agent());
        let new = json!({"workflow_type": self.organisation.workflow_type, "inputs": {"key": key}});
        let request = |client: &Client| client.post(&url).bearer_auth(agent).header("idempotency-key", &key).json(&new);
        let (end, body) = self.ask(request).await;
        if let (true, Some(body)) = (end.is_done(), body)
            && let (Some(workflow), Some(digest)) = (body["id"].as_str(), body["digest"].as_str())
        {
            lock(&self.accepted).insert(workflow.to_owned(), 0);
            let mut voters: Vec<usize> = (0..self.organisation.operators.len()).collect();
            let (chosen, _) = voters.partial_shuffle(&mut *lock(&self.random), APPROVALS);
            for &mut operator in chosen {
                let (workflow, digest) = (workflow.to_owned(), digest.to_owned());
                lock(&self.ballots).push_back(Ballot { workflow, digest, operator });
            }
        }
        end
    }

    async fn vote(&self, Ballot { workflow, digest, operator }: Ballot) -> End {
        let url = format!("{}/api/councils/{}/vote", self.api, self.organisation.council);
        let vote = json!({"workflow_id": workflow, "vote": "approve", "digest": digest, "round": 1});
        let token = self.organisation.operators[operator].token();
        let (end, _) = self.ask(|client| client.post(&url).bearer_auth(&token).json(&vote)).await;
        if end.is_done() {
            *lock(&self.accepted).entry(workflow).or_default() += 1;
        }
        end
    }

    /// Sends a request from the next address.
    async fn ask(&self, request: impl FnOnce(&Client) -> RequestBuilder) -> (End, Option<Value>) {
        let client = &self.clients[self.next_client.fetch_add(1, Ordering::Relaxed) % self.clients.len()];
        let answered = async {
            let response = request(client).timeout(PATIENCE).send().await?;
            let status = response.status();
            // The whole answer counts, not its first line.
            let body = response.bytes().await?;
            Ok::<_, reqwest::Error>((status, serde_json::from_slice(&body).ok()))
        };
        match answered.await {
            Ok((status, body)) => (End::Answered(status), body),
            Err(_) => (End::Unanswered, None),
        }
    }

    fn get(&self, client: &Client, path: &str) -> RequestBuilder {
        client.get(format!("{}{path}", self.api))
    }

    fn read(&self, client: &Client, path: &str) -> RequestBuilder {
        self.get(client, path).bearer_auth(self.operator().token())
    }

    fn operator(&self) -> &crate::organisation::Operator {
        let operators = &self.organisation.operators;
        &operators[lock(&self.random).random_range(0..operators.len())]
    }

    fn agent(&self) -> &str {
        let agents = &self.organisation.agents;
        &agents[lock(&self.random).random_range(0..agents.len())]
    }

    /// One of those that were accepted; null before the first.
    fn some_workflow(&self) -> Option<String> {
        let accepted = lock(&self.accepted);
        let count = accepted.len();
        (count > 0).then(|| accepted.keys().nth(lock(&self.random).random_range(0..count.min(500))).cloned())?
    }
}
